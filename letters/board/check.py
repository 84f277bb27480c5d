"""What in a text should not reach public papers: found by its form, for a person to judge. Pure.

A finding is a hint and no verdict: the person sees it in its sentence and decides. So it rather says too much than too
little, but not so much that nobody reads it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

KINDS: dict[str, StrOrPromise] = {
    "profile": _("The Counter Terrorism Local Profile (CTLP)"),
    "security": _("The Security Threat Check"),
    "level": _("A level of threat or risk"),
    "intelligence": _("Intelligence"),
    "person": _("A person’s name"),
    "email": _("An e-mail address"),
    "phone": _("A phone number"),
}
"""What is looked for, in the order in which it wins where two findings overlap."""

_NAME = r"[A-Z\u00c0-\u00d6\u00d8-\u00de\u0174\u0176][\w'’-]+"
_TITLES = (
    "Mr|Mrs|Ms|Miss|Mx|Dr|Prof|Professor|Sir|Dame|Lord|Lady|Baroness|Cllr|Councillor|Alderman|Mayor|Rev|Reverend|"
    "Canon|Imam|Rabbi|Sheikh|PC|DC|DS|DI|DCI|Sgt|Sergeant|Inspector|Superintendent|Constable|Commander|Colonel|Major|"
    "Captain"
)
_LEVELS = "low|lower|moderate|medium|substantial|severe|critical|high|higher|highest|heightened|elevated|increased"
_PATTERNS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("email", re.compile(r"[\w.+'-]+@[\w-]+(?:\.[\w-]+)+")),
    ("profile", re.compile(r"\bCTLPs?\b|\bcounter[-\s]?terrorism\s+local\s+profiles?\b", re.IGNORECASE)),
    ("security", re.compile(r"\bsecurity\s+threat\s+checks?\b|\bSTCs?\b", re.IGNORECASE)),
    (
        "level",
        re.compile(
            r"\b(?:threats?|risks?)[-\s]+(?:levels?|ratings?|scores?|tiers?|picture|landscape)\b"
            r"|\b(?:levels?|ratings?|tiers?)\s+of\s+(?:the\s+)?(?:\w+\s+)?(?:threat|risk)s?\b"
            rf"|\b(?:{_LEVELS})(?:\s+\w+)?[-\s]+(?:threats?|risks?)\b"
            rf"|\b(?:threats?|risks?)\s+(?:\w+\s+){{0,4}}(?:is|are|was|were|remains?|as|at|to)\s+(?:{_LEVELS})\b",
            re.IGNORECASE,
        ),
    ),
    ("intelligence", re.compile(r"\bintelligence\b|\bintel\b", re.IGNORECASE)),
    ("person", re.compile(rf"\b(?:{_TITLES})\.?\s+(?:[A-Z]\.?\s+)*{_NAME}(?:\s+{_NAME})?")),
    ("person", re.compile(rf"\b(?:led|chaired|owned|run|headed|managed) by ({_NAME}\s+{_NAME})")),
    ("person", re.compile(rf"\b[Tt]hank(?:s to|ed|ing)? ({_NAME}\s+{_NAME})")),
)
_PHONE = re.compile(r"(?<![\w/-])(?:\+|\(?0)[\d\s().-]{8,18}\d(?![\w/-])")
_DIGITS = range(10, 14)
"""How many a phone number has here, with the code of the country."""
_END = re.compile(r"(?<!\b[A-Z])[.!?]+[)”’\"]*(?:\s+|$)|\n+")
"""Of a sentence: not the point after an initial, nor one within an address."""
_WHOLE = re.compile(rf"{_NAME}(?:\s+{_NAME}){{1,2}}")
_OFFICES = frozenset(
    {
        "adviser", "advisor", "analyst", "assistant", "authority", "board", "chair", "chief",
        "children", "cohesion", "committee", "community", "communities", "coordinator", "corporate", "council",
        "county", "deputy", "director", "education", "engagement", "executive", "forum", "group",
        "head", "health", "home", "lead", "leader", "manager", "member", "office",
        "officer", "partnership", "police", "policing", "practice", "prevent", "principal", "programme",
        "public", "safeguarding", "safety", "secretary", "senior", "service", "services", "strategic",
        "team", "unit", "university", "warden", "youth",
    }
)  # fmt: skip
"""Words that make of capitalised words an office and not a name."""
SHORTEST_NAME = 4


@dataclass(frozen=True)
class Finding:
    """Something found, in its sentence: what stands before it there, itself, and what stands after it."""

    kind: str
    before: str
    found: str
    after: str

    @property
    def label(self) -> StrOrPromise:
        """What it is, in words."""
        return KINDS[self.kind]


def look(text: str, names: Iterable[str] = ()) -> tuple[Finding, ...]:
    """Everything that is found in a text, in its order.

    Args:
        names: of people who are known to have to do with it.
    """
    spans = sorted(_spans(text, names), key=lambda one: (one[0], -one[1], list(KINDS).index(one[2])))
    kept: list[tuple[int, int, str]] = []
    for start, end, kind in spans:
        if not kept or start >= kept[-1][1]:
            kept.append((start, end, kind))
    ends = [one.end() for one in _END.finditer(text)]
    return tuple(_in_its_sentence(text, one, [0, *ends]) for one in kept)


def names_in(entries: Iterable[str]) -> list[str]:
    """The names in lines such as those of whom a letter thanks: words with capitals that are no office."""
    return [found[0] for entry in entries for found in _WHOLE.finditer(entry) if not _is_office(found[0])]


def looks_like_a_name(text: str) -> bool:
    """Whether a whole text, such as the owner of a recommendation, is probably somebody's name."""
    return bool(_WHOLE.fullmatch(text.strip())) and not _is_office(text)


def look_at_owner(owner: str, names: Iterable[str] = ()) -> tuple[Finding, ...]:
    """As :func:`look`, for the owner of a recommendation: a whole text that is a name is one."""
    found = look(owner, names)
    return found or ((Finding("person", "", owner, ""),) if looks_like_a_name(owner) else ())


def _spans(text: str, names: Iterable[str]) -> Iterator[tuple[int, int, str]]:
    """Where something begins and ends, and of which kind it is."""
    for kind, pattern in _PATTERNS:
        for found in pattern.finditer(text):
            yield *found.span(found.lastindex or 0), kind
    for found in _PHONE.finditer(text):
        if sum(one.isdigit() for one in found[0]) in _DIGITS:
            yield *found.span(), "phone"
    for name in {" ".join(one.split()) for one in names}:
        if len(name) < SHORTEST_NAME or " " not in name:
            continue
        words = [re.escape(word) for word in name.split()]
        whole = r"\s+".join(words)
        initial = rf"{re.escape(name[0])}\.?\s+{words[-1]}"
        for found in re.finditer(rf"(?<!\w)(?:{whole}|{initial})(?!\w)", text, re.IGNORECASE):
            yield *found.span(), "person"


def _is_office(text: str) -> bool:
    return any(word.strip("'’-s").casefold() in _OFFICES or word.casefold() in _OFFICES for word in text.split())


def _in_its_sentence(text: str, span: tuple[int, int, str], ends: list[int]) -> Finding:
    """The sentence goes from the last end before the finding to the first one after it."""
    start, end, kind = span
    first = max(one for one in ends if one <= start)
    last = min((one for one in ends if one >= end), default=len(text))
    return Finding(kind, text[first:start].lstrip(), text[start:end], text[end:last].rstrip())
