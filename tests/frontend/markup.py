"""Reads what was drawn."""

from html.parser import HTMLParser


class Element:
    """One element: its name, its attributes, and the text inside it."""

    def __init__(self, tag: str, attributes: dict[str, str]) -> None:
        self.tag = tag
        self.attributes = attributes
        self.text = ""

    def __getitem__(self, name: str) -> str:
        return self.attributes[name]

    def get(self, name: str) -> str:
        """The attribute, or nothing."""
        return self.attributes.get(name, "")


class _Reader(HTMLParser):
    VOID = frozenset({"input", "br", "hr", "img", "link", "meta", "path"})

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[Element] = []
        self.open: list[Element] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.elements.append(element)
        if tag not in self.VOID:
            self.open.append(element)

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open.pop().tag != tag:
            pass

    def handle_data(self, data: str) -> None:
        for element in self.open:
            element.text += data


class Drawn:
    """A page or a part of one."""

    def __init__(self, markup: str) -> None:
        self.markup = markup
        reader = _Reader()
        reader.feed(markup)
        reader.close()
        self.elements = reader.elements

    def all(self, tag: str = "", **attributes: str) -> list[Element]:
        """The elements with this name and these attributes; ``cls`` is one class among others."""
        wanted_class = attributes.pop("cls", "")
        return [
            element
            for element in self.elements
            if (not tag or element.tag == tag)
            and (not wanted_class or wanted_class in element.get("class").split())
            and all(element.attributes.get(name) == value for name, value in attributes.items())
        ]

    def one(self, tag: str = "", **attributes: str) -> Element:
        """The only such element."""
        found = self.all(tag, **attributes)
        assert len(found) == 1, f"{len(found)} elements {tag} {attributes}"
        return found[0]

    def has_id(self, name: str) -> bool:
        """Whether exactly one element has this id."""
        return len(self.all(id=name)) == 1

    def value_of(self, area: str) -> str:
        """What a browser puts into the text area with this id; a line end right after the tag is no part."""
        return self.one("textarea", id=area).text.removeprefix("\n")
