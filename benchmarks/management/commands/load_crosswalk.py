from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from benchmarks.files import Refused
from benchmarks.loading import load_crosswalk


class Command(BaseCommand):
    help = "Load how the benchmarks of one scheme are read in another, in place of the crosswalk before."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            one, other, changed = load_crosswalk(options["file"])
        except Refused as refused:
            raise CommandError(str(refused)) from refused
        self.stdout.write(f"{'loaded' if changed else 'unchanged:'} crosswalk from {one} to {other}")
