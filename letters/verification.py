"""The public page that says whether a file is a letter of ours, and nothing else.

Nobody signs in here. With JavaScript the browser works out the SHA-256 and the file stays where it is; without it the
file is sent, read once and kept nowhere.
"""

from __future__ import annotations

import hashlib
import re
from typing import Any

from django import forms
from django.core.cache import cache
from django.core.exceptions import RequestDataTooBig, ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt

from assurance.forms.govuk import Button, CleanTextField, GovukForm, Look
from assurance.project.client_address import client_address
from letters.verdict import verdict_on

LARGEST = 20 * 1024 * 1024
"""Bytes of a file that is sent. Our letters have a few hundred thousand."""
MOST_SENT = 5 * LARGEST
"""Bytes of a request that is answered at all; what is between the two is told that it is too large."""
MOST_TRIES = 30
WITHIN = 60
"""How often an address may ask in so many seconds. A whole council may be behind one; guessing gets nowhere anyway."""

_SHA256 = re.compile(r"[0-9a-f]{64}")


class Hashed(UploadedFile):
    """A file that was sent and not kept: its name, its size and its SHA-256 (None where it was too large)."""

    def __init__(self, name: str | None, size: int, sha256: str | None) -> None:
        super().__init__(None, name, size=size)
        self.sha256 = sha256


class HashingUploadHandler(FileUploadHandler):
    """Reads a file into its digest and nowhere else."""

    def handle_raw_input(
        self,
        input_data: Any,
        META: dict[str, Any],
        content_length: int,
        boundary: bytes,
        encoding: str | None = None,
    ) -> None:
        if content_length > MOST_SENT:
            raise RequestDataTooBig("More was sent than a letter can be.")

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self.digest = hashlib.sha256()

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        if start < LARGEST:
            self.digest.update(raw_data)
        return None

    def file_complete(self, file_size: int) -> Hashed:
        return Hashed(self.file_name, file_size, self.digest.hexdigest() if file_size <= LARGEST else None)


class VerifyForm(GovukForm):
    """A file, or its SHA-256."""

    buttons = (Button(gettext_lazy("Check")),)
    looks = {"file": Look(size="m"), "sha256": Look(size="m")}

    file = forms.FileField(
        label=gettext_lazy("Choose the letter"),
        help_text=gettext_lazy("The PDF file as you received it, up to 20 MB"),
        required=False,
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": ".pdf,application/pdf"}),
    )
    sha256 = CleanTextField(
        label=gettext_lazy("Or enter its SHA-256"),
        help_text=gettext_lazy("64 characters, 0 to 9 and a to f, if somebody gave it to you"),
        required=False,
        max_length=200,
        # Nothing that the browser remembers from another letter.
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

    def clean_file(self) -> Hashed | None:
        """The file. Raises ValidationError for one that is empty or too large."""
        file: Hashed | None = self.cleaned_data["file"]
        if file is not None and not file.size:
            raise ValidationError(_("The file is empty"))
        if file is not None and file.sha256 is None:
            raise ValidationError(_("The file is larger than 20 MB, so it is not a letter that we issued"))
        return file

    def clean_sha256(self) -> str:
        """The digest in lower case, without the spaces and colons that some programs put in."""
        digest = re.sub(r"[\s:]", "", self.cleaned_data["sha256"]).lower()
        if digest and not _SHA256.fullmatch(digest):
            raise ValidationError(_("A SHA-256 has 64 characters, 0 to 9 and a to f. Copy all of it"))
        return digest

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        if not self.errors and not values.get("file") and not values.get("sha256"):
            self.add_error("file", _("Choose the letter, or enter its SHA-256"))
        return values

    def digest(self) -> str:
        """What is asked about: the file, where there is one."""
        file: Hashed | None = self.cleaned_data["file"]
        return (file.sha256 if file else None) or self.cleaned_data["sha256"]


@never_cache
# It changes nothing and knows nobody, so there is nothing to forge; and the token must not be looked for in a form
# before its file has found its handler.
@csrf_exempt
def verify(request: HttpRequest) -> HttpResponse:
    """Whether a file is a letter that we issued."""
    verdict = None
    if request.method == "POST":
        request.upload_handlers = [HashingUploadHandler(request)]
        if _asks_too_often(request):
            return render(request, "letters/verify_later.html", {"seconds": WITHIN}, status=429)
        form = VerifyForm(request.POST, request.FILES)
        if form.is_valid():
            verdict = verdict_on(form.digest())
            form = VerifyForm()
    else:
        form = VerifyForm()
    return render(request, "letters/verify.html", {"form": form, "verdict": verdict})


def _asks_too_often(request: HttpRequest) -> bool:
    """Counts this question to its address; the count begins anew when it has run out."""
    key = f"verify:{client_address(request) or ''}"
    cache.add(key, 0, WITHIN)
    try:
        return cache.incr(key) > MOST_TRIES
    except ValueError:
        # It ran out between the two lines.
        return False
