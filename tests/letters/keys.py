"""Keys to sign letters with, made for each run: none is kept anywhere."""

from __future__ import annotations

import functools
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12
from cryptography.x509.oid import NameOID

from letters.pdf.signature import SigningKey, open_key

PASSPHRASE = "only for this run"
SUBJECT = "CN=Outcome letters,O=Office of Trials"
USES = (
    *("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement"),
    *("key_cert_sign", "crl_sign", "encipher_only", "decipher_only"),
)
"""All that a certificate may say of its key (RFC 5280, 4.2.1.3)."""


def pkcs12_file(
    *,
    key: Any = None,
    days: tuple[int, int] = (-1, 365),
    certificate: bool = True,
    usage: dict[str, bool] | None = None,
    passphrase: str = PASSPHRASE,
) -> bytes:
    """A key and a certificate that it signed itself, as a PKCS#12 file.

    Args:
        key: a private key; by default a new one on P-256.
        days: from when until when the certificate holds, counted from now.
        certificate: whether there is one.
        usage: what the certificate says that it is for, beside nothing; by default signatures.
    """
    key = key or ec.generate_private_key(ec.SECP256R1())
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Office of Trials"),
            x509.NameAttribute(NameOID.COMMON_NAME, "Outcome letters"),
        ]
    )
    uses = dict.fromkeys(USES, False) | (usage or {"digital_signature": True, "content_commitment": True})
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + timedelta(days=days[0]))
        .not_valid_after(now + timedelta(days=days[1]))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.KeyUsage(**uses), critical=True)
        .sign(key, SHA256())
    )
    return pkcs12.serialize_key_and_certificates(
        b"letters", key, made if certificate else None, None, BestAvailableEncryption(passphrase.encode())
    )


@functools.cache
def key_of_this_run() -> SigningKey:
    """A key that is as it should be."""
    return open_key(pkcs12_file(), PASSPHRASE)
