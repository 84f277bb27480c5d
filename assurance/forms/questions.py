"""What an authority answers when the adviser has asked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from assurance import text
from assurance.actions.answers import QuestionReply
from assurance.forms.govuk import Button, CleanTextField, GovukForm, Look, VersionField
from assurance.queries.questions import QuestionLine


class QuestionsForm(GovukForm):
    """Every question with its answer; each can wait until all of them are sent."""

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
