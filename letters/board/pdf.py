"""The PDF twin of the slides: the same text on the same pages, tagged, by the engine that sets the letters."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from letters.board.content import BoardContent, Tone
from letters.board.layout import Bars, Deck, Grid, Paragraph, Slide, whole
from letters.pdf.engine import Rendered, render_page
from letters.pdf.faults import LetterDefective
from letters.pdf.submission import Typed

FOLDER = "letters/board"
MOST_SLIDES = 150
"""More than a letter of the greatest length fills. Each costs a tenth of a second at most."""


@dataclass(frozen=True)
class Bar:
    """A part of a bar, as long as its share of the longest bar in per cent. It is drawn and not read out."""

    tone: Tone
    share: str


@dataclass(frozen=True)
class Page:
    """A slide as the template draws it: runs of entries together, each as one list."""

    slide: Slide
    number: int
    runs: tuple[tuple[bool, tuple[Paragraph, ...]], ...]
    bars: tuple[tuple[str, tuple[Bar, ...]], ...] = ()
    key: tuple[tuple[Tone, str], ...] = ()

    @property
    def grid(self) -> Grid | None:
        """Its table."""
        return self.slide.grid

    @property
    def rows(self) -> list[list[tuple[str, Tone | None]]]:
        """Of its table, each cell with its shade."""
        return [list(zip(row, tones, strict=True)) for row, tones in self.grid.shaded()] if self.grid else []


def render_board(content: BoardContent) -> Rendered:
    """Set a board pack. The same content gives the same bytes on every machine.

    Raises:
        LetterDefective: there is more text than a committee could read, or the file failed the gate.
        FontsUnavailable: the pinned fonts are not there.
    """
    typed = Typed()
    settable = BoardContent.model_validate(typed.settable(content.model_dump(mode="json")))
    return render_deck(whole(settable), identifier=content.digest())


def render_deck(deck: Deck, *, identifier: str) -> Rendered:
    """Set slides as pages, as :func:`render_board`. Every text in them must be settable.

    Args:
        identifier: the same for the same content.
    """
    slides = deck.slides
    if len(slides) > MOST_SLIDES:
        raise LetterDefective([f"There are {len(slides)} slides; the most that can be set is {MOST_SLIDES}."])
    values = {
        "deck": deck,
        "pages": list(_pages(slides)),
        "page_text": re.split(r"\{pages?\}", deck.page),
    }
    tables = sum(slide.grid is not None for slide in slides)
    return render_page("pages.html", values, identifier=identifier, tables=tables, folder=FOLDER, sheet="board.css")


def _pages(slides: tuple[Slide, ...]) -> Iterator[Page]:
    for number, slide in enumerate(slides, start=1):
        runs = tuple((bullet, tuple(run)) for bullet, run in groupby(slide.paragraphs, key=lambda one: one.bullet))
        if slide.bars is None:
            yield Page(slide, number, runs)
        else:
            key = tuple((tone, name) for name, tone, _values in slide.bars.series)
            yield Page(slide, number, runs, tuple(_bars(slide.bars)), key)


def _bars(bars: Bars) -> Iterator[tuple[str, tuple[Bar, ...]]]:
    """Each category with its parts; hidden ones leave none."""
    shown = [
        [(tone, values[place] or 0) for _name, tone, values in bars.series] for place in range(len(bars.categories))
    ]
    if not bars.is_stacked:
        yield from _beside(bars, shown)
        return
    longest = bars.most or max((sum(count for _tone, count in parts) for parts in shown), default=0) or 1
    for category, parts in zip(bars.categories, shown, strict=True):
        # A little less than all of it: parts that add up to more than the whole would begin a new line.
        yield category, tuple(Bar(tone, f"{99.9 * count / longest:.2f}") for tone, count in parts if count)


def _beside(bars: Bars, shown: list[list[tuple[Tone, float]]]) -> Iterator[tuple[str, tuple[Bar, ...]]]:
    """Each value in a row of its own, which names its category; and which of several values it is."""
    longest = bars.most or max((value for parts in shown for _tone, value in parts), default=0) or 1
    names = [name for name, _tone, _values in bars.series]
    for place, (category, parts) in enumerate(zip(bars.categories, shown, strict=True)):
        for name, (tone, value), (_name, _tone, values) in zip(names, parts, bars.series, strict=True):
            label = category if len(names) == 1 else f"{category}, {name}"
            if values[place] is None:
                yield label, ()
            else:
                yield f"{label}: {_number(value, bars.number_format)}", (Bar(tone, f"{99.9 * value / longest:.2f}"),)


def _number(value: float, form: str) -> str:
    """A number in the words of spreadsheets: digits after the point, and what stands behind it in quotation marks."""
    digits, _quote, ending = form.replace('"', "|", 1).rstrip('"').partition("|")
    return f"{value:.{len(digits.partition('.')[2])}f}{ending}"
