"""Whether the service is alive, and whether all that it needs is reachable."""

from __future__ import annotations

from django.core.cache import cache
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from assurance.project.celery import app

PATIENCE = 1.0
"""Seconds to wait for a worker's answer."""


def alive(request: HttpRequest) -> HttpResponse:
    """The process answers."""
    return HttpResponse("ok", content_type="text/plain")


def ready(request: HttpRequest) -> JsonResponse:
    """Database, broker and worker are reachable: 200, or 503 with what is not."""
    found = {"database": _database(), "broker": _broker()}
    found["worker"] = found["broker"] and _worker()
    return JsonResponse(found, status=200 if all(found.values()) else 503)


def _database() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return False
    return True


def _broker() -> bool:
    try:
        cache.get("readyz")
    except RedisError:
        return False
    return True


def _worker() -> bool:
    try:
        return bool(app.control.ping(timeout=PATIENCE, limit=1))
    except (OperationalError, RedisError):
        return False
