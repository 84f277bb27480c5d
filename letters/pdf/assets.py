"""The one way by which a letter's page can ask for a file: a look-up in a dictionary.

WeasyPrint's own fetcher reads local files and calls out to the network when a page asks it to. A letter holds
text from hundreds of authors, so this fetcher knows the pinned fonts and nothing else, whatever a page says.
"""

from __future__ import annotations

from typing import Any

from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

from letters.pdf import fonts

SCHEME = "asset:"


class Assets(URLFetcher):
    """Serves ``asset:NAME`` for the pinned fonts. Anything else stops the rendering of the letter."""

    def __init__(self) -> None:
        super().__init__(allowed_protocols=(), fail_on_errors=True)

    def fetch(self, url: str, headers: Any = None) -> URLFetcherResponse:
        """The asset named by ``url``.

        Raises:
            FatalURLFetchingError: there is no such asset. It is no ``Exception``, so that nothing on the way
                swallows it and prints the letter without what it asked for; the engine turns it into a
                refusal.
        """
        name = url.removeprefix(SCHEME)
        if not url.startswith(SCHEME) or name not in fonts.PINNED:
            raise FatalURLFetchingError("The letter asked for a file that is not one of its own.")
        return URLFetcherResponse(url, fonts.load()[name])
