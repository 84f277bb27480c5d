"""Signing a finished letter: bytes and a key in, signed bytes out.

The signature is invisible and PAdES baseline B-B (ETSI EN 319 142-1), so that any reader of PDF says who signed the
file and that nothing in it has changed since. It is appended: what was set stays byte for byte as it was, and with it
PDF/A-2a and PDF/UA-1. A signature that can be seen would break both.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from io import BytesIO

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import pkcs12
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import PdfSignatureMetadata, SimpleSigner, sign_pdf
from pyhanko.sign.fields import InvisSigSettings, SigFieldSpec, SigSeedSubFilter

from letters.pdf.faults import KeyUnusable

FIELD = "Signature"
"""The name of the one signature field of a letter."""
RESERVED = 12 * 1024
"""Bytes for the signature in the file: it holds the certificates, a usual chain is 4 kB, and the size must be known."""


@dataclass(frozen=True)
class SigningKey:
    """A private key with its certificate, ready to sign."""

    signer: SimpleSigner
    certificate: x509.Certificate

    @property
    def name(self) -> str:
        """Subject and SHA-256 fingerprint of the certificate, as they are kept with what it signed."""
        return f"{self.certificate.subject.rfc4514_string()}, SHA-256 {self.certificate.fingerprint(SHA256()).hex()}"

    def require_time(self, at: datetime) -> None:
        """The certificate holds at this moment: a reader of PDF trusts no signature from before or after.

        Raises:
            KeyUnusable: it does not.
        """
        since, until = self.certificate.not_valid_before_utc, self.certificate.not_valid_after_utc
        if not since <= at <= until:
            days = " to ".join(f"{day.day} {day:%B %Y}" for day in (since, until))
            raise KeyUnusable(f"The certificate of the signing key holds from {days}.")


def open_key(content: bytes, passphrase: str) -> SigningKey:
    """The key in a PKCS#12 file.

    Raises:
        KeyUnusable: it is no such file, the passphrase is not its own, or the key or certificate cannot sign letters.
    """
    try:
        key, certificate, _chain = pkcs12.load_key_and_certificates(content, passphrase.encode())
    except ValueError as error:
        # The library cannot tell a wrong passphrase from a damaged file.
        raise KeyUnusable("The signing key cannot be opened: wrong passphrase, or no PKCS#12 file.") from error
    if key is None or certificate is None:
        raise KeyUnusable("The file of the signing key must hold a key and its certificate.")
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
        raise KeyUnusable("The signing key must be an elliptic-curve key on P-256.")
    if not _may_sign(certificate):
        raise KeyUnusable("The certificate of the signing key is not for signatures.")
    return SigningKey(SimpleSigner.load_pkcs12_data(content, (), passphrase.encode()), certificate)


def signed(pdf: bytes, key: SigningKey) -> bytes:
    """``pdf`` with a signature appended. Two signatures of one file differ, because each has a random number in it.

    Costs 25 ms for a letter of the usual length.
    """
    # PDF/A forbids a hidden field and PDF/UA one on the page without a tag: an empty one beside the page is neither.
    field = SigFieldSpec(FIELD, invis_sig_settings=InvisSigSettings(box_out_of_bounds=True))
    metadata = PdfSignatureMetadata(field_name=FIELD, md_algorithm="sha256", subfilter=SigSeedSubFilter.PADES)
    target = BytesIO()
    sign_pdf(
        IncrementalPdfFileWriter(BytesIO(pdf)),
        metadata,
        key.signer,
        new_field_spec=field,
        bytes_reserved=RESERVED,
        output=target,
    )
    return target.getvalue()


def _may_sign(certificate: x509.Certificate) -> bool:
    """Whether the certificate lets its key sign: one that does not say what it is for is for everything."""
    try:
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return True
    return usage.digital_signature or usage.content_commitment
