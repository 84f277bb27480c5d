"""Everything that somebody can reach with a browser: each address that there is, and every link from there."""

from __future__ import annotations

import itertools
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from html.parser import HTMLParser
from io import BytesIO
from urllib.parse import urldefrag, urljoin, urlsplit

from django.http import HttpResponse
from django.urls import URLPattern, URLResolver, get_resolver
from pypdf import PdfReader

from assurance.models.base import Tenant
from assurance.workflow import ASSESSMENT
from letters.workflow import LETTER
from tests.matrices.world import Visitors, is_history, our_models
from tests.universe import all_rows

MOST_PAGES = 2500
"""More than this is no longer a crawl but a circle."""
MOST_QUESTIONS = 12
"""Of one page: a list that can be sorted and narrowed in every way leads to itself without end."""
SEARCHED = ("/assessments/", "/letters/", "/good-practice/")
"""Where something can be searched for."""
LEFT_ALONE = ("/static/", "/sign-out/")


NAMED: Mapping[str, Sequence[int | str]] = {"scheme": ["la-8"], "kind": ["csv", "xlsx"], "key": [0]}
"""Parts of addresses that are no records: of tables of earlier years and their templates."""


class Links(HTMLParser):
    """The addresses that a page leads to by links and by forms that only ask."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "a" and given.get("href"):
            self.found.append(given["href"] or "")
        if tag == "form" and (given.get("method") or "get") == "get" and given.get("action"):
            self.found.append(given["action"] or "")


def everything(visitors: Visitors, who: str, authority_id: int, words: Iterable[str] = ()) -> Mapping[str, str]:
    """The text of every page and file that somebody reaches, by its address.

    Args:
        authority_id: whose records are named in addresses.
        words: what is asked wherever something can be searched for.
    """
    waiting = [*addresses(authority_id)]
    waiting += [f"{address}?{key}={word}" for address in SEARCHED for word in words for key in ("q", "search")]
    seen = set(waiting)
    asked: Counter[str] = Counter()
    texts: dict[str, str] = {}
    for address in waiting:
        if len(texts) > MOST_PAGES:
            raise AssertionError(f"more than {MOST_PAGES} pages, the last of them {address}")
        response = visitors.get(who, address)
        text = as_text(response, visitors.last_bytes)
        texts[address] = f"{dict(response.headers)} {text}"
        for link in _links(address, response, text):
            asked[urlsplit(link).path] += 1
            if link not in seen and asked[urlsplit(link).path] <= MOST_QUESTIONS:
                seen.add(link)
                # The list grows while it is gone through.
                waiting.append(link)
    return texts


def addresses(authority_id: int) -> Iterator[str]:
    """Each address of the service, with every record of the authority's in the places for records."""
    with all_rows():
        ids = {
            model._meta.model_name: set(
                model._base_manager.filter(**_of(model, authority_id)).values_list("pk", flat=True)
            )
            for model in our_models()
            if not is_history(model) and model._meta.app_label != "benchmarks"
        }
    anything = sorted(set().union(*(found for name, found in ids.items() if name not in ("authority", "user"))))
    for pattern, converters in _patterns(get_resolver()):
        pools = [_pool(name, ids, anything) for name in converters]
        for values in itertools.product(*pools):
            yield "/" + pattern % dict(zip(converters, values, strict=True))


def as_text(response: HttpResponse, content: bytes) -> str:
    """What a page or a file says, whatever its kind."""
    kind = response.headers.get("Content-Type", "")
    if content.startswith(b"%PDF"):
        return " ".join(page.extract_text() for page in PdfReader(BytesIO(content)).pages)
    if content.startswith(b"PK"):
        with zipfile.ZipFile(BytesIO(content)) as parts:
            return " ".join(parts.read(name).decode("utf-8", "replace") for name in parts.namelist())
    return content.decode("utf-8", "replace") if kind else ""


def _of(model: type, authority_id: int) -> dict[str, int]:
    if issubclass(model, Tenant):
        return {"authority_id": authority_id}
    return {"pk": authority_id} if model._meta.model_name == "authority" else {}


def _pool(name: str, ids: Mapping[str, set[int]], anything: list[int]) -> Sequence[int | str]:
    """What stands for one part of an address."""
    if name == "number":
        return [1, 2, 8]
    if name == "place":
        return [0, 1]
    if name == "name":
        return [row.name for table in (ASSESSMENT, LETTER) for row in table.rows]
    if name in ("uidb64", "token"):
        return []
    if name in NAMED:
        return NAMED[name]
    if name == "import_id":
        return sorted(ids["historyimport"])
    model = name.removesuffix("_id").replace("_", "")
    if model in ids:
        return sorted(ids[model])
    # A shorter word for it, such as "practice" for good practice or "point" for two kinds of point.
    alike = [found for one, found in ids.items() if one.endswith(model)]
    return sorted(set().union(*alike)) if alike else anything


def _patterns(resolver: URLResolver, before: str = "") -> Iterator[tuple[str, tuple[str, ...]]]:
    for found in resolver.url_patterns:
        if isinstance(found, URLResolver):
            yield from _patterns(found, before + str(found.pattern))
        elif isinstance(found, URLPattern):
            pattern, converters = before + str(found.pattern), tuple(found.pattern.converters)
            for name, converter in found.pattern.converters.items():
                kind = type(converter).__name__.removesuffix("Converter").lower().replace("string", "str")
                pattern = pattern.replace(f"<{kind}:{name}>", f"%({name})s").replace(f"<{name}>", f"%({name})s")
            yield pattern, converters


def _links(address: str, response: HttpResponse, text: str) -> Iterator[str]:
    if location := response.headers.get("Location"):
        links = [location]
    elif "html" in response.headers.get("Content-Type", ""):
        parser = Links()
        parser.feed(text)
        links = parser.found
    else:
        links = []
    for link in links:
        whole = urldefrag(urljoin(address, link)).url
        if not urlsplit(whole).netloc and whole.startswith("/") and not whole.startswith(LEFT_ALONE):
            yield whole
