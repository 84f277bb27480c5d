"""What is filled in about warnings and second readings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.forms.boundfield import BoundField
from django.utils.translation import gettext as _

from assurance import text
from assurance.actions.quality import Overruling
from assurance.forms.govuk import CleanTextField, GovukForm, Look
from assurance.queries.quality import Warned
from benchmarks.catalogue import BenchmarkText

REASON = "reason_"
"""What the name of a reason begins with; the rest is the key of its warning."""


@dataclass(frozen=True)
class Part:
    """One open warning with the field for the reason why it does not hold."""

    warning: Warned
    reason: BoundField


class OverruleForm(GovukForm):
    """A reason for each warning that does not hold; empty leaves the warning as it is."""

    def __init__(
        self,
        *args: Any,
        groups: Sequence[tuple[BenchmarkText | None, Sequence[Warned]]],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.groups = groups
        for _benchmark, warnings in groups:
            for warning in warnings:
                name = f"{REASON}{warning.key}"
                self.fields[name] = CleanTextField(
                    label=_("Why this does not hold: %(about)s") % {"about": warning.about},
                    multiline=True,
                    addresses=True,
                    required=False,
                    max_length=text.REASON,
                )
                self.looks[name] = Look(rows=2)

    @property
    def parts(self) -> Iterator[tuple[BenchmarkText | None, list[Part]]]:
        """Every warning with its field, by benchmark."""
        for benchmark, warnings in self.groups:
            yield benchmark, [Part(one, self[f"{REASON}{one.key}"]) for one in warnings]

    def overrulings(self) -> list[Overruling]:
        """Those warnings for which a reason was given."""
        return [
            Overruling(
                code=one.finding.code,
                subject=one.finding.subject,
                digest=one.finding.digest,
                reason=reason,
                field=f"{REASON}{one.key}",
            )
            for _benchmark, warnings in self.groups
            for one in warnings
            if (reason := self.cleaned_data[f"{REASON}{one.key}"])
        ]
