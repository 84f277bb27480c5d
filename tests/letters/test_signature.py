"""Signed letters: what the signature covers, who made it, and that a letter is signed or not issued."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, pkcs12
from django.test import Client
from pikepdf import Name
from pyhanko.keys import load_certs_from_pemder_data
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.status import PdfSignatureStatus
from pyhanko_certvalidator import ValidationContext
from pytest_django import Settings

from assurance.vocabulary import LetterState
from letters.pdf import Content, KeyUnusable, LetterDefective, gate, render
from letters.pdf.signature import SigningKey, open_key, signed
from letters.tasks import make_letter_file
from tests.letters.keys import PASSPHRASE, SUBJECT, key_of_this_run, pkcs12_file
from tests.letters.stages import Stages
from tests.letters.test_pdf import heard, kinds, open_pdf
from tests.letters.test_wording import letter
from tests.universe import Universe


@pytest.fixture
def stages(universe: Universe) -> Stages:
    return Stages(universe)


@pytest.fixture
def key_file(tmp_path: Path, settings: Settings) -> Path:
    """A key that the worker is told of."""
    path = tmp_path / "letters.p12"
    path.write_bytes(pkcs12_file())
    settings.LETTER_SIGNING_KEY, settings.LETTER_SIGNING_PASSPHRASE = path, PASSPHRASE
    return path


def status(pdf: bytes, certificate: x509.Certificate) -> PdfSignatureStatus:
    """What an independent reader says of the one signature, trusting this certificate."""
    (embedded,) = PdfFileReader(BytesIO(pdf)).embedded_signatures
    (trusted,) = load_certs_from_pemder_data(certificate.public_bytes(Encoding.DER))
    return validate_pdf_signature(embedded, ValidationContext(trust_roots=[trusted], allow_fetching=False))


def signed_letter(content: Content | None = None) -> bytes:
    """A letter with a signature."""
    return render(content or letter("outcomes-2024"), partial(signed, key=key_of_this_run())).pdf


# The signature ----------------------------------------------------------------------------------------------


def test_the_signature_is_valid_and_of_the_whole_file() -> None:
    found = status(signed_letter(), key_of_this_run().certificate)
    assert found.bottom_line, found.pretty_print_details()
    assert found.coverage.name == "ENTIRE_FILE"


def test_it_is_pades_and_cannot_be_seen() -> None:
    plain, pdf = render(letter("outcomes-2024")).pdf, signed_letter()
    assert pdf.startswith(plain)
    with open_pdf(pdf) as one, open_pdf(plain) as other:
        (field,) = one.Root.AcroForm.Fields
        assert field.V.SubFilter == Name("/ETSI.CAdES.detached")
        left, bottom, right, top = map(int, field.Rect)
        assert left == right and bottom == top
        assert (heard(one), kinds(one)) == (heard(other), kinds(other))


@pytest.mark.parametrize("place", [20, -20, "title"])
def test_one_changed_byte_is_noticed(place: int | str) -> None:
    pdf = bytearray(signed_letter())
    where = pdf.index(b"/Title") if isinstance(place, str) else place
    pdf[where] ^= 1
    try:
        found = status(bytes(pdf), key_of_this_run().certificate)
    except Exception:
        return
    assert not found.bottom_line


def test_somebody_elses_signature_is_not_trusted() -> None:
    other = open_key(pkcs12_file(), PASSPHRASE)
    assert not status(signed_letter(), other.certificate).bottom_line


def test_whoever_signed_is_named_by_subject_and_fingerprint() -> None:
    key = key_of_this_run()
    der = key.certificate.public_bytes(Encoding.DER)
    assert key.name == f"{SUBJECT}, SHA-256 {hashlib.sha256(der).hexdigest()}"


def test_the_digest_is_of_the_signed_bytes() -> None:
    rendered = render(letter("outcomes-2024"), partial(signed, key=key_of_this_run()))
    assert rendered.sha256 == hashlib.sha256(rendered.pdf).hexdigest()


# The gate ---------------------------------------------------------------------------------------------------


def test_the_gate_looks_at_what_was_signed() -> None:
    def spoil(pdf: bytes) -> bytes:
        """A signer that takes the title away, and signs nothing."""
        target = BytesIO()
        with open_pdf(pdf) as opened:
            del opened.docinfo[Name.Title]
            opened.save(target)
        return target.getvalue()

    with pytest.raises(LetterDefective) as refused:
        render(letter("outcomes-2024"), spoil)
    assert "The letter does not have exactly one signature." in refused.value.defects
    assert "The file has no title." in refused.value.defects


def test_bytes_after_the_signature_are_a_defect() -> None:
    with pytest.raises(LetterDefective, match="not of the whole file"):
        render(letter("outcomes-2024"), lambda pdf: signed(pdf, key_of_this_run()) + b"\n% more\n")


def test_a_letter_that_is_not_to_be_signed_has_no_field() -> None:
    with open_pdf(signed_letter()) as pdf:
        assert gate.defects(pdf, tables=1) == ("A letter has no fields but its signature.",)


# The key ----------------------------------------------------------------------------------------------------

BAD_KEYS: dict[str, tuple[Callable[[], bytes], str]] = {
    "no PKCS#12": (lambda: b"not a key", "cannot be opened"),
    "other passphrase": (lambda: pkcs12_file(passphrase="another"), "cannot be opened"),
    "no certificate": (lambda: pkcs12_file(certificate=False), "a key and its certificate"),
    "RSA": (lambda: pkcs12_file(key=rsa.generate_private_key(65537, 2048)), "on P-256"),
    "other curve": (lambda: pkcs12_file(key=ec.generate_private_key(ec.SECP384R1())), "on P-256"),
    "for encryption": (lambda: pkcs12_file(usage={"key_agreement": True}), "is not for signatures"),
}


@pytest.mark.parametrize("name", BAD_KEYS)
def test_a_key_that_cannot_sign_is_refused_with_its_reason(name: str) -> None:
    make, reason = BAD_KEYS[name]
    with pytest.raises(KeyUnusable, match=reason):
        open_key(make(), PASSPHRASE)


@pytest.mark.parametrize("days", [(-10, -1), (1, 10)])
def test_a_certificate_signs_only_in_its_time(days: tuple[int, int]) -> None:
    key = open_key(pkcs12_file(days=days), PASSPHRASE)
    since = datetime.now(UTC) + timedelta(days=days[0])
    with pytest.raises(KeyUnusable, match=f"holds from {since.day} {since:%B %Y} to"):
        key.require_time(datetime.now(UTC))


def test_neither_key_nor_passphrase_is_shown() -> None:
    key = key_of_this_run()
    held, _certificate, _chain = pkcs12.load_key_and_certificates(pkcs12_file(), PASSPHRASE.encode())
    assert held is not None
    secret = held.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    assert PASSPHRASE not in repr(key)
    assert repr(secret)[2:40] not in repr(key)


# Issuing ----------------------------------------------------------------------------------------------------


def test_a_letter_is_signed_and_issued(stages: Stages, key_file: Path, client: Client) -> None:
    issued = stages.issued()
    assert issued.state == LetterState.ISSUED
    edition = stages.edition(issued)
    certificate = open_key(key_file.read_bytes(), PASSPHRASE).certificate
    with edition.file.open() as file:
        data = file.read()
    assert status(data, certificate).bottom_line
    assert edition.sha256 == hashlib.sha256(data).hexdigest()
    assert edition.signed_by.startswith(f"{SUBJECT}, SHA-256 ")
    client.force_login(stages.universe.lead)
    page = client.get(f"/letters/{issued.pk}/").content.decode()
    assert "Signed by" in page and edition.signed_by in page


def test_without_a_key_a_letter_is_issued_and_nobody_signed_it(stages: Stages, client: Client) -> None:
    issued = stages.issued()
    assert issued.state == LetterState.ISSUED
    assert stages.edition(issued).signed_by == ""
    client.force_login(stages.universe.lead)
    assert "Signed by" not in client.get(f"/letters/{issued.pk}/").content.decode()


def test_a_new_key_is_used_without_a_new_worker(stages: Stages, key_file: Path) -> None:
    first = stages.edition(stages.issued()).signed_by
    key_file.write_bytes(pkcs12_file())
    second = stages.edition(stages.issued()).signed_by
    assert first != second


def lost(key_file: Path, settings: Settings) -> None:
    key_file.unlink()


def damaged(key_file: Path, settings: Settings) -> None:
    key_file.write_bytes(key_file.read_bytes()[:200])


def wrongly_opened(key_file: Path, settings: Settings) -> None:
    settings.LETTER_SIGNING_PASSPHRASE = "another"


def expired(key_file: Path, settings: Settings) -> None:
    key_file.write_bytes(pkcs12_file(days=(-10, -1)))


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (lost, "cannot be read"),
        (damaged, "cannot be opened"),
        (wrongly_opened, "cannot be opened"),
        (expired, "holds from"),
    ],
)
def test_a_letter_that_cannot_be_signed_is_not_issued(
    stages: Stages, key_file: Path, settings: Settings, client: Client, spoil: Callable[..., Any], why: str
) -> None:
    spoil(key_file, settings)
    approved = stages.approved()
    make_letter_file(approved.pk, approved.authority_id)
    left = stages.now(approved)
    assert left.state == LetterState.APPROVED
    assert left.failure.startswith("It could not be signed.") and why in left.failure
    assert PASSPHRASE not in left.failure and str(key_file) not in left.failure
    assert stages.edition(left).sha256 == ""
    client.force_login(stages.universe.signatory)
    assert "could not be signed" in client.get(f"/letters/{left.pk}/").content.decode()


def test_a_fault_while_signing_issues_nothing(stages: Stages, key_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that nobody foresaw: the task fails, and the sweeper sends it again."""

    def fail(pdf: bytes, key: SigningKey) -> bytes:
        raise RuntimeError("The signer is out of order.")

    monkeypatch.setattr("letters.actions.signed", fail)
    approved = stages.approved()
    with pytest.raises(RuntimeError):
        make_letter_file(approved.pk, approved.authority_id)
    assert stages.now(approved).state == LetterState.APPROVED
    assert stages.edition(approved).sha256 == ""
