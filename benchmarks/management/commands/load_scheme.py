from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from benchmarks.files import Refused
from benchmarks.loading import load_scheme


class Command(BaseCommand):
    help = "Load scheme files, each as a draft of the version that it names. All of them or none."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", nargs="+", metavar="FILE")
        parser.add_argument("--publish", action="store_true", help="publish: the text can never change again")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with transaction.atomic():
                results = [
                    load_scheme(file, publish=options["publish"], at=timezone.now()) for file in options["files"]
                ]
        except Refused as refused:
            raise CommandError(str(refused)) from refused
        for result in results:
            ending = " and published" if result.published else ""
            self.stdout.write(f"{result.change.value} {result.version}{ending}")
