"""A region pack as a file, for whoever asked for it: its views are read with the rights that they have then."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from django.utils.formats import date_format
from django.utils.timezone import localdate

from assurance import outbox
from assurance.access import Actor, NotFound
from assurance.actions.exports import MadeExport, file_name
from assurance.insights.sheet import View
from assurance.queries.exports import VIEWS
from assurance.queries.outcomes import NAME, cycle_view, years_before
from assurance.vocabulary import ExportFormat
from letters.board.pdf import render_deck
from letters.board.slides import write_deck
from letters.pdf.submission import Typed
from letters.pdf.text import cleaned
from letters.region_pack.content import About, RegionPack, Wanted, Year, pack_of
from letters.region_pack.layout import deck
from letters.region_pack.parts import EARLIER, WANTED


def slides(pack: RegionPack) -> bytes:
    """As slides that can be edited. The same content gives the same bytes."""
    return write_deck(deck(RegionPack.model_validate(cleaned(pack.model_dump(mode="json")))))


def pages(pack: RegionPack) -> bytes:
    """As a tagged PDF. Raises LetterDefective and FontsUnavailable, as a board pack."""
    settable = RegionPack.model_validate(Typed().settable(pack.model_dump(mode="json")))
    return render_deck(deck(settable), identifier=pack.digest()).pdf


DRAWN: Mapping[ExportFormat, Callable[[RegionPack], bytes]] = {ExportFormat.PPTX: slides, ExportFormat.PDF: pages}


def file_of(export: Any, actor: Actor, at: datetime) -> MadeExport:
    """The pack (of an ``assurance.models.Export``) that somebody asked for: of a cycle, for a region.

    Raises:
        NotFound, Forbidden: they may not read it, or there is nothing of it.
        LetterDefective, FontsUnavailable: it cannot be set.
    """
    params: Mapping[str, str] = export.params
    region = params.get("region", "")
    if not region:
        raise NotFound
    (number, cycle), *earlier = years_before(actor, params.get("cycle", ""), EARLIER)
    asked = {"cycle": str(number), "region": region, "programme": str(export.programme_id or "")}
    years = [Year(cycle, cycle_view(actor, asked, at)), *_earlier(actor, earlier, region, at)]
    more = list(_more(actor, asked, at))
    about = About(
        region=region,
        cycle=cycle,
        day=localdate(at),
        day_text=date_format(localdate(at), "j F Y"),
        made_by=actor.name,
        method=outbox.address("method"),
    )
    pack = pack_of(years, more, about)
    kind = ExportFormat(export.format)
    views = [*(year.view for year in years), *(view for _wanted, view in more)]
    # Of the outcomes only what is agreed is in a pack.
    named = {row.gss_code for year in years for row in year.rows() if row.agreed_standing}
    return MadeExport(
        name=file_name(f"region pack {region} {cycle}", kind, at),
        data=DRAWN[kind](pack),
        title=f"{pack.title}: {region}",
        rows=sum(view.row_count for view in views),
        authorities=max(len(named), *(view.authorities for _wanted, view in more), 0),
    )


def _earlier(actor: Actor, cycles: list[tuple[int, str]], region: str, at: datetime) -> list[Year]:
    """Earlier cycles in which the region has a record."""
    found = []
    for pk, name in cycles:
        try:
            found.append(Year(name, cycle_view(actor, {"cycle": str(pk), "region": region}, at)))
        except NotFound:
            continue
    return found


def _more(actor: Actor, asked: Mapping[str, str], at: datetime) -> list[tuple[Wanted, View]]:
    """The further views that the registry has, each read once."""
    read: dict[tuple[str, tuple[tuple[str, str], ...]], View] = {}
    found = []
    for wanted in WANTED:
        if wanted.view not in VIEWS or wanted.view == NAME:
            continue
        key = wanted.view, tuple(sorted(wanted.params.items()))
        if key not in read:
            read[key] = VIEWS[wanted.view](actor, {**asked, **wanted.params}, at)
        found.append((wanted, read[key]))
    return found
