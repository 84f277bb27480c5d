"""A region pack on slides: by the measures and with the tables of a board pack."""

from __future__ import annotations

from collections.abc import Iterator

from letters.board import layout
from letters.board.content import Section
from letters.board.layout import MOST_BARS, ROOM, SMALL, TEXT, Bars, Deck, Paragraph, Slide, gridded, texts, titled
from letters.region_pack.content import Chart, Grid, RegionPack


def deck(pack: RegionPack) -> Deck:
    """The whole pack as slides."""
    return Deck(
        slides=tuple(_slides(pack)),
        title=pack.title,
        owner=pack.region,
        language=pack.language,
        date=pack.date,
        marking=pack.marking,
        foot=pack.foot,
        page=pack.page,
    )


def _slides(pack: RegionPack) -> Iterator[Slide]:
    cover = [Paragraph(pack.region, 28, bold=True, after=16), *(Paragraph(line, TEXT) for line in pack.cover)]
    yield Slide(pack.title, tuple(cover), is_cover=True)
    for part in pack.parts:
        yield from titled(pack.continued, part.heading, _drawn(part))


def _drawn(part: Grid | Chart | Section) -> list[Slide]:
    if isinstance(part, Section):
        return texts(part)
    return _charts(part) if isinstance(part, Chart) else _grid(part)


def _grid(grid: Grid) -> list[Slide]:
    drawn = layout.Grid(
        tuple(grid.columns),
        tuple(map(tuple, grid.rows)),
        tuple(share * ROOM for share in grid.shares),
        grid.heading,
        numeric=grid.is_numeric,
        size=grid.size,
        tones=tuple(map(tuple, grid.tones)),
    )
    return gridded(_lede(grid), drawn)


def _charts(chart: Chart) -> list[Slide]:
    """So many categories on each slide that none has more bars than can be read."""
    most = MOST_BARS // len(chart.series)
    longest = chart.most or max((value for one in chart.series for value in one.values if value is not None), default=0)
    slides = []
    for start in range(0, len(chart.categories), most):
        bars = Bars(
            tuple(chart.categories[start : start + most]),
            tuple((one.name, one.tone, tuple(one.values[start : start + most])) for one in chart.series),
            chart.description,
            is_stacked=False,
            number_format=chart.number_format,
            # The same on each slide, so that bars of two slides can be compared.
            most=longest or None,
        )
        slides.append(Slide("", () if start else _lede(chart), bars=bars))
    return slides


def _lede(part: Grid | Chart) -> tuple[Paragraph, ...]:
    return tuple(Paragraph(line, SMALL) for line in part.lede)
