"""Every address of the service: those of the two apps that have pages."""

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("assurance.urls")),
    path("letters/", include("letters.urls")),
    path("verify/", include("letters.public_urls")),
]
