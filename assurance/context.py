"""What every page shows: who is signed in, and the areas of the service that are theirs."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from assurance.access import GRANTS, Actor, sees
from assurance.vocabulary import HOME_OFFICE_ROLES, Permission


def page(request: HttpRequest) -> dict[str, Any]:
    """``actor`` and ``navigation`` for the base template. No query."""
    actor: Actor | None = getattr(request, "actor", None)
    return {"actor": actor, "navigation": _navigation(actor, request.path) if actor else []}


def _navigation(actor: Actor, path: str) -> list[dict[str, Any]]:
    held = {permission for grant in actor.grants for permission in GRANTS[grant.role]}
    # Whoever looks after the people of several authorities comes to them from each assessment.
    led = {grant.authority_id for grant in actor.grants if Permission.INVITE in GRANTS[grant.role]}
    home = _("Portfolio") if actor.roles() & HOME_OFFICE_ROLES else _("Home")
    areas = [(home, "home", True)]
    areas.append((_("Cover"), "cover", Permission.COVER in held and Permission.ASSIGN not in held))
    areas.append((_("Advisers"), "assignments", Permission.ASSIGN in held))
    areas.append((_("Letters"), "letters", bool(held & {Permission.READ_LETTERS, Permission.READ_ISSUED_LETTERS})))
    areas.append((_("Wording"), "wordings", Permission.READ_WORDING in held))
    areas.append((_("Second readings"), "second-readings", Permission.SECOND_READ in held))
    areas.append((_("Good practice"), "library", Permission.READ_LIBRARY in held))
    areas.append((_("Regional picture"), "picture", Permission.READ_PICTURE in held))
    # Whoever sees averages for the Home Office, and no single authority, has the regions alone.
    national = Permission.READ_AVERAGES in held and bool(actor.roles() & HOME_OFFICE_ROLES)
    areas.append((_("National picture"), "picture-national", national and Permission.READ_PICTURE not in held))
    areas.append((_("Calibration"), "calibration", Permission.READ_CALIBRATION in held))
    areas.append(
        (
            _("Recommendations"),
            "recommendations-over-years",
            # The Home Office has them among the pages of the picture.
            Permission.READ_PICTURE not in held and sees(actor, "assurance.Recommendation", Permission.READ_OUTCOMES),
        )
    )
    brings = bool(held & {Permission.IMPORT_HISTORY, Permission.READ_EXPORTS})
    areas.append((_("Earlier years"), "history-imports", brings))
    areas.append((_("People"), "people", len(led) == 1))
    areas.append((_("Cycles"), "cycles", Permission.MANAGE_CYCLES in held))
    areas.append((_("Weights"), "weights", Permission.EDIT_WEIGHTS in held))
    areas.append((_("Messages"), "messages", Permission.READ_MESSAGES in held))
    areas.append((_("Exports"), "exports", Permission.READ_EXPORTS in held))
    areas.append((_("Help"), "help", True))
    shown = [(text, reverse(name, args=tuple(led) if name == "people" else ())) for text, name, on in areas if on]
    # One area may lie within the address of another.
    within = [href for _text, href in shown if (path == href if href == "/" else path.startswith(href))]
    here = max(within, key=len, default="")
    return [{"text": text, "href": href, "active": href == here} for text, href in shown]
