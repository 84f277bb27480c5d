"""Every setting, in one file for every kind of deployment. What differs comes from the environment.

Two rules hold throughout: nothing here is read from a file or a network, and nothing is on only because
somebody forgot to turn it off.
"""

import os
from datetime import timedelta
from typing import Any

import dj_database_url
from celery.schedules import crontab
from csp.constants import NONE, SELF

from assurance.project.environment import PROJECT_FOLDER, Environment, broker_address

ENVIRONMENT = Environment.read(os.environ)
SERVICE = ENVIRONMENT.service
PRODUCTION = SERVICE == "production"

BASE_DIR = PROJECT_FOLDER
DATA_DIR = ENVIRONMENT.data_dir

DEBUG = ENVIRONMENT.debug
DEMO = ENVIRONMENT.demo
MAINTENANCE = ENVIRONMENT.maintenance
SECRET_KEY = ENVIRONMENT.secret_key
SITE_URL = ENVIRONMENT.public_url
PROXY_COUNT = ENVIRONMENT.proxy_count

# A test client names itself testserver; a browser on the same machine uses one of the others.
_HOSTS_NEARBY = ["localhost", "127.0.0.1", "[::1]", "testserver"]
ALLOWED_HOSTS = list(ENVIRONMENT.allowed_hosts) or _HOSTS_NEARBY
CSRF_TRUSTED_ORIGINS = list(ENVIRONMENT.csrf_trusted_origins)

ROOT_URLCONF = "assurance.project.urls"
WSGI_APPLICATION = "assurance.project.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "simple_history",
    "crispy_forms",
    "axes",
    "csp",
    "django_htmx",
    "benchmarks",
    "assurance",
    "letters",
]

MIDDLEWARE = [
    *(["assurance.middleware.MaintenanceMiddleware"] if MAINTENANCE else []),
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "assurance.middleware.CharsetMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "assurance.middleware.ScopeMiddleware",
    # History names its actor because every write is told who is acting; no middleware guesses it.
    "django_htmx.middleware.HtmxMiddleware",
    "csp.middleware.CSPMiddleware",
    # Last, because it turns the answer of a locked-out sign-in into the lock-out page.
    "axes.middleware.AxesMiddleware",
]

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            # Not the auth processor: pages ask request.actor, and "perms" could be mistaken for the policy.
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.messages.context_processors.messages",
                "assurance.context.page",
            ],
        },
    },
]
CRISPY_ALLOWED_TEMPLATE_PACKS = "govuk"
CRISPY_TEMPLATE_PACK = "govuk"

# --- Database, cache and sessions ----------------------------------------------------------------------

DATABASES: dict[str, Any] = {
    "default": {
        **dj_database_url.parse(str(ENVIRONMENT.database_url)),
        # The pool keeps connections itself and refuses to work with Django's own keeping of them.
        "CONN_MAX_AGE": 0,
        "CONN_HEALTH_CHECKS": True,
    }
}
if ENVIRONMENT.database_pool:
    # Only the web process asks for a pool. A Celery worker forks, and a pool's threads do not survive a fork.
    DATABASES["default"].setdefault("OPTIONS", {})["pool"] = {
        "min_size": 1,
        "max_size": ENVIRONMENT.database_pool,
        "timeout": 10,
    }

CACHES: dict[str, Any] = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": ENVIRONMENT.redis_url,
        "KEY_PREFIX": "prevent",
    }
}

SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"
SESSION_SAVE_EVERY_REQUEST = False
SESSION_COOKIE_AGE = int(timedelta(hours=12).total_seconds())
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = PRODUCTION
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SECURE = PRODUCTION

# --- People signing in ---------------------------------------------------------------------------------

AUTH_USER_MODEL = "assurance.User"
# Addresses are unique whatever their case, by a constraint that this check does not know.
SILENCED_SYSTEM_CHECKS = ["auth.W004"]
LOGIN_URL = "sign-in"
CSRF_FAILURE_VIEW = "assurance.views.session.csrf_failure"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "signed-out"

# For the links in invitations and in messages about a password: long enough to be back from leave.
PASSWORD_RESET_TIMEOUT = int(timedelta(days=7).total_seconds())

AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesBackend",
    "django.contrib.auth.backends.ModelBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]

AXES_HANDLER = "axes.handlers.database.AxesDatabaseHandler"
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
# Both together: a whole council behind one address is not locked out by one colleague's typing, and nobody
# can lock a colleague out from somewhere else.
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
# The name of the sign-in form's field. Without it axes looks for the model's own, "email", finds nobody's name, and
# lets the right password through however many wrong ones went before.
AXES_USERNAME_FORM_FIELD = "username"
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_CALLABLE = "assurance.views.session.locked_out"
# One person, one name, however it is spelt.
AXES_USERNAME_CALLABLE = "assurance.forms.session.name_of_attempt"
AXES_HTTP_RESPONSE_CODE = 429
AXES_CLIENT_IP_CALLABLE = "assurance.project.client_address.client_address"
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False

# --- Languages and time --------------------------------------------------------------------------------

LANGUAGE_CODE = "en-gb"
# en-gb and not en, whose dates are American. A browser that asks for any other English gets this one.
# Welsh is switched on by adding ("cy", "Cymraeg") together with its catalogue, assurance/locale/cy: without one a
# Welsh browser would get English text that says it is Welsh.
LANGUAGES = [("en-gb", "English")]
LOCALE_PATHS = [BASE_DIR / "assurance" / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Europe/London"

# --- Files ---------------------------------------------------------------------------------------------

STATIC_URL = "/static/"
STATIC_ROOT = ENVIRONMENT.static_folder
STATICFILES_DIRS = [BASE_DIR / "static" / "src", BASE_DIR / "static" / "build"]
# Issued letters. Nothing here is given out by address: a view checks who asks and streams the bytes.
FILES_ROOT = ENVIRONMENT.files_folder
STORAGES: dict[str, Any] = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {
            "location": FILES_ROOT,
            "base_url": None,
            "file_permissions_mode": 0o600,
            "directory_permissions_mode": 0o700,
        },
    },
    "uploads": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {
            "location": FILES_ROOT / "uploads",
            "base_url": None,
            "file_permissions_mode": 0o600,
            "directory_permissions_mode": 0o700,
        },
    },
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if SERVICE == "test"
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
if ENVIRONMENT.uploads_bucket:
    # Who we are to the bucket, boto3 finds in the environment or from the machine by itself.
    STORAGES["uploads"] = {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "bucket_name": ENVIRONMENT.uploads_bucket,
            "endpoint_url": ENVIRONMENT.uploads_s3_endpoint or None,
            "region_name": ENVIRONMENT.uploads_s3_region or None,
            # An object without a word on access is private, and a bucket that has such words switched off, as new
            # ones have, refuses every one of them.
            "default_acl": None,
            "file_overwrite": False,
            # What is larger waits on disk while it is read, and not in memory.
            "max_memory_size": 1024 * 1024,
        },
    }
# Where ClamAV's daemon answers; without it, files are not scanned and the pages say so.
CLAMAV_ADDRESS = ENVIRONMENT.clamav_address
# Tests ask for no files by address, and collect none.
WHITENOISE_AUTOREFRESH = SERVICE == "test"
# Compressed already, or read by the letters only: trying to compress them makes the first start slow.
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = ("br", "gif", "gz", "jpeg", "jpg", "png", "ttf", "webp", "woff", "woff2")
# Answers to a form never grow past this without somebody meaning harm; uploads have their own limit.
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
FILE_UPLOAD_HANDLERS = [
    # Cuts each file off where it is too large, before one of the others keeps it.
    "assurance.upload_handler.CappedUploadHandler",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]

# --- What a browser may do -----------------------------------------------------------------------------

CONTENT_SECURITY_POLICY: dict[str, Any] = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
if PRODUCTION:
    SECURE_HSTS_SECONDS = int(timedelta(days=365).total_seconds())
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
if ENVIRONMENT.behind_tls_proxy:
    # Only when told so: without a proxy that overwrites it, anybody could send this header.
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_SSL_REDIRECT = True
    # The container's own health check speaks plain HTTP.
    SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]

