"""What an authority says of proposed outcomes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from assurance import text
from assurance.actions.agreement import Choice
from assurance.forms.govuk import Button, CleanTextField, GovukForm, Look, VersionField
from assurance.queries.proposal import ProposalPage

ACCEPT = "accept"
DISPUTE = "dispute"
CHOICES = ((ACCEPT, gettext_lazy("Accept")), (DISPUTE, gettext_lazy("Dispute")))

SEND = Button(gettext_lazy("Send your response"), name="do", value="send")
SAVE = Button(gettext_lazy("Save and decide later"), name="do", value="save", kind="secondary")
ACCEPT_ALL = Button(gettext_lazy("Accept all outcomes"), name="do", value="accept")

Doing = Literal["save", "send", "accept"]


class ProposalForm(GovukForm):
    """For each proposed outcome accept or dispute with a reason, and a note to go with the whole.

    Args:
        numbers: of the benchmarks.
        doing: what the person is about: saving, sending what they chose, or accepting everything.
    """

    def __init__(self, *args: Any, numbers: Sequence[int], doing: Doing = "save", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.numbers = numbers
        self.doing = doing
        self.fields["note"] = CleanTextField(
            label=_("Note to the Home Office"),
            help_text=_("It is shown with your response to everybody who reads the record."),
            multiline=True,
            required=False,
            addresses=True,
            max_length=text.REASON,
        )
        self.looks["note"] = Look(size="s", rows=3)
        for number in numbers:
            choice, reason = f"choice_{number}", f"reason_{number}"
            self.fields[choice] = forms.ChoiceField(
                label=_("Your response to benchmark %(number)s") % {"number": number},
                choices=CHOICES,
                widget=forms.RadioSelect,
                required=False,
            )
            self.fields[reason] = CleanTextField(
                label=_("Why you dispute it"), multiline=True, required=False, max_length=text.LETTER_TEXT
            )
            self.looks[choice] = Look(size="s", small=True, reveals={DISPUTE: (reason,)})
            self.looks[reason] = Look(rows=4)
            self.fields[f"version_{number}"] = VersionField()
        self.fields["version"] = VersionField()

    def _forget_unchosen(self, name: str, look: Look) -> None:
        # What was typed before somebody chose otherwise is kept; only its errors are none while it is not sent.
        (reason,) = look.reveals[DISPUTE]
        if self.cleaned_data.get(name) != DISPUTE and reason in self.errors:
            del self.errors[reason]
            self.cleaned_data[reason] = ""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        for number in self.numbers:
            chosen, reason = cleaned.get(f"choice_{number}"), cleaned.get(f"reason_{number}")
            named = {"number": number}
            if self.doing == "accept" and chosen == DISPUTE:
                message = _("Benchmark %(number)s is set to “Dispute”. Choose “Accept” there, or send your response")
                self.add_error(f"choice_{number}", message % named)
            elif self.doing == "send" and not chosen:
                message = _("Choose whether you accept or dispute benchmark %(number)s")
                self.add_error(f"choice_{number}", message % named)
            elif self.doing == "save" and not chosen and reason:
                message = _("Choose “Dispute” on benchmark %(number)s to keep your reason, or “Accept”")
                self.add_error(f"choice_{number}", message % named)
            elif self.doing == "send" and chosen == DISPUTE and not reason and f"reason_{number}" not in self.errors:
                message = _("Enter the reason why you dispute benchmark %(number)s")
                self.add_error(f"reason_{number}", message % named)
        return cleaned

    def choices(self) -> dict[int, Choice]:
        """What was chosen, by benchmark number, for the action."""
        return {
            number: Choice(
                version=self.cleaned_data[f"version_{number}"],
                accepts=self._accepts(self.cleaned_data[f"choice_{number}"]),
                reason=self.cleaned_data[f"reason_{number}"],
            )
            for number in self.numbers
        }

    def _accepts(self, chosen: str) -> bool | None:
        if chosen:
            return chosen == ACCEPT
        return True if self.doing == "accept" else None

    @staticmethod
    def values(page: ProposalPage) -> dict[str, Any]:
        """Initial values: what is prepared, and accepted where the outcome is the authority's own."""
        initial: dict[str, Any] = {"version": page.assessment.version}
        for line in page.lines:
            number = line.benchmark.number
            prepared = page.prepared.get(number)
            choice = "" if line.differs else ACCEPT
            if prepared and not prepared.accepts:
                choice = DISPUTE
            elif prepared:
                choice = ACCEPT
            initial |= {
                f"choice_{number}": choice,
                f"reason_{number}": prepared.reason if prepared else "",
                f"version_{number}": prepared.version if prepared else 0,
            }
        return initial
