"""The format of a case: one authority's finished assessment of an earlier year."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    StringConstraints,
    field_validator,
    model_serializer,
)

from assurance import text


def _printable(value: str) -> str:
    cleaned = text.clean(value)
    if found := text.problems(cleaned):
        raise ValueError(found[0])
    return cleaned


Text = Annotated[str, AfterValidator(_printable)]
ShortText = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200), AfterValidator(_printable)]


class Part(BaseModel):
    """A part of a case: unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", coerce_numbers_to_str=True)


class AuthorityPart(Part):
    """Which authority, found by its code."""

    name: ShortText
    gss: ShortText


class CyclePart(Part):
    """Which cycle, on which scheme."""

    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=40)]
    scheme: ShortText


class PersonPart(Part):
    """Somebody named in the letter."""

    name: ShortText
    title: ShortText = ""
    unit: ShortText = ""
    organisation: ShortText = ""
    address: list[ShortText] = []
    email: ShortText = ""


class LetterPart(Part):
    """What the letter says besides the outcomes."""

    date: date
    addressee: PersonPart
    cc: list[ShortText] = []
    salutation: ShortText
    signatory: PersonPart
    thanks: list[ShortText] = []
    summary: Text = ""


class RecommendationPart(Part):
    """A recommendation, the benchmarks that it touches, and whose it was to be and by when, if that is known."""

    text: Text
    heading: ShortText = ""
    benchmarks: list[int] = []
    owners: list[ShortText] = []
    due: date | None = None

    @model_serializer(mode="wrap")
    def _without_what_is_not_known(self, serialize: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """A file that names neither owners nor date is the same file as before there were any."""
        plain: dict[str, Any] = serialize(self)
        return {key: value for key, value in plain.items() if value or key not in ("owners", "due")}


class OutcomePart(Part):
    """What was agreed on one benchmark, by level name or ``N/A``."""

    benchmark: int
    agreed: ShortText
    summary: Text = ""
    adviser_comments: Text = ""


class CaseFile(Part):
    """A whole case. Benchmarks that it does not name stay unknown."""

    format: Literal["assurance-case/1"]
    authority: AuthorityPart
    cycle: CyclePart
    letter: LetterPart | None = None
    strengths: list[Text] = []
    recommendations: list[RecommendationPart] = []
    outcomes: list[OutcomePart] = Field(min_length=1)

    @field_validator("outcomes")
    @classmethod
    def _each_benchmark_once(cls, outcomes: list[OutcomePart]) -> list[OutcomePart]:
        numbers = [one.benchmark for one in outcomes]
        if repeated := sorted({number for number in numbers if numbers.count(number) > 1}):
            raise ValueError(f"benchmark {', '.join(map(str, repeated))} stands twice")
        return outcomes
