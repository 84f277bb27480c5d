"""What both kinds of file share: which signs a file can hold, and what a wrong choice is told."""

from __future__ import annotations

import re

from django.utils.translation import gettext_lazy as _

_NO_XML = re.compile(r"[^\t\n\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

LIST_FAULT_TITLE = _("Not in the list")
LIST_FAULT = _("Choose from the list, or leave the cell empty.")


def writable(text: str) -> str:
    """The text without the signs that XML cannot hold. A text that was cleaned has none of them."""
    return _NO_XML.sub("", text)
