"""The task queue. Tasks carry ids only, may run twice, and are found again by a sweeper if they are lost."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "assurance.project.settings")

app = Celery("prevent")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
for modules in ("mail_tasks", "evidence_tasks", "document_tasks", "export_tasks"):
    app.autodiscover_tasks(["assurance"], related_name=modules)
