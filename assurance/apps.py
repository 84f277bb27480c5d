from django.apps import AppConfig
from django.core.checks import Tags, register
from django.utils.translation import gettext_lazy as _

from assurance.project.checks import check_database_role


class AssuranceConfig(AppConfig):
    """Authorities, cycles, self-assessments, reviews and everything that people decide about them."""

    name = "assurance"
    verbose_name = _("Assurance")

    def ready(self) -> None:
        register(check_database_role, Tags.database)
