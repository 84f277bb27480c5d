import re
from argparse import ArgumentParser, ArgumentTypeError
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from assurance import access, scope
from assurance.actions import reference
from benchmarks.files import Refused


def programme_code(value: str) -> str:
    """A code as it was typed. Raises ArgumentTypeError for one that no programme can have."""
    if not re.fullmatch(r"[a-z0-9-]{1,40}", value):
        raise ArgumentTypeError(f"{value} is no code: small letters, digits and hyphens, 40 at most")
    return value


class Command(BaseCommand):
    help = "Create and update authorities from a CSV file, columns matched by name. All of it or nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        code, _name = reference.LOCAL_AUTHORITIES
        parser.add_argument("file", metavar="FILE")
        parser.add_argument(
            "--programme",
            metavar="CODE",
            type=programme_code,
            default=code,
            help=f"{code} unless another is named; made if it is not there",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        at = timezone.now()
        by = access.operator("load_authorities")
        code, name = reference.LOCAL_AUTHORITIES
        if options["programme"] != code:
            code = options["programme"]
            name = code.replace("-", " ").capitalize()
        try:
            with scope.everything():
                programme = reference.programme(code, name, by=by, at=at)
                report = reference.load_authorities(options["file"], by=by, at=at, programme=programme)
        except Refused as refused:
            raise CommandError(str(refused)) from refused
        self.stdout.write(f"{len(report.created)} created, {len(report.changed)} changed, {report.unchanged} unchanged")
        for gss_code, columns in report.changed.items():
            self.stdout.write(f"{gss_code}: {', '.join(columns)} changed")
        if report.succeeded:
            self.stdout.write(f"{report.succeeded} found to have taken over from another authority")
