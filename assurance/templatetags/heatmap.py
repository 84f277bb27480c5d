"""The rows of the heatmap: ``{% load heatmap %}``. In Python, because a loop in a template costs many times it."""

from __future__ import annotations

from collections.abc import Iterator

from django import template
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django_stubs_ext import StrOrPromise

from assurance.insights.explaining import stated_said
from assurance.insights.heatmap import Absence, Cell
from assurance.queries.addresses import parts
from assurance.queries.heatmap import BY_LEVEL, CELL_WORDS, Heatmap, Read, Shown, absence_words

register = template.Library()


@register.simple_tag
def heat_rows(view: Heatmap) -> SafeString:
    """The authorities of one page: ``{% heat_rows view %}``. All text is escaped here."""
    if view.read is None:
        return SafeString("")
    rows = _Rows(view.read)
    return mark_safe("\n".join(rows.row(one) for one in view.lines))  # noqa: S308 - each text is escaped


@register.simple_tag
def heat_fifth(place: int) -> str:
    """The class of a cell by where its average lies on the scale: 1 to 5, 0 for none."""
    return f"app-heat--{place}" if place else "app-heat--gap"


@register.simple_tag
def heat_legend(read: Read) -> list[tuple[str, StrOrPromise]]:
    """What each shade stands for, as (class, words): ``{% heat_legend read as entries %}``."""
    levels = read.scheme.levels
    cells = [Cell(level.label, level.standing, place) for place, level in enumerate(levels, start=1)]
    by = read.choice.shade
    words = [cell.label if by == BY_LEVEL else cell.standing.label if cell.standing else "" for cell in cells]
    shades = [shade(cell, len(levels), by) for cell in cells]
    return [*dict(zip(shades, words, strict=True)).items(), ("app-heat--gap", _("No level"))]


def shade(cell: Cell, levels: int, by: str) -> str:
    """The class of a cell: one of five shades of one hue, the darker the higher, or that of a gap."""
    if cell.standing is None:
        return "app-heat--gap"
    if by == BY_LEVEL:
        return f"app-heat--{1 + (cell.place - 1) * 4 // max(levels - 1, 1)}"
    return f"app-heat--{1 + 2 * cell.standing.rank}"


class _Rows:
    """Draws rows; what is the same in all of them is made once."""

    def __init__(self, read: Read) -> None:
        self.read = read
        self.shows_region, self.shows_type = len(read.regions) > 1, len(read.types) > 1
        self.absences = {one: escape(absence_words(one, read.choice.judgement)) for one in Absence}
        self.none = escape(_("None"))
        self.met = escape(_("%(met)s of %(counted)s"))
        self.trend = parts("trend")
        hidden = '<span class="govuk-visually-hidden">: %(name)s</span>'
        self.years = f"{escape(_('Over the years')).replace('%', '%%')}{hidden}"
        self.drawn: dict[int, tuple[str, str]] = {}
        """Cells by their id: the scale has one for each level and each gap."""

    def row(self, one: Shown) -> str:
        """One authority."""
        row, figure = one.line.row, one.line.figure
        name = escape(row.name)
        head = f'<a class="govuk-link" href="{one.href}">{name}</a>' if one.href else name
        before, after = self.trend
        years = f'<a class="govuk-link" href="{before}{row.authority}{after}">{self.years % {"name": name}}</a>'
        parts = [
            '<tr class="govuk-table__row"><th scope="row" class="govuk-table__header app-heat__name">'
            f'{head}<span class="app-heat__of">{years}</span></th>'
        ]
        if self.shows_region:
            parts.append(f'<td class="govuk-table__cell">{escape(row.region)}</td>')
        if self.shows_type:
            parts.append(f'<td class="govuk-table__cell">{escape(row.type)}</td>')
        if one.line.absence is not None:
            wide = len(self.read.scale.numbers) + 2
            looks = f"app-heat__absent app-heat__absent--{one.line.absence.value.replace('_', '-')}"
            words = self.absences[one.line.absence]
            parts.append(f'<td class="govuk-table__cell {looks}" colspan="{wide}">{words}</td>')
        else:
            parts += self._cells(one)
            met = self.met % {"met": figure.met, "counted": figure.counted}
            share = f"{met} ({figure.percent}%)" if figure.counted else self.none
            if row.stated is not None:
                share += f'<span class="app-heat__of">{escape(stated_said(*row.stated))}</span>'
            parts.append(self._number(share))
            parts.append(self._number(self.none if figure.score is None else str(figure.score)))
        parts.append("</tr>")
        return "".join(parts)

    def _cells(self, one: Shown) -> Iterator[str]:
        before, found, after = one.cells_at.rpartition("#")
        for number, cell in zip(self.read.scale.numbers, one.line.cells, strict=True):
            opening, words = self.drawn.get(id(cell)) or self._draw(cell)
            if found:
                yield f'{opening}<a class="app-heat__link" href="{before}{number}{after}">{words}</a></td>'
            else:
                yield f"{opening}{words}</td>"

    def _draw(self, cell: Cell) -> tuple[str, str]:
        words = cell.label if cell.absence is None else CELL_WORDS[cell.absence]
        looks = shade(cell, self.read.scale.levels, self.read.choice.shade)
        kind = f" app-heat--{cell.absence.value.replace('_', '-')}" if cell.absence else ""
        found = f'<td class="govuk-table__cell app-heat__cell {looks}{kind}">', escape(words)
        self.drawn[id(cell)] = found
        return found

    def _number(self, words: str) -> str:
        return f'<td class="govuk-table__cell govuk-table__cell--numeric">{words}</td>'
