"""The format of the demonstration world: invented authorities, people and texts to try the service out with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from django.conf import settings
from pydantic import BaseModel, ConfigDict, Field, model_validator

from assurance.vocabulary import AUTHORITY_ROLES, NATIONAL_ROLES, PORTFOLIO_ROLES, REGION_ROLES, Answer, Role
from benchmarks.catalogue import SchemeText
from benchmarks.files import Problem, Refused, Source, open_source, validate

DEMO_FILE = Path(settings.BASE_DIR) / "fixtures" / "demo.yaml"
PAST_GAPS = {"n": Answer.NOT_APPLICABLE, "?": Answer.UNKNOWN}
DEMO_PASSWORD = "prevent-demo-2025"  # noqa: S105 - announced on purpose, and never loaded in production


class Part(BaseModel):
    """A part of the file: unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", coerce_numbers_to_str=True)


class ProgrammePart(Part):
    """The programme of its own that keeps the demonstration apart from the record."""

    name: str
    code: str


class AuthorityPart(Part):
    """An invented authority, by the columns of an authorities file."""

    gss_code: str
    name: str
    short_name: str
    type: str
    nation: str
    region: str


class PartnershipPart(Part):
    """Authorities that run Prevent together, by code."""

    name: str
    authorities: list[str] = Field(min_length=2)


class MembershipPart(Part):
    """A role and where it holds."""

    role: Role
    authority: str = ""
    region: str = ""
    national: bool = False

    @model_validator(mode="after")
    def _place_fits_role(self) -> MembershipPart:
        wanted = (
            self.role in AUTHORITY_ROLES | PORTFOLIO_ROLES,
            self.role in REGION_ROLES,
            self.role in NATIONAL_ROLES,
        )
        if (bool(self.authority), bool(self.region), self.national) != wanted:
            raise ValueError(f"a {self.role} needs an authority, a region or national: true, whichever fits it")
        return self


class PersonPart(Part):
    """An invented person."""

    email: str = Field(pattern=r"^[^@\s]+@[^@\s]+$")
    name: str
    memberships: list[MembershipPart] = Field(min_length=1)


class SampleBenchmark(Part):
    """What an authority and its adviser write on one benchmark. ``own`` and ``adviser`` are level codes.

    ``differs`` is the note on a criterion that the authority marks as met and the adviser does not.
    """

    evidence: str
    summary: str
    comments: str = ""
    differs: str = ""
    own: str
    adviser: str


class SampleRecommendation(Part):
    """A recommendation, the benchmarks that it touches, its owners, and after how many days it is due."""

    text: str
    heading: str = ""
    benchmarks: list[int] = []
    owners: list[str] = []
    due_after: int | None = Field(default=None, ge=0)


class Sample(Part):
    """The texts of a whole assessment on one scheme."""

    benchmarks: dict[int, SampleBenchmark]
    strengths: list[str] = []
    recommendations: list[SampleRecommendation] = []


class AskedPart(Part):
    """A question of the adviser on a benchmark, when it is due in days from today, and its answer ("" for none yet)."""

    benchmark: int
    text: str
    due: int
    answer: str = ""


class ConversationPart(Part):
    """What an authority and its adviser say to each other in the open cycle on a scheme.

    ``disputes`` are the reasons by benchmark. Questions that all have an answer are sent back; otherwise they wait.
    """

    authority: str
    scheme: str
    questions: list[AskedPart] = []
    disputes: dict[int, str] = {}


class CoverPart(Part):
    """That one adviser stands in for another, by email address; ``first`` and ``last`` are in days from today."""

    absent: str
    person: str
    authorities: list[str] = Field(min_length=1)
    first: int
    last: int


class PastRecommendation(Part):
    """A recommendation of an earlier year, of an authority by code."""

    authority: str
    text: str
    benchmarks: list[int] = []
    owners: list[str] = []


class PastPart(Part):
    """A year before this service. ``outcomes`` are by authority code, each in the order of the scheme's benchmarks: a
    level's code, n for not applicable, ? for not known.
    """

    cycle: str
    scheme: str
    outcomes: dict[str, str]
    recommendations: list[PastRecommendation] = []


