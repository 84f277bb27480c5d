from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class LettersConfig(AppConfig):
    """Outcome letters: wording, frozen content, PDF, issue."""

    name = "letters"
    verbose_name = _("Letters")
