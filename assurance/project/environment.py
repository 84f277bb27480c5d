"""The environment, read once and strictly: what a deployment may say, and what it must.

A value that is not understood is refused rather than guessed at, because a mistyped switch that quietly
means "off" is found by an attacker and not by a test. `SERVICE` is `production` unless the environment
says otherwise, so that forgetting it is safe.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import quote, urlsplit

from django.core.exceptions import ImproperlyConfigured
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

PROJECT_FOLDER = Path(__file__).resolve().parent.parent.parent

Service = Literal["local", "production", "test"]

# The web server, a Celery worker, Celery's scheduler, or a management command. Whoever starts the process says so; the
# web server says so itself.
Process = Literal["web", "worker", "scheduler", "command"]

# What only the worker may know: whoever breaks into the web server must not find the key that letters are signed with.
WORKER_ONLY = frozenset({"LETTER_SIGNING_KEY", "LETTER_SIGNING_PASSPHRASE"})

# Too short a key can be guessed offline from one signed cookie.
SHORTEST_SECRET_KEY = 32

# These may hold a password or a key, so a message about them never repeats what was given.
SECRET_NAMES = frozenset(
    {
        "SECRET_KEY",
        "DATABASE_URL",
        "DATABASE_OWNER_URL",
        "DATABASE_ADMIN_URL",
        "REDIS_URL",
        "EMAIL_HOST_PASSWORD",
        "NOTIFY_API_KEY",
        "LETTER_SIGNING_PASSPHRASE",
    }
)

# Its name, the service and the secret, both as identifiers: a cut key would only fail at the first message.
NOTIFY_KEY = re.compile(r".*[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

# Commands that change tables. They run as the owner of the tables; everything else as the application.
OWNER_COMMANDS = frozenset({"migrate", "makemigrations", "sqlmigrate", "squashmigrations", "optimizemigration"})


class EnvironmentRefused(ImproperlyConfigured):
    """The environment lacks something, or says something that is not understood."""


def _flag(value: object) -> bool:
    """Read a switch: true, false, yes, no, on, off, 1 or 0.

    Raises ValueError for anything else: "maybe" is not "off".
    """
    if isinstance(value, bool):
        return value
    word = str(value).strip().lower()
    if word in ("true", "yes", "on", "1"):
        return True
    if word in ("false", "no", "off", "0"):
        return False
    raise ValueError("must be true or false")


def _list(value: object) -> object:
    """Split "a, b" into ("a", "b"); empty items are dropped."""
    if isinstance(value, str):
        return tuple(item.strip() for item in value.split(",") if item.strip())
    return value


def _database_address(value: object) -> object:
    """Let a PostgreSQL address through; raise ValueError for any other database."""
    if not str(value).startswith(("postgresql://", "postgres://")):
        raise ValueError("must be the address of a PostgreSQL database: postgresql://user@host/name")
    return value


def _broker_address(value: object) -> object:
    """Let a Redis or Valkey address through; raise ValueError for anything else."""
    if not str(value).startswith(("redis://", "rediss://", "unix://")):
        raise ValueError("must be the address of Redis or Valkey: redis://, rediss:// or unix://")
    return value


def _web_address(value: object) -> object:
    """Let an address over HTTP or HTTPS through; raise ValueError for anything else."""
    parts = urlsplit(str(value))
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("must be an address that begins with https:// or http://")
    return value


def _scanner_address(value: object) -> object:
    """Let tcp://host:port or unix:///path through; raise ValueError for anything else."""
    parts = urlsplit(str(value))
    by_network = parts.scheme == "tcp" and parts.hostname and parts.port
    by_socket = parts.scheme == "unix" and not parts.netloc and parts.path.startswith("/")
    if not by_network and not by_socket:
        raise ValueError("must be the address of ClamAV's daemon: tcp://host:3310 or unix:///run/clamav/clamd.ctl")
    return value


Flag = Annotated[bool, BeforeValidator(_flag)]
List = Annotated[tuple[str, ...], BeforeValidator(_list)]
DatabaseAddress = Annotated[str, BeforeValidator(_database_address)]
BrokerAddress = Annotated[str, BeforeValidator(_broker_address)]
WebAddress = Annotated[str, BeforeValidator(_web_address)]
ScannerAddress = Annotated[str, BeforeValidator(_scanner_address)]


