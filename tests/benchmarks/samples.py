"""Small scheme files to load and to spoil."""

from __future__ import annotations

from pathlib import Path

CHECKLIST = """\
code: tiny
version: first
name: A tiny scheme
scale:
- {code: not_met, label: Not met, points: 0, standing: below}
- {code: met, label: Met, points: 1, standing: meets}
- {code: exceeding, label: Exceeding, points: 2, standing: exceeds, builds_on: met, aliases: [Exceeded]}
judgement: checklist
benchmarks:
- number: 1
  title: Group
  statement: A group meets.
  scored: true
  criteria:
    not_met:
    - text: There is no group.
    met:
    - text: There is a group.
    - text: It meets.
      sub: [in spring, in autumn]
    exceeding:
    - text: It meets often.
- number: 2
  title: Panel
  statement: A panel sits.
  scored: false
  unscored_note: Assured elsewhere.
"""

BEST_FIT = """\
code: small
version: first
name: A small scheme
scale:
- {code: '1', label: '1', points: 1, standing: below}
- {code: '2', label: '2', points: 2, standing: meets}
- {code: '3', label: '3', points: 3, standing: exceeds}
judgement: best_fit
benchmarks:
- number: 1
  title: Plan
  statement: There is a plan.
  scored: true
  criteria:
    '1':
    - text: None.
    '2':
    - text: One.
    '3':
    - text: One that works.
"""

CROSSWALK = """\
format: crosswalk/1
from: small
to: tiny
note: An estimate.
map:
- {from: 1, to: 1}
"""


def written(folder: Path, text: str, name: str = "scheme.yaml") -> Path:
    """The text as a file."""
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def spoilt(text: str, old: str, new: str) -> str:
    """The text with one place changed. Raises ValueError unless ``old`` is there exactly once."""
    if text.count(old) != 1:
        raise ValueError(f"{old!r} is there {text.count(old)} times")
    return text.replace(old, new)
