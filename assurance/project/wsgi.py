"""The web application, as a web server calls it."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "assurance.project.settings")
# Whatever the environment says: this is what a web server calls, and some things may not be given to it.
os.environ["PROCESS"] = "web"

application = get_wsgi_application()
