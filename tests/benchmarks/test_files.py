from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import BaseModel, ConfigDict, Field, field_validator

from benchmarks.files import Problem, Refused, describe, open_source, read, validate
from tests.benchmarks.samples import written


class Leaf(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str
    size: int = Field(default=1, ge=1)


class Tree(BaseModel):
    model_config = ConfigDict(extra="forbid")

    title: str
    leaves: list[Leaf]

    @field_validator("leaves")
    @classmethod
    def _no_twins(cls, leaves: list[Leaf]) -> list[Leaf]:
        if len({leaf.name for leaf in leaves}) < len(leaves):
            raise ValueError("two leaves have one name")
        return leaves


def refusal(folder: Path, text: str) -> list[str]:
    with pytest.raises(Refused) as caught:
        read(written(folder, text, "tree.yaml"), Tree)
    return [str(problem) for problem in caught.value.problems]


def test_a_good_file_is_read(tmp_path: Path) -> None:
    tree = read(written(tmp_path, "title: Oak\nleaves:\n- name: a\n- {name: b, size: 3}\n"), Tree)
    assert tree == Tree(title="Oak", leaves=[Leaf(name="a"), Leaf(name="b", size=3)])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("title: Oak\nleaves:\n- name: a\n- size: 2\n", "tree.yaml: line 4: leaves, item 2, name: is missing"),
        ("title: Oak\nleaves:\n- name: a\n  hue: red\n", "tree.yaml: line 4: leaves, item 1, hue: is not a known key"),
        ("title: Oak\n\n# a remark\nleaves:\n- {name: a}\n- {name: a}\n",
         "tree.yaml: line 4: leaves: two leaves have one name"),
        ("leaves: []\n", "tree.yaml: line 1: title: is missing"),
        ("title: Oak\nleaves:\n- name: a\n  size: 0\n", "line 4: leaves, item 1, size: input should be greater than"),
        ("title: Oak\nleaves:\n- name: a\n  size: many\n", "line 4: leaves, item 1, size: input should be a valid int"),
        ("title: Oak\ntitle: Ash\nleaves: []\n", "tree.yaml: line 2: is not valid YAML"),
        ("title: [Oak\nleaves: []\n", "tree.yaml: line 2: is not valid YAML"),
        ("title: Oak\n\tleaves: []\n", "tree.yaml: line 2: is not valid YAML"),
        ("- a\n- b\n", "tree.yaml: line 1: input should be a valid dict"),
        ("", "tree.yaml: "),
    ],
)  # fmt: skip
def test_each_fault_is_told_with_its_line(tmp_path: Path, text: str, expected: str) -> None:
    (found,) = refusal(tmp_path, text)
    assert expected in found


def test_every_fault_is_told_at_once(tmp_path: Path) -> None:
    found = refusal(tmp_path, "leaves:\n- size: 0\n- name: b\n  hue: red\n")
    assert len(found) == 4
    assert [one.split(": ")[1] for one in found] == ["line 1", "line 2", "line 2", "line 4"]


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"^none\.yaml: cannot be read \(No such file or directory\)$"):
        open_source(tmp_path / "none.yaml")


def test_a_file_that_is_not_text(tmp_path: Path) -> None:
    path = tmp_path / "tree.yaml"
    path.write_bytes(b"title: \xff\xfe\n")
    with pytest.raises(Refused, match="is not text in UTF-8"):
        open_source(path)


def test_values_are_plain_python(tmp_path: Path) -> None:
    source = open_source(written(tmp_path, "a: 'one'\nb: 2\nc: true\nd: 1.5\ne: >-\n  long\n  text\nf:\n- x\n"))
    assert source.data == {"a": "one", "b": 2, "c": True, "d": 1.5, "e": "long text", "f": ["x"]}
    assert {type(value) for value in source.data.values()} == {str, int, bool, float, list}


def test_a_problem_names_the_nearest_line(tmp_path: Path) -> None:
    source = open_source(written(tmp_path, "title: Oak\nleaves:\n- name: a\n", "tree.yaml"))
    validate(source, Tree)
    place = ("leaves", 0, "name", "deeper")
    assert source.problem(place, "is odd") == Problem("tree.yaml", 3, "leaves, item 1, name, deeper", "is odd")


def test_places_in_words() -> None:
    data = {"benchmarks": [{}, {}, {"title": ""}], "samples": {7: {"own": ""}}}
    assert describe(("benchmarks", 2, "title"), data) == "benchmarks, item 3, title"
    assert describe(("samples", 7, "own"), data) == "samples, 7, own"
    assert describe(("benchmarks", 5, "title", 0), data) == "benchmarks, item 6, title, item 1"
    assert str(Problem("a.yaml", 0, "", "is empty")) == "a.yaml: is empty"


def test_aliases_of_aliases_do_not_fill_the_memory(tmp_path: Path) -> None:
    lines = ["l0: &l0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 10)}]" for n in range(1, 9)]
    file = tmp_path / "bomb.yaml"
    file.write_text("\n".join(lines))
    with pytest.raises(Refused, match="is too large"):
        open_source(file)
