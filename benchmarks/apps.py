from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class BenchmarksConfig(AppConfig):
    """The schemes: what is judged, by which criteria, on which scale."""

    name = "benchmarks"
    verbose_name = _("Benchmarks")
