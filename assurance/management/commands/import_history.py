from argparse import ArgumentParser
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.files.base import ContentFile
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from assurance import scope
from assurance.access import Actor, Forbidden, NotFound, operator, programmes
from assurance.actions import history_import
from assurance.actions.reference import LOCAL_AUTHORITIES
from assurance.actions.refusals import Stale, Unfit
from assurance.vocabulary import Permission
from assurance.workbook.history_judge import Proposal, Verdict, judge
from assurance.workbook.history_read import read
from assurance.workbook.safe import Refused
from assurance.workflow import Blocked


class Command(BaseCommand):
    help = "Show what becomes of a table of earlier years, and take it over where --confirm says so. All or nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", nargs="?", metavar="FILE")
        parser.add_argument("--programme", default=LOCAL_AUTHORITIES[0], help="code of the programme")
        parser.add_argument("--scheme", default="", help="code of the scheme for years that have no cycle yet")
        parser.add_argument("--confirm", action="store_true", help="take over what is accepted")
        parser.add_argument("--undo", type=int, metavar="ID", help="undo an import that was made here")
        parser.add_argument("--reason", default="", help="why it is undone")

    def handle(self, *args: Any, **options: Any) -> None:
        by, at = operator("import_history"), timezone.now()
        if (options["undo"] is None) == (options["file"] is None):
            raise CommandError("name a file, or an import to undo")
        try:
            with scope.everything():
                if options["undo"] is not None:
                    row = history_import.undo(by=by, at=at, import_id=options["undo"], reason=options["reason"])
                    self.stdout.write(f"Undid import {row.pk} of {row.name}: its records are withdrawn")
                else:
                    self._import(Path(options["file"]), options, by, at)
        except Refused as refusal:
            raise CommandError("; ".join(refusal.reasons)) from refusal
        except (Unfit, Blocked) as refusal:
            raise CommandError(str(refusal)) from refusal
        except Stale as refusal:
            raise CommandError(f"import {options['undo']} is {refusal.current.state}") from refusal
        except (Forbidden, NotFound) as refusal:
            raise CommandError(f"there is no import {options['undo']} that was made here") from refusal

    def _import(self, path: Path, options: dict[str, Any], by: Actor, at: datetime) -> None:
        try:
            data = path.read_bytes()
        except OSError as error:
            raise CommandError(f"{path} cannot be read ({error.strerror})") from error
        programme = programmes(by, Permission.IMPORT_HISTORY).filter(code=options["programme"]).first()
        if programme is None:
            raise CommandError(f"there is no programme {options['programme']}")
        self._show(data, options["scheme"], programme, by, at)
        if not options["confirm"]:
            self.stdout.write("Nothing was written. Add --confirm to take over what is accepted or corrected.")
            return
        done = history_import.import_file(
            by=by, at=at, programme=programme, scheme_code=options["scheme"], name=path.name, file=ContentFile(data)
        )
        self.stdout.write(f"Took over {len(done.assessments)} records as import {done.row.pk}")

    def _show(self, data: bytes, scheme: str, programme: Any, by: Actor, at: datetime) -> None:
        """The preview: a line for each authority and year, and what is said of its cells."""
        table = read(data)
        found = history_import.world(by, programme, scheme, table.lines, {}, at)
        if scheme and found.chosen is None:
            raise CommandError(f"no version of scheme {scheme} is published")
        proposals = judge(table.lines, found)
        for one in proposals:
            self._line(one)
        if table.unread:
            self.stdout.write(f"Not read: {', '.join(table.unread)}")
        counts = ((sum(one.verdict == verdict for one in proposals), verdict) for verdict in Verdict)
        self.stdout.write(", ".join(f"{count} {verdict.label.lower()}" for count, verdict in counts if count))

    def _line(self, one: Proposal) -> None:
        stated = f", the source states {one.stated[0]} of {one.stated[1]}" if one.stated else ""
        who = f"{one.authority or one.gss} {one.year}".strip()
        self.stdout.write(
            f"{one.place}: {who}: {one.verdict.label.lower()}; {one.known} known, {one.unknown} not known{stated}"
        )
        for remark in (*one.faults, *one.notes):
            where = f"{remark.name}: " if remark.name else ""
            self.stdout.write(
                f"    {where}“{remark.written}” {remark.words}" if remark.written else f"    {where}{remark.words}"
            )
