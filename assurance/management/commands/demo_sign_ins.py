from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from assurance import scope
from assurance.demo_file import DEMO_PASSWORD, DemoFile, PersonPart, open_demo
from assurance.models import Programme, User
from benchmarks.files import Refused

HEADINGS = ("E-mail address", "Name", "Role")


class Command(BaseCommand):
    help = "Say how to sign in to the demonstration world. Says nothing in production."

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.PRODUCTION:
            return
        try:
            _source, demo = open_demo()
        except Refused as refused:
            raise CommandError(str(refused)) from refused
        emails = [person.email for person in demo.people]
        with scope.everything():
            if not Programme.objects.filter(code=demo.programme.code).exists():
                raise CommandError("The demonstration world is not there. Build it with manage.py load_demo")
            there = set(User.objects.filter(email__in=emails, is_active=True).values_list("email", flat=True))
        rows = [
            (person.email, person.name, _described(demo, person)) for person in demo.people if person.email in there
        ]
        widths = [max(map(len, column)) for column in zip(HEADINGS, *rows, strict=True)]
        for row in (HEADINGS, tuple("-" * width for width in widths), *rows):
            line = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
            self.stdout.write(line.rstrip())
        self.stdout.write(f"\nThe password of every one of them: {DEMO_PASSWORD}")


def _described(demo: DemoFile, person: PersonPart) -> str:
    """A person's roles and where they hold, in words."""
    names = {one.gss_code: one.short_name for one in demo.authorities}
    places: dict[str, list[str]] = {}
    for one in person.memberships:
        places.setdefault(str(one.role.label), []).append(names.get(one.authority) or one.region)
    return "; ".join(f"{role}: {', '.join(held)}" if any(held) else role for role, held in places.items())
