from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from assurance import scope
from assurance.access import operator
from assurance.actions.importing import import_case
from assurance.actions.reference import LOCAL_AUTHORITIES, programme
from assurance.actions.refusals import Unfit
from benchmarks.files import Refused
from letters.actions import draft_from_case


class Command(BaseCommand):
    help = "Take over finished assessments of earlier years, with the people of their letters. All of them or none."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", nargs="+", metavar="FILE")
        parser.add_argument("--programme", default=LOCAL_AUTHORITIES[0], help="code of the programme")

    def handle(self, *args: Any, **options: Any) -> None:
        by, at = operator("import_case"), timezone.now()
        lines = []
        try:
            with scope.everything():
                code = options["programme"]
                name = LOCAL_AUTHORITIES[1] if code == LOCAL_AUTHORITIES[0] else code
                into = programme(code, name, by=by, at=at)
                for file in options["files"]:
                    imported = import_case(file, by=by, at=at, programme=into)
                    if imported.changed and imported.case.letter:
                        draft_from_case(imported.case.letter, imported.assessment, by=by, at=at)
                    known = sum(one.agreed.strip().upper() != "N/A" for one in imported.case.outcomes)
                    done = f"took over {known} outcomes of" if imported.changed else "unchanged, here already:"
                    lines.append(f"{file}: {done} {imported.assessment}")
        except (Refused, Unfit) as refused:
            raise CommandError(str(refused)) from refused
        for line in lines:
            self.stdout.write(line)
