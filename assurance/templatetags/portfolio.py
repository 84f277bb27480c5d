"""The rows of the portfolio: ``{% load portfolio %}``. In Python, because a loop in a template costs many times it."""

from __future__ import annotations

from functools import cached_property

from django import template
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from assurance.queries.portfolio import Line, Portfolio
from assurance.templatetags.assurance import state_tag
from assurance.templatetags.govuk import tag

register = template.Library()


@register.simple_tag
def portfolio_rows(view: Portfolio) -> SafeString:
    """The assessments as rows of the table: ``{% portfolio_rows view %}``. All text is escaped here."""
    rows = _Rows(view)
    return mark_safe("\n".join(rows.row(line) for line in view.lines))  # noqa: S308 - each text is escaped


class _Rows:
    """Draws rows; what is the same in all of them is made once."""

    def __init__(self, view: Portfolio) -> None:
        self.view = view
        self.states: dict[str, str] = {}
        labels = (_("Cycle"), _("Status"), _("Waits for"), _("Questions"), _("Deadline"), _("Letter"), _("Adviser"))
        cell = '<td class="govuk-table__cell" data-label="{}">'
        self.cycle, self.state, self.waits, self.questions, self.due, self.letter, self.adviser = (
            cell.format(escape(label)) for label in labels
        )
        self.days = (
            f'<td class="govuk-table__cell govuk-table__cell--numeric" data-label="{escape(_("Days waiting"))}">'
        )
        self.nobody = escape(_("None"))

    @cached_property
    def overdue(self) -> str:
        """The tag of what is late."""
        return f" {tag(_('Overdue'), 'red')}"

    def row(self, line: Line) -> str:
        """One assessment."""
        if line.state not in self.states:
            self.states[line.state] = state_tag(line.state)
        name = escape(line.name)
        parts = [
            '<tr class="govuk-table__row"><th scope="row" class="govuk-table__header">'
            f'<a class="govuk-link" href="{line.href}">{name}</a>{self._hint(line.cover, "<br>")}</th>'
        ]
        if self.view.shows_cycle:
            parts.append(f"{self.cycle}{escape(line.cycle)}</td>")
        parts.append(f"{self.state}{self.states[line.state]}{self._hint(line.progress, '<br>')}</td>")
        if line.step:
            hidden = f'<span class="govuk-visually-hidden">: {name}</span>'
            parts.append(
                f'{self.waits}<a class="govuk-link" href="{line.step_href}">{escape(line.step)}{hidden}</a></td>'
            )
        else:
            parts.append(f"{self.waits}{escape(line.waits)}</td>")
        parts.append(f"{self.days}{line.days}</td>")
        parts.append(self._cell(self.questions, line.questions, line.questions_overdue))
        parts.append(self._cell(self.due, line.due, line.overdue and not line.questions_overdue))
        parts.append(self._cell(self.letter, line.letter))
        if self.view.shows_adviser:
            parts.append(f"{self.adviser}{escape(line.advisers) if line.advisers else self.nobody}</td>")
        parts.append("</tr>")
        return "".join(parts)

    def _hint(self, text: str, before: str) -> str:
        return f'{before}<span class="govuk-hint app-small">{escape(text)}</span>' if text else ""

    def _cell(self, opening: str, text: str, late: bool = False) -> str:
        # Without a label where there is nothing, so that a narrow screen leaves the cell out.
        if not text:
            return '<td class="govuk-table__cell"></td>'
        return f"{opening}{escape(text)}{self.overdue if late else ''}</td>"