class Environment(BaseModel):
    """What the environment says, parsed. Field `x_y` is read from the variable `X_Y`."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    service: Service = "production"
    process: Process = "command"
    debug: Flag = False
    demo: Flag = False
    maintenance: Flag = False

    secret_key: str = Field(default="", repr=False)
    allowed_hosts: List = ()
    csrf_trusted_origins: List = ()
    site_url: str = ""
    behind_tls_proxy: Flag = False
    proxy_count: int = Field(default=0, ge=0, le=10)

    database_url: DatabaseAddress | None = Field(default=None, repr=False)
    database_owner_url: DatabaseAddress | None = Field(default=None, repr=False)
    database_pool: int = Field(default=0, ge=0, le=200)
    redis_url: BrokerAddress | None = Field(default=None, repr=False)

    data_dir: Path = PROJECT_FOLDER / ".local"
    files_root: Path | None = None
    static_root: Path | None = None
    uploads_bucket: str = ""
    uploads_s3_endpoint: WebAddress = ""
    uploads_s3_region: str = ""
    clamav_address: ScannerAddress = ""

    email_host: str = "localhost"
    email_port: int = Field(default=25, ge=1, le=65535)
    email_host_user: str = ""
    email_host_password: str = Field(default="", repr=False)
    email_use_tls: Flag = False
    notify_api_key: str = Field(default="", repr=False)
    notify_template_id: str = ""
    notify_url: WebAddress = ""
    default_from_email: str = "Prevent duty assurance <no-reply@localhost>"

    letter_signing_key: Path | None = None
    letter_signing_passphrase: str = Field(default="", repr=False)

    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    @model_validator(mode="after")
    def _complete(self) -> Self:
        """Refuse an environment that the chosen service cannot safely run in. Names every fault at once."""
        faults = []
        for name in ("secret_key", "database_url", "redis_url"):
            if not getattr(self, name):
                faults.append(f"{name.upper()} is needed")
        if self.service == "production":
            if not self.allowed_hosts:
                faults.append("ALLOWED_HOSTS is needed in production")
            if "*" in self.allowed_hosts:
                faults.append("ALLOWED_HOSTS may not be * in production: name the hosts")
            if self.secret_key and len(self.secret_key) < SHORTEST_SECRET_KEY:
                faults.append(f"SECRET_KEY must have at least {SHORTEST_SECRET_KEY} characters in production")
            if self.demo:
                faults.append("DEMO may not be on in production")
            if self.debug:
                faults.append("DEBUG may not be on in production")
        if self.proxy_count and not self.behind_tls_proxy:
            faults.append("PROXY_COUNT has no meaning unless BEHIND_TLS_PROXY is true")
        if (self.uploads_s3_endpoint or self.uploads_s3_region) and not self.uploads_bucket:
            faults.append("UPLOADS_S3_ENDPOINT and UPLOADS_S3_REGION have no meaning without UPLOADS_BUCKET")
        if self.notify_api_key and not self.notify_template_id:
            faults.append("NOTIFY_TEMPLATE_ID is needed with NOTIFY_API_KEY")
        if self.notify_api_key and not NOTIFY_KEY.fullmatch(self.notify_api_key):
            faults.append("NOTIFY_API_KEY must be a whole key of GOV.UK Notify: its name and two identifiers")
        faults.extend(self._faults_of_signing())
        if faults:
            raise ValueError("; ".join(faults))
        return self

    def _faults_of_signing(self) -> list[str]:
        """The key that letters are signed with is whole, and no process has it but the worker."""
        given = [name for name in sorted(WORKER_ONLY) if getattr(self, name.lower())]
        if given and self.process != "worker":
            names = " and ".join(given)
            return [f"{names} may be given to the worker alone (PROCESS=worker), and this process is: {self.process}"]
        faults = [f"{name} is needed to sign letters" for name in sorted(WORKER_ONLY) if given and name not in given]
        if self.letter_signing_key is not None and not self.letter_signing_key.is_absolute():
            faults.append("LETTER_SIGNING_KEY must be a whole path, from the root on")
        return faults

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> Self:
        """The environment as one checked value.

        Variables that are set but empty count as not set: that is how container tools pass on what nobody
        filled in. Raises EnvironmentRefused with one line for each fault.
        """
        given = {field: environ[field.upper()] for field in cls.model_fields if environ.get(field.upper(), "").strip()}
        try:
            return cls.model_validate(given)
        except ValidationError as error:
            raise EnvironmentRefused(_explain(error, environ)) from None

    @property
    def files_folder(self) -> Path:
        """Where issued letters are kept: never inside anything that the web server gives out."""
        return self.files_root or self.data_dir / "files"

    @property
    def static_folder(self) -> Path:
        """Where collectstatic puts what the web server gives out."""
        return self.static_root or self.data_dir / "static"

    @property
    def public_url(self) -> str:
        """The service's own address without a closing slash, for links in letters and e-mails."""
        if self.site_url:
            return self.site_url.rstrip("/")
        if self.service == "production":
            return f"https://{self.allowed_hosts[0].lstrip('.')}"
        return "http://localhost:8000"


def _explain(error: ValidationError, environ: Mapping[str, str]) -> str:
    """One line for each fault, with the value unless it may be a secret."""
    lines = ["The environment cannot be used:"]
    for fault in error.errors(include_url=False, include_context=False, include_input=False):
        message = fault["msg"].removeprefix("Value error, ")
        if not fault["loc"]:
            lines.extend(f"  {part}" for part in message.split("; "))
            continue
        name = str(fault["loc"][0]).upper()
        shown = name if name in SECRET_NAMES else f"{name}={environ.get(name, '')}"
        lines.append(f"  {shown}: {message[:1].lower()}{message[1:]}")
    lines.append("For a copy to try things out on, use `make run` and `make manage CMD='…'`: they set all of this.")
    return "\n".join(lines)


def database_for(command: str, environ: Mapping[str, str]) -> str | None:
    """The address for a management command: the owner's for one that changes tables, if there is one."""
    owner = environ.get("DATABASE_OWNER_URL", "").strip()
    if command in OWNER_COMMANDS and owner:
        return owner
    return environ.get("DATABASE_URL")


def broker_address(redis_url: str) -> str:
    """REDIS_URL as Celery writes it.

    The cache and Celery spell a unix socket differently: `unix:///path?db=1` is
    `redis+socket:///path?virtual_host=1` to Celery. Other addresses are the same for both.
    """
    parts = urlsplit(redis_url)
    if parts.scheme != "unix":
        return redis_url
    number = "0"
    for pair in parts.query.split("&"):
        name, _, value = pair.partition("=")
        if name == "db":
            number = value
    password = f":{parts.password}@" if parts.password else ""
    return f"redis+socket://{password}{quote(parts.path)}?virtual_host={number}"
