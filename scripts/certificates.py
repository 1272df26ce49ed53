"""Issues the contexts' certificates from a throw-away authority, if there is no better issuer: certificates.py FOLDER.

FOLDER/authority keeps the authority for the next run; FOLDER/<context> gets ca.crt, tls.crt and tls.key. A second run
renews the certificates, and running processes load them without a restart.
"""

import argparse
import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from eventhub import contract

AUTHORITY_LASTS = timedelta(days=3650)
CERTIFICATE_LASTS = timedelta(days=30)
# Clocks differ a little, so a certificate is valid from a few minutes before it is issued.
EARLIER = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Authority:
    """The certificate and key that sign the contexts' certificates."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey


def main() -> None:
    """Renews the certificates of every context."""
    parser = argparse.ArgumentParser(prog="certificates", description="Issues certificates for the contexts.")
    parser.add_argument("folder", type=Path, help="where the certificates are kept")
    parser.add_argument("--days", type=float, default=CERTIFICATE_LASTS.days, help="how many days they are valid")
    given = parser.parse_args()
    signer = kept_authority(given.folder / "authority")
    for context in contract.contexts():
        issue(signer, given.folder / context, context, lasts=timedelta(days=given.days))


def authority(name: str = "EventHub, throw-away") -> Authority:
    """Makes a new authority, in memory only."""
    key = ec.generate_private_key(ec.SECP256R1())
    usage = {"digital_signature": False, "content_commitment": False, "key_encipherment": False}
    usage |= {"data_encipherment": False, "key_agreement": False, "encipher_only": False, "decipher_only": False}
    certificate = (
        begun(name, AUTHORITY_LASTS)
        .issuer_name(named(name))
        .public_key(key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.KeyUsage(key_cert_sign=True, crl_sign=True, **usage), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    return Authority(certificate, key)


def issue(
    signer: Authority,
    folder: Path,
    context: str,
    *,
    lasts: timedelta = CERTIFICATE_LASTS,
    starts: timedelta = -EARLIER,
    uri: str | None = None,
) -> None:
    """Writes ca.crt, tls.crt and tls.key of a context into a folder, each file whole or not at all. lasts: the time
    from now until it expires; negative for an expired one. starts: the time from now until it becomes valid. uri:
    another name than the context's, for tests."""
    key = ec.generate_private_key(ec.SECP256R1())
    names = [
        x509.UniformResourceIdentifier(f"spiffe://eventhub/{context}" if uri is None else uri),
        x509.DNSName(context),
        x509.DNSName("localhost"),
    ]
    certificate = (
        begun(context, lasts, starts=min(starts, lasts - EARLIER))
        .issuer_name(signer.certificate.subject)
        .public_key(key.public_key())
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(
            x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False
        )
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.key.public_key()), critical=False)
        .sign(signer.key, hashes.SHA256())
    )
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    put(folder / "ca.crt", signer.certificate.public_bytes(Encoding.PEM))
    put(folder / "tls.key", pem(key))
    put(folder / "tls.crt", certificate.public_bytes(Encoding.PEM))


def kept_authority(folder: Path) -> Authority:
    """Loads the authority kept in a folder, or makes one there."""
    if not (folder / "ca.crt").exists():
        fresh = authority()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        put(folder / "ca.key", pem(fresh.key))
        put(folder / "ca.crt", fresh.certificate.public_bytes(Encoding.PEM))
    key = load_pem_private_key((folder / "ca.key").read_bytes(), password=None)
    assert isinstance(key, ec.EllipticCurvePrivateKey), "written by this program"
    return Authority(x509.load_pem_x509_certificate((folder / "ca.crt").read_bytes()), key)


def begun(name: str, lasts: timedelta, *, starts: timedelta = -EARLIER) -> x509.CertificateBuilder:
    """Starts a certificate: subject, serial number and validity."""
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder().subject_name(named(name)).serial_number(x509.random_serial_number())
    return builder.not_valid_before(now + starts).not_valid_after(now + lasts)


def named(name: str) -> x509.Name:
    """Makes an X.509 name with only a common name."""
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    """Encodes a private key as unencrypted PKCS #8 in PEM."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def put(path: Path, content: bytes) -> None:
    """Writes a file that only its owner may read. A reader sees the old content or the new, never a part."""
    aside = path.with_name(f".{path.name}")
    aside.unlink(missing_ok=True)
    with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
    aside.rename(path)


if __name__ == "__main__":
    main()
