from typing import Any

from django.core.management.base import BaseCommand, CommandError

from assurance import scope
from assurance.queries.picture_check import differences, how_many

SHOWN = 20


class Command(BaseCommand):
    help = "Put the regional picture together from its sources again, and say where what is kept differs."

    def handle(self, *args: Any, **options: Any) -> None:
        with scope.everything():
            found, count = differences(), how_many()
        if found:
            lines = "\n".join(found[:SHOWN])
            raise CommandError(f"the picture is not what its sources say, in {len(found)} places:\n{lines}")
        self.stdout.write(f"the picture of {count} assessments is what its sources say")
