"""A picture as shapes with words: one form for the page, for SVG in papers, and for what is made of that. Pure.

A drawing says everything in shape and word, so that it works without colour; the table beside it says the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr


@dataclass(frozen=True)
class Box:
    """A rectangle. ``looks`` is a class of the stylesheet, such as "meets" or "bar"; ``title`` what it says."""

    x: float
    y: float
    width: float
    height: float
    looks: str
    title: str = ""


@dataclass(frozen=True)
class Stroke:
    """A line through points. A gap is two strokes."""

    points: tuple[tuple[float, float], ...]
    looks: str


@dataclass(frozen=True)
class Dot:
    """A mark at a place. ``looks`` gives its form as well as its colour."""

    x: float
    y: float
    looks: str
    title: str = ""


@dataclass(frozen=True)
class Words:
    """A text. ``anchor`` is start, middle or end."""

    x: float
    y: float
    text: str
    anchor: str = "start"
    looks: str = "label"


Shape = Box | Stroke | Dot | Words


@dataclass(frozen=True)
class Drawing:
    """A picture of this size, in units of a pixel at its natural size. ``title`` and ``text`` say what it shows."""

    width: float
    height: float
    title: str
    text: str
    shapes: tuple[Shape, ...]


STYLE = """
text{font-family:Inter,Arial,sans-serif;font-size:14px;fill:#0b0c0c}
.heading{font-weight:bold}.small{font-size:12px}.light{fill:#ffffff}
.axis{stroke:#505a5f;stroke-width:1;fill:none}.grid{stroke:#b1b4b6;stroke-width:1;fill:none}
.break{stroke:#0b0c0c;stroke-width:1;stroke-dasharray:5 4;fill:none}
.line{stroke:#12436d;stroke-width:3;fill:none}.estimate{stroke:#12436d;stroke-width:2;stroke-dasharray:2 4;fill:none}
.bar{fill:#12436d}.before{fill:#8eb8dc}.below{fill:#f0c6bd}.meets{fill:#b8d4ea}.exceeds{fill:#12436d}
.gap{fill:#ffffff;stroke:#505a5f;stroke-dasharray:3 2}.dot{fill:#12436d}
.ring{fill:#ffffff;stroke:#12436d;stroke-width:2}
"""
"""How shapes look where there is no stylesheet of a page. The page's own (app.css) says the same."""


def svg(drawing: Drawing, *, standalone: bool = False, name: str = "drawing") -> str:
    """The drawing as SVG: to stand in a page, or as a document of its own with its style.

    Args:
        name: begins the ids of its title and its text, which are to be its own in the page.
    """
    style = f"<style>{STYLE}</style>" if standalone else ""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="app-drawing" '
        f'width="{_n(drawing.width)}" height="{_n(drawing.height)}" '
        f'viewBox="0 0 {_n(drawing.width)} {_n(drawing.height)}" role="img" '
        f'aria-labelledby="{name}-title {name}-text">'
        f'<title id="{name}-title">{escape(drawing.title)}</title><desc id="{name}-text">{escape(drawing.text)}</desc>'
        f"{style}{''.join(map(_shape, drawing.shapes))}</svg>"
    )


def _shape(shape: Shape) -> str:
    looks = quoteattr(shape.looks)
    if isinstance(shape, Words):
        anchor = "" if shape.anchor == "start" else f' text-anchor="{shape.anchor}"'
        return f'<text x="{_n(shape.x)}" y="{_n(shape.y)}" class={looks}{anchor}>{escape(shape.text)}</text>'
    if isinstance(shape, Stroke):
        points = " ".join(f"{_n(x)},{_n(y)}" for x, y in shape.points)
        return f'<polyline points="{points}" class={looks}/>'
    title = f"<title>{escape(shape.title)}</title>" if shape.title else ""
    if isinstance(shape, Dot):
        return f'<circle cx="{_n(shape.x)}" cy="{_n(shape.y)}" r="5" class={looks}>{title}</circle>'
    box = f'x="{_n(shape.x)}" y="{_n(shape.y)}" width="{_n(shape.width)}" height="{_n(shape.height)}"'
    return f"<rect {box} class={looks}>{title}</rect>"


def _n(number: float) -> str:
    """A number with at most one decimal."""
    return f"{number:.1f}".removesuffix(".0")