class DemoFile(Part):
    """The whole demonstration world. ``samples`` are by scheme code."""

    note: str
    programme: ProgrammePart
    authorities: list[AuthorityPart] = Field(min_length=1)
    partnerships: list[PartnershipPart] = []
    people: list[PersonPart] = Field(min_length=1)
    samples: dict[str, Sample]
    conversations: list[ConversationPart] = []
    covers: list[CoverPart] = []
    history: list[PastPart] = []

    def conversation(self, authority: str, scheme: str) -> ConversationPart:
        """What is said about an authority's assessment; an empty one if the file has none."""
        for one in self.conversations:
            if (one.authority, one.scheme) == (authority, scheme):
                return one
        return ConversationPart(authority=authority, scheme=scheme)

    def holder(self, role: Role, authority: str = "", region: str = "") -> PersonPart:
        """The first person with a role, for an authority or region if one is named. Raises LookupError for none."""
        for person in self.people:
            if any(
                one.role == role and one.authority == authority and region in ("", one.region)
                for one in person.memberships
            ):
                return person
        raise LookupError(f"nobody is {role} {authority}".strip())


def open_demo(path: Path = DEMO_FILE) -> tuple[Source, DemoFile]:
    """The demonstration world, with the file that it was read from for the lines of later refusals.

    Raises:
        Refused: the file is wrong, or names an authority that it does not describe, or a person twice.
    """
    source = open_source(path)
    demo = validate(source, DemoFile)
    if problems := list(_loose_ends(source, demo)):
        raise Refused(problems)
    return source, demo


def misfits(source: Source, demo: DemoFile, schemes: Mapping[str, SchemeText]) -> Iterator[Problem]:
    """Where the samples do not fit the schemes, by scheme code, that the demonstration is on."""
    for code, scheme in schemes.items():
        sample = demo.samples.get(code)
        wanted = {number for number, one in scheme.benchmarks.items() if one.scored}
        if sample is None or set(sample.benchmarks) != wanted:
            numbers = ", ".join(map(str, sorted(wanted)))
            yield source.problem(("samples", code), f"must have the benchmarks that are scored: {numbers}")
            continue
        for number, one in sample.benchmarks.items():
            for key, level_code in (("own", one.own), ("adviser", one.adviser)):
                if scheme.level(level_code) is None:
                    place = ("samples", code, "benchmarks", number, key)
                    yield source.problem(place, f"scheme {code} has no level {level_code}")
    for i, said in enumerate(demo.conversations):
        scored = demo.samples[said.scheme].benchmarks if said.scheme in schemes and said.scheme in demo.samples else {}
        for j, asked in enumerate(said.questions):
            if asked.benchmark not in scored:
                place = ("conversations", i, "questions", j, "benchmark")
                yield source.problem(place, f"scheme {said.scheme} scores no benchmark {asked.benchmark}")
        for number in said.disputes:
            if number not in scored:
                place = ("conversations", i, "disputes", number)
                yield source.problem(place, f"scheme {said.scheme} scores no benchmark {number}")
    for i, past in enumerate(demo.history):
        scheme = schemes.get(past.scheme)
        for gss_code, line in past.outcomes.items():
            said_of = line.split()
            if scheme is None or len(said_of) != len(scheme.benchmarks):
                yield source.problem(("history", i, "outcomes", gss_code), "needs one outcome for each benchmark")
            elif wrong := [one for one in said_of if one not in PAST_GAPS and scheme.level(one) is None]:
                place = ("history", i, "outcomes", gss_code)
                yield source.problem(place, f"scheme {past.scheme} has no level {wrong[0]}")


def _loose_ends(source: Source, demo: DemoFile) -> Iterator[Problem]:
    codes = {one.gss_code for one in demo.authorities}
    for i, partnership in enumerate(demo.partnerships):
        for j, code in enumerate(partnership.authorities):
            if code not in codes:
                yield source.problem(("partnerships", i, "authorities", j), f"{code} is no authority of this file")
    seen: set[str] = set()
    for i, person in enumerate(demo.people):
        if person.email in seen:
            yield source.problem(("people", i, "email"), f"{person.email} stands twice")
        seen.add(person.email)
        for j, membership in enumerate(person.memberships):
            if membership.authority and membership.authority not in codes:
                place = ("people", i, "memberships", j, "authority")
                yield source.problem(place, f"{membership.authority} is no authority of this file")
    for i, cover in enumerate(demo.covers):
        for key, email in (("absent", cover.absent), ("person", cover.person)):
            if email not in seen:
                yield source.problem(("covers", i, key), f"{email} is nobody of this file")
        for j, code in enumerate(cover.authorities):
            if code not in codes:
                yield source.problem(("covers", i, "authorities", j), f"{code} is no authority of this file")
    for i, said in enumerate(demo.conversations):
        if said.authority not in codes:
            yield source.problem(("conversations", i, "authority"), f"{said.authority} is no authority of this file")
    for i, past in enumerate(demo.history):
        named = [(("outcomes", one), one) for one in past.outcomes]
        named += [(("recommendations", j, "authority"), one.authority) for j, one in enumerate(past.recommendations)]
        for where, code in named:
            if code not in codes:
                yield source.problem(("history", i, *where), f"{code} is no authority of this file")
