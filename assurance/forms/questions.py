"""Both sides of the round of questions: what the adviser asks, and what the authority answers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from assurance import text
from assurance.actions.questions import MOST_AT_ONCE, NewQuestion, QuestionReply
from assurance.forms.govuk import Button, CleanTextField, DateField, GovukForm, Look, VersionField
from assurance.queries.questions import Earlier, QuestionLine
from benchmarks.catalogue import BenchmarkText

PLACES = 3
"""Empty questions on a page that nobody came to with one in mind."""


class QuestionsForm(GovukForm):
    """Every open question with its answer; each can wait until all of them are sent."""

    buttons = (
        Button(gettext_lazy("Save and send to the adviser"), name="then", value="send"),
        Button(gettext_lazy("Save"), kind="secondary"),
    )

    def __init__(self, *args: Any, ids: Sequence[int], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.ids = ids
        for number, pk in enumerate(self.ids, start=1):
            label = _("Your answer to question %(number)s") if len(self.ids) > 1 else _("Your answer")
            self.fields[f"answer_{pk}"] = CleanTextField(
                label=label % {"number": number},
                multiline=True,
                required=False,
                addresses=True,
                max_length=text.LETTER_TEXT,
            )
            self.looks[f"answer_{pk}"] = Look(size="s", rows=6)
            self.fields[f"version_{pk}"] = VersionField()

    def replies(self) -> dict[int, QuestionReply]:
        """What was answered, by the id of the question, for the action."""
        return {
            pk: QuestionReply(version=self.cleaned_data[f"version_{pk}"], answer=self.cleaned_data[f"answer_{pk}"])
            for pk in self.ids
        }

    @staticmethod
    def values(lines: Sequence[QuestionLine]) -> dict[str, Any]:
        """Initial values from what stands."""
        initial: dict[str, Any] = {}
        for line in lines:
            initial |= {
                f"answer_{line.question.pk}": line.answer,
                f"version_{line.question.pk}": line.question.version,
            }
        return initial


class AskForm(GovukForm):
    """Questions to the authority, each with a date, on a benchmark or on none. Empty ones are left out.

    Args:
        earlier: questions that one of these can go on from.
        places: how many there are room for at least; a form that was posted has as many as it had.
        more: whether to make room for one more than was posted.
    """

    def __init__(
        self,
        *args: Any,
        benchmarks: Sequence[BenchmarkText],
        earlier: Sequence[Earlier] = (),
        places: int = PLACES,
        more: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        posted = sum(name.startswith("question_") for name in self.data)
        self.places = min(max(places, posted) + more, MOST_AT_ONCE)
        self.earlier = earlier
        on = {one.number: one for one in (*benchmarks, *(one.benchmark for one in earlier if one.benchmark))}
        self.choices = [("", _("No benchmark in particular"))]
        self.choices += [(str(number), f"{number}. {on[number].title}") for number in sorted(on)]
        self.fields["version"] = VersionField()
        for index in range(self.places):
            self._add_place(index)
        self.buttons = (Button(_("Send the questions")), *self._more())

    def _more(self) -> Sequence[Button]:
        if self.places == MOST_AT_ONCE:
            return ()
        # The page that comes back begins where the new question is.
        to = {"formaction": f"#question-{self.places + 1}"}
        return (Button(_("Add another question"), name="then", value="more", kind="secondary", attributes=to),)

    def _add_place(self, index: int) -> None:
        self.fields[f"question_{index}"] = CleanTextField(
            label=_("Question"), multiline=True, required=False, max_length=text.LETTER_TEXT
        )
        self.looks[f"question_{index}"] = Look(rows=3)
        self.fields[f"number_{index}"] = forms.ChoiceField(label=_("Benchmark"), choices=self.choices, required=False)
        if self.earlier:
            choices = [("", _("A new question")), *((str(one.id), one.label) for one in self.earlier)]
            self.fields[f"follows_{index}"] = forms.ChoiceField(
                label=_("Goes on from"),
                help_text=_("A question that was asked before. The two are then read as one conversation."),
                choices=choices,
                required=False,
            )
        self.fields[f"due_{index}"] = DateField(label=_("Answer needed by"), required=False)
        self.fields[f"evidence_{index}"] = forms.BooleanField(
            label=_("Ask for a file or a link as well"), required=False
        )

    def places_shown(self) -> list[dict[str, Any]]:
        """The fields of each question, for the page that draws them one under the other."""
        return [
            {"number": index + 1, "fields": [self[name] for name in self.fields if name.endswith(f"_{index}")]}
            for index in range(self.places)
        ]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        for index in range(self.places):
            due = f"due_{index}"
            if cleaned.get(f"question_{index}") and not cleaned.get(due) and due not in self.errors:
                self.add_error(due, _("Enter the date by which you need the answer"))
        return cleaned

    def asked(self) -> dict[int, NewQuestion]:
        """The questions that were asked, by their place on the page."""
        found = {}
        for index in range(self.places):
            if wording := self.cleaned_data[f"question_{index}"]:
                found[index] = NewQuestion(
                    wording,
                    self.cleaned_data[f"due_{index}"],
                    number=int(self.cleaned_data[f"number_{index}"] or 0) or None,
                    wants_evidence=self.cleaned_data[f"evidence_{index}"],
                    follows=int(self.cleaned_data.get(f"follows_{index}") or 0) or None,
                )
        return found

    @staticmethod
    def values(
        *, version: int, due: date, places: int, benchmark: int | None = None, follows: int | None = None
    ) -> dict[str, Any]:
        """Initial values: the offered date everywhere, and in the first place what the person came with."""
        initial: dict[str, Any] = {"version": version}
        for index in range(places):
            initial[f"due_{index}"] = due
            initial[f"number_{index}"] = str(benchmark or "")
        initial["follows_0"] = str(follows or "")
        return initial
