"""Every word of a page can be translated: Welsh is a legal need, and a forgotten sentence is not seen."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.template.base import (
    BLOCK_TAG_START,
    COMMENT_TAG_START,
    VARIABLE_TAG_START,
    tag_re,
)

TEMPLATES = Path(__file__).resolve().parents[2] / "templates"
# Letters as PDF take their words from the wording of the cycle, which is data.
NOT_PAGES = TEMPLATES / "letters" / "pdf"

SPOKEN_ATTRIBUTES = frozenset({"alt", "title", "aria-label", "aria-description", "placeholder", "label"})
CLOSED_BY = {
    "blocktrans": "endblocktrans",
    "blocktranslate": "endblocktranslate",
    "comment": "endcomment",
}
# Our own tags: options whose value is read by people, and tags whose first argument is.
_SAID_BY_OPTION = re.compile(
    r"\b(?:\w*text|\w*Text|summary|hint|status|about|action|key|caption|legend|titleText)=(\"[^\"]*\"|'[^']*')"
)
_SAID_FIRST = re.compile(r"^(?:tag|details)\s+(\"[^\"]*\"|'[^']*')")
_SAID_SECOND = re.compile(r"^back_link\s+\S+\s+(\"[^\"]*\"|'[^']*')")
# A block that fills in a class attribute holds no words.
_CLASSES = re.compile(r"^block \w+_classes$")
_OWN_TAGS = frozenset({"govuk", "govukblock", "tag", "details", "back_link", "include"})


def _has_words(text: str | None) -> bool:
    return any(character.isalpha() for character in text or "")


class _Reader(HTMLParser):
    """Collects the words of a page with their lines."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.silent = 0
        self.found: list[tuple[int, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("script", "style"):
            self.silent += 1
        named = dict(attrs)
        spoken = {name: value for name, value in attrs if name in SPOKEN_ATTRIBUTES}
        if tag == "input" and named.get("type") in ("submit", "button"):
            spoken["value"] = named.get("value")
        for name, value in spoken.items():
            if _has_words(value):
                self.found.append((self.getpos()[0], f'{name}="{value}"'))

    def handle_endtag(self, tag: str) -> None:
        if tag in ("script", "style"):
            self.silent -= 1

    def handle_data(self, data: str) -> None:
        if not self.silent and _has_words(data):
            before = data[: len(data) - len(data.lstrip())].count("\n")
            self.found.append((self.getpos()[0] + before, data.strip()))


def _untranslated_arguments(code: str) -> list[str]:
    if code.split()[0] not in _OWN_TAGS:
        return []
    said = _SAID_BY_OPTION.findall(code)
    for pattern in (_SAID_FIRST, _SAID_SECOND):
        said += pattern.findall(code)
    return [text for text in said if _has_words(text)]


def untranslated(source: str) -> list[str]:
    """What people would read in English whatever their language, as "line: text"."""
    markup: list[str] = []
    found: list[tuple[int, str]] = []
    line = 1
    waiting_for = ""
    for number, piece in enumerate(tag_re.split(source)):
        lines = piece.count("\n")
        is_code = number % 2 == 1
        kept = "\n" * lines
        if is_code and piece.startswith(BLOCK_TAG_START):
            code = piece[2:-2].strip()
            name = code.split()[0] if code else ""
            if waiting_for:
                waiting_for = "" if name == waiting_for else waiting_for
            elif name in CLOSED_BY:
                waiting_for = CLOSED_BY[name]
            elif _CLASSES.match(code):
                waiting_for = "endblock"
            else:
                found += [(line, text) for text in _untranslated_arguments(code)]
        elif not is_code and not waiting_for:
            kept = piece
        elif is_code and not piece.startswith((VARIABLE_TAG_START, COMMENT_TAG_START)):
            raise AssertionError(f"Not a template's code: {piece!r}")
        markup.append(kept)
        line += lines
    reader = _Reader()
    reader.feed("".join(markup))
    reader.close()
    return [f"{where}: {text}" for where, text in sorted(found + reader.found)]


def _templates() -> list[Path]:
    files = [path for ending in ("*.html", "*.txt") for path in TEMPLATES.rglob(ending)]
    return sorted(path for path in files if NOT_PAGES not in path.parents)


def test_there_are_templates_to_check() -> None:
    assert len(_templates()) > 30


@pytest.mark.parametrize("path", _templates(), ids=lambda path: str(path.relative_to(TEMPLATES)))
def test_every_word_can_be_translated(path: Path) -> None:
    found = untranslated(path.read_text(encoding="utf-8"))
    assert not found, "Put this inside trans or blocktrans:\n" + "\n".join(found)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("<p>Hello</p>", ["1: Hello"]),
        ("<p>\n\n  {{ name }} has saved</p>", ["3: has saved"]),
        ('{% trans "Fine" %}\n<b>Forgotten</b>', ["2: Forgotten"]),
        ("{% blocktrans %}Fine{% endblocktrans %} Forgotten", ["1: Forgotten"]),
        ("{% if x %}Forgotten{% endif %}", ["1: Forgotten"]),
        ('<img alt="A map">', ['1: alt="A map"']),
        ('<input placeholder="Search" value="{{ q }}">', ['1: placeholder="Search"']),
        ('<nav aria-label="{% trans "Menu" %} open">', ['1: aria-label=" open"']),
        ('<input type="submit" value="Save">', ['1: value="Save"']),
        ('{% govuk "button" text="Save" %}', ['1: "Save"']),
        ('{% govuk "input" label__text="Name" name="n" %}', ['1: "Name"']),
        ('{% tag "Met" "green" %}', ['1: "Met"']),
        ('{% details "More" %}{% enddetails %}', ['1: "More"']),
        ('{% back_link url "To the list" %}', ['1: "To the list"']),
        ('{% include "govuk/task.html" with status="Done" colour="green" %}', ['1: "Done"']),
    ],
)
def test_a_forgotten_word_is_found(source: str, expected: list[str]) -> None:
    assert untranslated(source) == expected


@pytest.mark.parametrize(
    "source",
    [
        '{% trans "Hello" %} – {{ name }} … 7&nbsp;/&nbsp;7',
        "{% blocktrans trimmed %}Hello <b>you</b> {{ name }}{% endblocktrans %}",
        '<nav class="words in classes" aria-label="{% trans "Menu" %}" id="menu" data-x="words">',
        "{% block container_classes %}app-wide{% endblock %}",
        "{% comment %}Words{% endcomment %}{# Words #}<!-- Words -->",
        "<script src='words.js'>words()</script>",
        '{% govuk "button" text=_("Save") classes="govuk-button--warning" name="save" %}',
        '{% tag _("Met") "green" %}{% include "govuk/task.html" with status=state colour="green" %}',
        '{% url "home" as home %}{% back_link home _("To the list") %}',
    ],
)
def test_what_is_translated_passes(source: str) -> None:
    assert untranslated(source) == []
