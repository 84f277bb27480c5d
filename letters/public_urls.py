"""Addresses of the letters' pages for which nobody signs in."""

from django.urls import path

from letters.verification import verify

urlpatterns = [path("", verify, name="verify")]
