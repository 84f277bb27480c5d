from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from assurance.reminders import write_reminders


class Command(BaseCommand):
    help = "Write the reminders of deadlines that are due on a day. Those written before are not written again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--today", metavar="DATE", type=date.fromisoformat, help="as 2026-11-21; today unless another is named"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        count = write_reminders(options["today"] or timezone.localdate(now), at=now)
        self.stdout.write(f"{count} reminders written")
