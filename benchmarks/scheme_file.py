"""The format of a scheme file and of a crosswalk file, with every rule that can be checked without a database."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

from benchmarks.vocabulary import Judgement, Relevance, Standing

_UNSEEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


def _seen(text: str) -> str:
    if _UNSEEN.search(text):
        raise ValueError("holds a character that cannot be kept or printed")
    return text


Seen = AfterValidator(_seen)
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4000), Seen]
ShortText = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200), Seen]
Code = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]*$", max_length=40)]


class Part(BaseModel):
    """A part of a file: unknown keys are refused, so that a slip of the pen is not lost without a word."""

    model_config = ConfigDict(extra="forbid", coerce_numbers_to_str=True)


class CriterionPart(Part):
    """One criterion or descriptor, with its sub-points in order."""

    text: Text
    sub: list[Text] = []


class LevelPart(Part):
    """One level of the scale, from the lowest to the highest."""

    code: Code
    label: ShortText
    points: int = Field(ge=0, le=100)
    standing: Standing
    builds_on: Code | None = None
    aliases: list[ShortText] = []


class BenchmarkPart(Part):
    """One benchmark with its criteria by level code."""

    number: int = Field(ge=1, le=99)
    title: ShortText
    statement: Text
    guidance: Annotated[str, StringConstraints(strip_whitespace=True, max_length=4000), Seen] = ""
    scored: bool
    unscored_note: Annotated[str, StringConstraints(strip_whitespace=True, max_length=1000), Seen] = ""
    relevance: Relevance = Relevance.MEDIUM
    weight: Decimal = Field(default=Decimal(1), gt=0, le=100, max_digits=5, decimal_places=2)
    criteria: dict[str, list[CriterionPart]] = {}

    @model_validator(mode="after")
    def _says_why_it_is_not_scored(self) -> BenchmarkPart:
        if not self.scored and not self.unscored_note:
            raise ValueError(f"benchmark {self.number} is not scored and has no unscored_note to say why")
        return self


class SchemeFile(Part):
    """A version of a scheme: its scale and its benchmarks, as ``load_scheme`` takes it."""

    code: Code
    version: ShortText
    name: ShortText
    source: Annotated[str, StringConstraints(strip_whitespace=True, max_length=500), Seen] = ""
    weights_note: Annotated[str, StringConstraints(strip_whitespace=True, max_length=500), Seen] = ""
    scale: list[LevelPart] = Field(min_length=2)
    judgement: Judgement
    max_recommendations: int | None = Field(default=None, ge=1, le=50)
    benchmarks: list[BenchmarkPart] = Field(min_length=1)

    @field_validator("scale")
    @classmethod
    def _scale_is_whole(cls, scale: list[LevelPart]) -> list[LevelPart]:
        codes = [level.code for level in scale]
        if repeated := sorted({code for code in codes if codes.count(code) > 1}):
            raise ValueError(f"level {', '.join(repeated)} stands twice in the scale")
        if missing := [standing.value for standing in Standing if standing not in {lv.standing for lv in scale}]:
            raise ValueError(f"the scale has no level for standing {', '.join(missing)}")
        ranks = [level.standing.rank for level in scale]
        if ranks != sorted(ranks):
            raise ValueError("the scale must run from the lowest standing to the highest")
        points = [level.points for level in scale]
        if points != sorted(set(points)):
            raise ValueError("points must rise from each level to the next")
        for index, level in enumerate(scale):
            if level.builds_on is not None and level.builds_on not in codes[:index]:
                raise ValueError(f"level {level.code} builds on {level.builds_on}, which is no lower level")
        return scale

    @field_validator("benchmarks")
    @classmethod
    def _numbers_are_unique(cls, benchmarks: list[BenchmarkPart]) -> list[BenchmarkPart]:
        numbers = [benchmark.number for benchmark in benchmarks]
        if repeated := sorted({number for number in numbers if numbers.count(number) > 1}):
            raise ValueError(f"benchmark {', '.join(map(str, repeated))} stands twice")
        return benchmarks

    @model_validator(mode="after")
    def _criteria_fit_the_scale(self) -> SchemeFile:
        codes = [level.code for level in self.scale]
        faults = []
        for benchmark in self.benchmarks:
            for code in benchmark.criteria:
                if code not in codes:
                    faults.append(f"benchmark {benchmark.number} has criteria under {code}, which is no level")
            if not benchmark.scored and not benchmark.criteria:
                continue
            for code in codes:
                if not benchmark.criteria.get(code):
                    faults.append(f"benchmark {benchmark.number} has no criteria for level {code}")
                elif self.judgement == Judgement.BEST_FIT and len(benchmark.criteria[code]) != 1:
                    faults.append(f"benchmark {benchmark.number}, level {code}: best fit needs one descriptor")
        if faults:
            raise ValueError("; ".join(faults))
        return self


class CrosswalkPart(Part):
    """One benchmark of the older scheme and the benchmark of the newer one that it flows into."""

    from_number: int = Field(alias="from", ge=1)
    to_number: int = Field(alias="to", ge=1)


class CrosswalkFile(Part):
    """How the benchmarks of one scheme are read in another: many to one."""

    format: Literal["crosswalk/1"]
    from_scheme: Code = Field(alias="from")
    to_scheme: Code = Field(alias="to")
    note: Text
    map: list[CrosswalkPart] = Field(min_length=1)

    @field_validator("map")
    @classmethod
    def _each_goes_to_one(cls, rows: list[CrosswalkPart]) -> list[CrosswalkPart]:
        numbers = [row.from_number for row in rows]
        if repeated := sorted({number for number in numbers if numbers.count(number) > 1}):
            raise ValueError(f"benchmark {', '.join(map(str, repeated))} is mapped twice")
        return rows
