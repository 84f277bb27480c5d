from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.files.storage import default_storage
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from assurance import scope
from assurance.access import operator
from assurance.actions.reference import LOCAL_AUTHORITIES
from letters.languages import ENGLISH, LANGUAGES
from letters.pdf import LetterDefective, render
from letters.queries import letter_as_it_stands


class Command(BaseCommand):
    help = "Write the newest letter of an authority as PDF: the file that was issued, or as it would be issued now."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--authority", required=True, metavar="GSS")
        parser.add_argument("--cycle", required=True, metavar="NAME")
        parser.add_argument("--programme", default=LOCAL_AUTHORITIES[0], help="code of the programme")
        parser.add_argument("--language", default=ENGLISH, choices=LANGUAGES, help="en or cy; English by default")
        parser.add_argument("--output", required=True, metavar="FILE.pdf", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        with scope.everything():
            found = letter_as_it_stands(
                operator("render_letter"),
                gss_code=options["authority"],
                cycle=options["cycle"],
                programme=options["programme"],
                today=timezone.localdate(),
                language=options["language"],
            )
        if found is None:
            raise CommandError(
                f"No letter of {options['authority']} for {options['cycle']} in programme {options['programme']}. "
                "Draft one, or import the case with its letter."
            )
        edition, content = found
        if edition.sha256:
            with default_storage.open(edition.file.name) as file:
                data = file.read()
            pages = edition.pages
        else:
            try:
                rendered = render(content)
            except LetterDefective as defective:
                raise CommandError("\n".join(defective.defects)) from defective
            data, pages = rendered.pdf, rendered.pages
        try:
            options["output"].write_bytes(data)
        except OSError as error:
            raise CommandError(f"{options['output']} cannot be written ({error.strerror})") from error
        self.stdout.write(f"wrote {options['output']}: {pages} pages, {len(data):,} bytes")
