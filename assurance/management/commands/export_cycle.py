from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from assurance import scope
from assurance.access import operator
from assurance.actions.exports import export_now
from assurance.actions.reference import LOCAL_AUTHORITIES
from assurance.queries.exports import SHEETS
from assurance.queries.outcomes import NAME, cycle_named
from assurance.vocabulary import ExportFormat


class Command(BaseCommand):
    help = "Write every outcome of a cycle, as far as the console may read them, and note in the log that it was done."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--cycle", required=True, metavar="NAME")
        parser.add_argument("--format", required=True, choices=[one.value for one in SHEETS])
        parser.add_argument("--programme", default=LOCAL_AUTHORITIES[0], help="code of the programme")
        parser.add_argument("--output", required=True, metavar="FILE", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        by, output = operator("export_cycle"), options["output"]
        with scope.everything():
            cycle = cycle_named(by, options["cycle"], options["programme"])
            if cycle is None:
                raise CommandError(f"There is no cycle {options['cycle']} in programme {options['programme']}")
            export, data = export_now(
                by=by,
                at=timezone.now(),
                view=NAME,
                params={"cycle": str(cycle)},
                format=ExportFormat(options["format"]),
            )
            # Within the transaction: what cannot be written was not taken away, and is not in the log.
            try:
                output.write_bytes(data)
            except OSError as error:
                raise CommandError(f"{output} cannot be written ({error.strerror})") from error
        self.stdout.write(f"wrote {output}: {export.rows:,} rows, {export.authorities:,} authorities")
