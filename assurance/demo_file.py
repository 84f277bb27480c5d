"""The format of the demonstration world: invented authorities, people and texts to try the service out with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from django.conf import settings
from pydantic import BaseModel, ConfigDict, Field, model_validator

from assurance.vocabulary import AUTHORITY_ROLES, NATIONAL_ROLES, PORTFOLIO_ROLES, REGION_ROLES, Role
from benchmarks.catalogue import SchemeText
from benchmarks.files import Problem, Refused, Source, open_source, validate

DEMO_FILE = Path(settings.BASE_DIR) / "fixtures" / "demo.yaml"
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
    """What an authority and its adviser write on one benchmark. ``own`` and ``adviser`` are level codes."""

    evidence: str
    summary: str
    comments: str = ""
    own: str
    adviser: str


class SampleRecommendation(Part):
    """A recommendation and the benchmarks that it touches."""

    text: str
    benchmarks: list[int] = []


class Sample(Part):
    """The texts of a whole assessment on one scheme."""

    benchmarks: dict[int, SampleBenchmark]
    strengths: list[str] = []
    recommendations: list[SampleRecommendation] = []


class DemoFile(Part):
    """The whole demonstration world. ``samples`` are by scheme code."""

    note: str
    programme: ProgrammePart
    authorities: list[AuthorityPart] = Field(min_length=1)
    partnerships: list[PartnershipPart] = []
    people: list[PersonPart] = Field(min_length=1)
    samples: dict[str, Sample]

    def holder(self, role: Role, authority: str = "") -> PersonPart:
        """The first person with a role, for an authority if one is named. Raises LookupError if there is none."""
        for person in self.people:
            if any(one.role == role and one.authority == authority for one in person.memberships):
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
