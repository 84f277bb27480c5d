"""What the public page of the method reads: schemes, their weights, and how one is read in another."""

from __future__ import annotations

from dataclasses import dataclass

from assurance.insights.worked import Worked, worked
from assurance.queries.weights import SchemeWeights, current_weights
from benchmarks.catalogue import every_crosswalk


@dataclass(frozen=True)
class Reading:
    """Benchmarks of an older scheme that are read as one of a newer, each as number and title."""

    older: tuple[str, ...]
    newer: str


@dataclass(frozen=True)
class Crosswalk:
    """How an older scheme is read in a newer one."""

    older: str
    newer: str
    readings: tuple[Reading, ...]


@dataclass(frozen=True)
class MethodPage:
    """The page of the method."""

    schemes: tuple[SchemeWeights, ...]
    crosswalks: tuple[Crosswalk, ...]
    worked: Worked


def method_page() -> MethodPage:
    """For everybody, signed in or not. Three queries."""
    schemes = current_weights()
    titles = {
        one.scheme.code: {number: f"{number}. {it.title}" for number, it in one.scheme.benchmarks.items()}
        for one in schemes
    }
    names = {one.scheme.code: one.scheme.name for one in schemes}
    crosswalks = tuple(
        Crosswalk(names[older], names[newer], _readings(pairs, titles[older], titles[newer]))
        for (older, newer), pairs in every_crosswalk().items()
        if older in names and newer in names
    )
    return MethodPage(schemes, crosswalks, worked())


def _readings(pairs: list[tuple[int, int]], older: dict[int, str], newer: dict[int, str]) -> tuple[Reading, ...]:
    return tuple(
        Reading(tuple(older.get(one, str(one)) for one, into in pairs if into == number), title)
        for number, title in newer.items()
        if any(into == number for _one, into in pairs)
    )
