"""What a figure is, said beside it: its rule, what it is of, and what was left out and why. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from django_stubs_ext import StrOrPromise


@dataclass(frozen=True)
class LeftOut:
    """Something that a figure does not count, and why."""

    what: StrOrPromise
    why: StrOrPromise


@dataclass(frozen=True)
class Explained:
    """A figure with its explanation.

    ``value`` is as it is shown ("–" is never a value: what has none says why). ``rule`` is one sentence; ``of`` says
    what the denominator is, such as "7 of 8 benchmarks have an outcome"; ``weights`` names the version of the weights
    ("" where none counts). ``name`` is what the figure is called ("" where a heading above it says that).
    """

    value: StrOrPromise
    rule: StrOrPromise
    of: StrOrPromise
    weights: StrOrPromise = ""
    left_out: tuple[LeftOut, ...] = ()
    name: StrOrPromise = ""
