"""The composition root: settings, addresses, the task queue and the services a laptop needs.

The Celery application is imported here because tasks bind to whichever application exists when they are
defined; importing it with the settings means that the web process and commands send to the same one.
"""

from assurance.project.celery import app as celery_app

__all__ = ["celery_app"]
