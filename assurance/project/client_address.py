"""Who is on the other end of the line, when there are proxies in between."""

from django.conf import settings
from django.http import HttpRequest


def client_address(request: HttpRequest) -> str | None:
    """The address that counts towards a lock-out.

    `X-Forwarded-For` is believed only as far as our own proxies wrote it: with PROXY_COUNT proxies, the
    entry that many from the right. Everything left of it was sent by the client and can be anything, so a
    guesser could otherwise change "address" with every attempt. Returns None when there is no address.
    """
    forwarded = [part.strip() for part in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if part.strip()]
    count: int = settings.PROXY_COUNT
    if count and len(forwarded) >= count:
        return forwarded[-count]
    return request.META.get("REMOTE_ADDR") or None
