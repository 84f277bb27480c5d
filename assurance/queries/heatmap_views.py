"""The heatmap and the national page as they leave the service: the same figures, with their rules and their picture."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _
from django_stubs_ext import StrOrPromise

from assurance.access import Actor, NotFound
from assurance.insights.drawing import Box, Drawing, Shape, Words, svg
from assurance.insights.explaining import stated_said
from assurance.insights.heatmap import Cell, Figure, Line
from assurance.insights.sheet import Table, Value, View, of_rows
from assurance.queries import heatmap as read
from assurance.queries import national as regions
from assurance.queries.averages import Average, Why
from assurance.queries.heatmap import CELL_WORDS, Read, absence_words
from assurance.queries.picture import LABELS

NAME, NATIONAL = "heatmap", "national-picture"
MOST_DRAWN = 60
"""A picture of more authorities than this is no picture: the table has them all."""
NAMES, WIDE, HIGH, HEAD = 260, 92, 26, 70
"""Pixels: the column of names, a cell, a line, and what stands above them."""


def heatmap_view(actor: Actor, params: Mapping[str, str], at: datetime) -> View:
    """The heatmap that an address shows, every page of it.

    Raises:
        NotFound: there is no cycle to show.
        Forbidden: the actor sees no picture anywhere.
    """
    found = read.read_picture(actor, read.Choice.of(params), timezone.localdate(at))
    if isinstance(found, tuple):
        raise NotFound
    lines = [found.scale.line(row) for row in found.listed]
    what = {
        "outcomes": LABELS[found.choice.judgement],
        "cycle": found.cycle.name,
        "scope": read.scope_said(found),
    }
    title = _("Heatmap of %(scope)s, %(cycle)s: %(outcomes)s") % what
    averages = read.average_lines(found)
    return View(
        name=NAME,
        title=title,
        rules=_rules(found, averages),
        tables=(
            _authorities(found, lines),
            *([_averages(found, averages)] if averages else []),
            _benchmarks(found),
        ),
        picture=svg(_drawn(found, lines, title), standalone=True, name="heatmap"),
        authorities=sum(line.absence is None for line in lines),
    )


def national_view(actor: Actor, params: Mapping[str, str], at: datetime) -> View:
    """The regions that an address shows.

    Raises:
        NotFound: there is nothing to show.
        Forbidden: the actor sees no averages for the Home Office.
    """
    page = regions.national(actor, regions.Choice.of(params))
    if page.cycle is None or page.total is None or page.scheme is None:
        raise NotFound
    what = {"outcomes": page.title, "cycle": page.cycle.name, "type": page.type_label}
    title = _("Regions, %(type)s, %(cycle)s: %(outcomes)s") % what
    columns: list[StrOrPromise] = [_("Region"), _("Counted")]
    for number, benchmark in page.scheme.benchmarks.items():
        named = f"{number}. {benchmark.title}"
        columns += [
            _("%(benchmark)s: average points") % {"benchmark": named},
            _("%(benchmark)s: met or exceeded") % {"benchmark": named},
            _("%(benchmark)s: met, of those counted") % {"benchmark": named},
        ]
    columns += [_("Met or exceeded"), _("Weighted score")]
    every = (page.total, *page.lines)
    rows = [
        [
            line.label,
            line.of,
            *(value for cell in line.cells for value in (cell.points, cell.share or cell.points, cell.counted)),
            line.met,
            line.score,
        ]
        for line in every
    ]
    rules: list[StrOrPromise] = [
        _("Average points and shares are of the outcomes that have a level. What has none counts in neither."),
    ]
    if page.figures is not None:
        rules += [page.figures.share.rule, page.figures.score.rule, page.figures.score.weights]
    rules += _hidden_rules(hides=page.hides, unfinished=page.unfinished, only_agreed=page.only_agreed)
    return View(
        name=NATIONAL,
        title=title,
        rules=tuple(rules),
        tables=(of_rows(_("Regions"), columns, rows),),
        picture=svg(_drawn_regions(page, title), standalone=True, name="regions"),
    )


# --- Tables ----------------------------------------------------------------------------------------------


def _authorities(found: Read, lines: Iterable[Line]) -> Table:
    titles = [f"{number}. {found.scheme.benchmarks[number].title}" for number in found.scale.numbers]
    columns = (
        *(_("Authority"), _("Region"), _("Type"), *titles),
        *(_("Met or exceeded"), _("Counted"), _("Met or exceeded, per cent"), _("Weighted score")),
        _("What the source states of itself"),
    )
    rows: list[list[Value]] = []
    for line in lines:
        if line.absence is None:
            cells: list[Value] = [_said(cell) for cell in line.cells]
        else:
            cells = [absence_words(line.absence, found.choice.judgement)] * len(titles)
        stated = stated_said(*line.row.stated) if line.row.stated else ""
        rows.append([line.row.name, line.row.region, line.row.type, *cells, *_figures(line.figure), stated])
    return of_rows(_("Authorities"), columns, rows)


def _said(cell: Cell) -> StrOrPromise:
    return cell.label if cell.absence is None else CELL_WORDS[cell.absence]


def _figures(figure: Figure) -> tuple[Value, ...]:
    nothing = _("No figure")
    if not figure.counted:
        return figure.met, figure.counted, nothing, nothing
    return figure.met, figure.counted, figure.percent, nothing if figure.score is None else figure.score


def _averages(found: Read, averages: Iterable[tuple[str, Average]]) -> Table:
    titles = [f"{number}. {found.scheme.benchmarks[number].title}" for number in found.scale.numbers]
    columns = (_("Average points of"), _("Counted"), *titles, _("Met or exceeded"), _("Weighted score"))
    rows = [
        [
            label,
            read.counted_said(one.counted, one.counted + one.waiting),
            *(read.average_cell(one.cells[number], one) for number in found.scale.numbers),
            *read.average_words(one),
        ]
        for label, one in averages
    ]
    return of_rows(_("Averages"), columns, rows)


def _benchmarks(found: Read) -> Table:
    rows = [(number, one.title, found.weights.of(number)) for number, one in found.scheme.benchmarks.items()]
    return of_rows(_("Benchmarks"), (_("Number"), _("Benchmark"), _("Weight")), rows)


def _rules(found: Read, averages: Iterable[tuple[str, Average]]) -> tuple[StrOrPromise, ...]:
    rules: list[StrOrPromise] = []
    for name in found.types:
        group = read.group_of(found, name)
        rules.append(f"{name}: {group.share.value} ({group.share.of})")
    if found.types:
        group = read.group_of(found, found.types[0])
        rules += [group.share.rule, group.score.rule, group.score.weights]
    rules += [
        _("Left out of figures: %(why)s.") % {"why": why}
        for why in read.left_out_said(found.rows, found.choice.judgement)
    ]
    rules.append(_("What has no level counts in no figure, and is not zero: each cell says why."))
    shown = [one for _label, one in averages]
    rules += _hidden_rules(
        hides=any(one.hides for one in shown),
        unfinished=any(one.why == Why.UNFINISHED for one in shown),
        only_agreed=any(one.why == Why.NOT_AGREED for one in shown),
    )
    if found.choice.is_narrowed:
        rules.append(_("The list is narrowed; averages are of the whole group."))
    return tuple(rules)


def _hidden_rules(*, hides: bool, unfinished: bool, only_agreed: bool) -> list[StrOrPromise]:
    rules: list[StrOrPromise] = []
    if hides:
        rules.append(_("“Hidden”: the average would tell of single authorities, or help to work one out that would."))
    if unfinished:
        rules.append(_("“Not yet”: not every authority of this type has its agreed record in the cycle."))
    if only_agreed:
        rules.append(_("“Not shown”: of these authorities there are averages of agreed outcomes alone."))
    return rules


# --- Pictures --------------------------------------------------------------------------------------------


def _drawn(found: Read, lines: list[Line], title: str) -> Drawing:
    drawn = lines[:MOST_DRAWN]
    text = _("One line for each authority, one box for each benchmark, with the outcome in words.")
    if len(drawn) < len(lines):
        text += " " + _("Shown are the first %(count)s of %(total)s.") % {"count": len(drawn), "total": len(lines)}
    across = len(found.scale.numbers)
    shapes = [*_heads(title, text, found.scale.numbers)]
    for place, line in enumerate(drawn):
        top = HEAD + place * HIGH
        shapes.append(Words(0, top + 17, _short(line.row.name)))
        if line.absence is not None:
            words = str(absence_words(line.absence, found.choice.judgement))
            shapes += _box(NAMES, top, across * WIDE, "gap", words)
        else:
            for column, cell in enumerate(line.cells):
                looks = cell.standing.value if cell.standing else "gap"
                shapes += _box(NAMES + column * WIDE, top, WIDE, looks, str(_said(cell)))
        score = _("No figure") if line.figure.score is None else str(line.figure.score)
        shapes.append(Words(NAMES + across * WIDE + 10, top + 17, score))
    return Drawing(NAMES + across * WIDE + 100, HEAD + len(drawn) * HIGH + 10, title, text, tuple(shapes))


def _drawn_regions(page: regions.National, title: str) -> Drawing:
    numbers = tuple(page.scheme.benchmarks) if page.scheme else ()
    lines = (*([page.total] if page.total else []), *page.lines)
    text = _("One line for each region, one box for each benchmark, with the average points and the share met.")
    shapes = [*_heads(title, text, numbers)]
    for place, line in enumerate(lines):
        top = HEAD + place * HIGH
        shapes.append(Words(0, top + 17, _short(line.label)))
        for column, cell in enumerate(line.cells):
            # An average has no standing: the higher fifths of the scale are dark, the others light.
            looks = "gap" if not cell.place else "exceeds" if cell.place > 3 else "meets"
            words = f"{cell.points} ({cell.share})" if cell.share else cell.points
            shapes += _box(NAMES + column * WIDE, top, WIDE, looks, words)
        shapes.append(Words(NAMES + len(numbers) * WIDE + 10, top + 17, line.score))
    return Drawing(NAMES + len(numbers) * WIDE + 100, HEAD + len(lines) * HIGH + 10, title, text, tuple(shapes))


def _heads(title: str, text: str, numbers: tuple[int, ...]) -> Iterable[Shape]:
    yield Words(0, 16, title, looks="heading")
    yield Words(0, 36, text, looks="label small")
    for column, number in enumerate(numbers):
        yield Words(NAMES + column * WIDE + WIDE / 2, HEAD - 8, str(number), "middle", "heading")
    yield Words(NAMES + len(numbers) * WIDE + 10, HEAD - 8, _("Score"), looks="heading")


def _box(x: float, y: float, width: float, looks: str, words: str) -> Iterable[Shape]:
    yield Box(x + 1, y + 1, width - 2, HIGH - 2, looks, words)
    light = " light" if looks == "exceeds" else ""
    yield Words(x + width / 2, y + 17, words, "middle", f"label small{light}")


def _short(name: str) -> str:
    """A name that fits in its column."""
    return name if len(name) <= 34 else f"{name[:33]}…"
