"""Read a YAML file against a model, and say where it is wrong in words that its author can act on.

Scheme files, crosswalks, letter wording and past cases all come in this way, so that every refusal reads alike:
file, line, place and reason, all of them at once rather than one per attempt.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.scalarbool import ScalarBoolean
from ruamel.yaml.scalarfloat import ScalarFloat
from ruamel.yaml.scalarint import ScalarInt

Place = tuple[int | str, ...]
Model = TypeVar("Model", bound=BaseModel)

MOST_PLACES = 50_000
"""Keys and items in one file; the largest of ours has under a thousand."""


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with a file. ``line`` counts from 1; 0 means the file as a whole."""

    file: str
    line: int
    place: str
    reason: str

    def __str__(self) -> str:
        line = f"line {self.line}: " if self.line else ""
        place = f"{self.place}: " if self.place else ""
        return f"{self.file}: {line}{place}{self.reason}"


class Refused(Exception):
    """A file was refused. ``problems`` holds every reason; nothing of the file was kept."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class TooLarge(Exception):
    """A file that would grow without bound on reading."""


class Source:
    """A file that was read: its plain ``data``, and the line on which each place of it stands."""

    def __init__(self, path: Path, data: Any, lines: dict[Place, int]) -> None:
        self.path = path
        self.data = data
        self._lines = lines

    def line(self, place: Place) -> int:
        """Line of ``place``, or of the nearest thing around it that has one (0 for an empty file)."""
        while place and place not in self._lines:
            place = place[:-1]
        return self._lines.get(place, 0)

    def problem(self, place: Place, reason: str) -> Problem:
        """A problem at ``place``, such as ``("benchmarks", 2, "title")``."""
        return Problem(self.path.name, self.line(place), describe(place, self.data), reason)


def describe(place: Place, data: Any) -> str:
    """A place of ``data`` in words: ``("benchmarks", 2, "title")`` is ``benchmarks, item 3, title``.

    Only lists count their items: a number that is a key is given as it stands.
    """
    words = []
    for part in place:
        words.append(f"item {part + 1}" if isinstance(part, int) and not isinstance(data, dict) else str(part))
        data = data.get(part) if isinstance(data, dict) else data[part] if _has(data, part) else None
    return ", ".join(words)


def _has(data: Any, part: int | str) -> bool:
    return isinstance(data, list) and isinstance(part, int) and part < len(data)


def open_source(path: str | Path) -> Source:
    """Read one YAML document.

    Raises:
        Refused: the file is missing, is not UTF-8, is not YAML, or names a key twice.
    """
    path = Path(path)
    reader = YAML(typ="rt")
    try:
        tree = reader.load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise Refused([Problem(path.name, 0, "", f"cannot be read ({error.strerror})")]) from error
    except UnicodeDecodeError as error:
        raise Refused([Problem(path.name, 0, "", "is not text in UTF-8")]) from error
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        raise Refused([Problem(path.name, line, "", f"is not valid YAML: {error.problem}")]) from error
    except YAMLError as error:
        raise Refused([Problem(path.name, 0, "", f"is not valid YAML: {error}")]) from error
    lines: dict[Place, int] = {(): 1}
    try:
        data = _plain(tree, (), lines)
    except TooLarge as error:
        raise Refused([Problem(path.name, 0, "", str(error))]) from error
    return Source(path, data, lines)


def validate(source: Source, model: type[Model]) -> Model:
    """The file as ``model``.

    Raises:
        Refused: with every problem that the model finds, each at its line.
    """
    try:
        return model.model_validate(source.data)
    except ValidationError as error:
        raise Refused(source.problem(_known_place(source, e["loc"]), _reason(e)) for e in error.errors()) from error


def read(path: str | Path, model: type[Model]) -> Model:
    """Read ``path`` as ``model``. Raises :class:`Refused` as :func:`open_source` and :func:`validate` do."""
    return validate(open_source(path), model)


def _known_place(source: Source, place: Place) -> Place:
    """``place`` without the steps that pydantic adds for itself, such as the name of a validator."""
    known: list[int | str] = []
    for part in place:
        known.append(part)
        if tuple(known) not in source._lines and part != place[-1]:
            known.pop()
    return tuple(known)


def _reason(error: ErrorDetails) -> str:
    match error["type"]:
        case "missing":
            return "is missing"
        case "extra_forbidden":
            return "is not a known key"
        case "value_error":
            return str(error["ctx"]["error"])
        case _:
            return error["msg"][0].lower() + error["msg"][1:]


def _plain(node: Any, place: Place, lines: dict[Place, int]) -> Any:
    """The node as plain Python, noting the line of each place on the way.

    Raises:
        TooLarge: it has more places than any file of ours, which aliases of aliases can bring about in a few lines.
    """
    if len(lines) > MOST_PLACES:
        raise TooLarge(f"is too large: it has more than {MOST_PLACES:,} places")
    if isinstance(node, CommentedMap):
        for key in node:
            lines[(*place, key)] = node.lc.key(key)[0] + 1 if key in node.lc.data else node.lc.line + 1
        return {key: _plain(value, (*place, key), lines) for key, value in node.items()}
    if isinstance(node, CommentedSeq):
        for index in range(len(node)):
            lines[(*place, index)] = node.lc.item(index)[0] + 1
        return [_plain(value, (*place, index), lines) for index, value in enumerate(node)]
    if isinstance(node, ScalarBoolean):
        return bool(node)
    if isinstance(node, ScalarInt):
        return int(node)
    if isinstance(node, ScalarFloat):
        return float(node)
    return str(node) if isinstance(node, str) else node