# --- Background work -----------------------------------------------------------------------------------

CELERY_BROKER_URL = broker_address(str(ENVIRONMENT.redis_url))
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# Longer than any task may take, so that a slow task is not handed to a second worker while it still runs.
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 300}
CELERY_TASK_IGNORE_RESULT = True
# A task is done when it has finished, not when it was picked up: a worker that dies gives it back.
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_SOFT_TIME_LIMIT = 30
CELERY_TASK_TIME_LIMIT = 60
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
# When asked to stop, a worker gives running tasks this long before it gives them back.
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 5.0
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_SERIALIZER = "json"
CELERY_RESULT_SERIALIZER = "json"
CELERY_TIMEZONE = TIME_ZONE
CELERY_ENABLE_UTC = True
CELERY_BEAT_SCHEDULE = {
    "sweep-letters": {"task": "letters.sweep", "schedule": 60.0},
    "sweep-batches": {"task": "letters.sweep_batches", "schedule": 60.0},
    "letter-chases": {"task": "letters.chase", "schedule": crontab(minute=30, hour=8)},
    "sweep-mail": {"task": "mail.sweep", "schedule": 60.0},
    # Each reminder and digest is written once however often these run: what was missed is made up for in the hour.
    "mail-reminders": {"task": "mail.remind", "schedule": crontab(minute=0, hour="7-18")},
    "mail-digests": {"task": "mail.digest", "schedule": crontab(minute=0)},
    "sweep-documents": {"task": "documents.sweep", "schedule": 60.0},
    "sweep-evidence": {"task": "evidence.sweep", "schedule": 60.0},
    "sweep-uploads": {"task": "uploads.sweep", "schedule": timedelta(days=1)},
    "sweep-exports": {"task": "exports.sweep", "schedule": 60.0},
    "sweep-drafts": {"task": "drafts.sweep", "schedule": timedelta(days=1)},
}

# --- E-mail --------------------------------------------------------------------------------------------

DEFAULT_FROM_EMAIL = ENVIRONMENT.default_from_email
SERVER_EMAIL = DEFAULT_FROM_EMAIL
NOTIFY_API_KEY = ENVIRONMENT.notify_api_key
NOTIFY_TEMPLATE_ID = ENVIRONMENT.notify_template_id
NOTIFY_URL = ENVIRONMENT.notify_url
if SERVICE == "test":
    # Whatever else is set: a test run sends nothing to anybody.
    EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
elif NOTIFY_API_KEY:
    EMAIL_BACKEND = "assurance.project.notify.NotifyBackend"
elif PRODUCTION:
    EMAIL_BACKEND = "assurance.project.smtp.EmailBackend"
    EMAIL_HOST = ENVIRONMENT.email_host
    EMAIL_PORT = ENVIRONMENT.email_port
    EMAIL_HOST_USER = ENVIRONMENT.email_host_user
    EMAIL_HOST_PASSWORD = ENVIRONMENT.email_host_password
    EMAIL_USE_TLS = ENVIRONMENT.email_use_tls
    EMAIL_TIMEOUT = 10
else:
    # Nothing leaves the machine; each message is a file that can be read.
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = DATA_DIR / "mail"

# --- Signing letters -----------------------------------------------------------------------------------

# A PKCS#12 file and its passphrase. Set in the worker's process only; without them letters are not signed.
LETTER_SIGNING_KEY = ENVIRONMENT.letter_signing_key
LETTER_SIGNING_PASSPHRASE = ENVIRONMENT.letter_signing_passphrase

# --- What is said about what happened ------------------------------------------------------------------

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["stderr"], "level": ENVIRONMENT.log_level},
    "loggers": {
        # Django's own handlers would say everything twice, and e-mail what belongs in the log.
        "django": {"handlers": [], "level": ENVIRONMENT.log_level, "propagate": True},
        "django.server": {"handlers": [], "propagate": True},
        # These report every font table that they read, and that they were loaded at all.
        "fontTools": {"level": "WARNING"},
        "weasyprint": {"level": "ERROR"},
        "pikepdf": {"level": "WARNING"},
    },
}
