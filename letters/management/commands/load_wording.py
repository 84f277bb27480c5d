from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from assurance import scope
from assurance.access import operator
from benchmarks.files import Refused
from letters.actions import load_wording


class Command(BaseCommand):
    help = "Load letter wording files, each as a draft of the version that it names. All of them or none."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", nargs="+", metavar="FILE")
        parser.add_argument("--publish", action="store_true", help="publish: the text can never change again")

    def handle(self, *args: Any, **options: Any) -> None:
        by, at = operator("load_wording"), timezone.now()
        try:
            with scope.everything():
                results = [load_wording(file, by=by, at=at, publish=options["publish"]) for file in options["files"]]
        except Refused as refused:
            raise CommandError(str(refused)) from refused
        for wording, change, published in results:
            self.stdout.write(f"{change.value} {wording}{' and published' if published else ''}")
