"""Certificates of scripts/certificates.py: neighbours know them by name, and refuse foreign or expired ones."""

import asyncio
import ssl
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509

from scripts import certificates

LONG_AGO = timedelta(hours=-1)


def names(folder: Path) -> tuple[list[str], list[str]]:
    """Returns the URIs and host names in a folder's certificate."""
    certificate = x509.load_pem_x509_certificate((folder / "tls.crt").read_bytes())
    found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return found.get_values_for_type(x509.UniformResourceIdentifier), found.get_values_for_type(x509.DNSName)


def tls(folder: Path, purpose: ssl.Purpose) -> ssl.SSLContext:
    """Returns one side of mutual TLS with a folder's files."""
    context = ssl.create_default_context(purpose, cafile=folder / "ca.crt")
    context.load_cert_chain(folder / "tls.crt", folder / "tls.key")
    context.verify_mode = ssl.CERT_REQUIRED
    return context


async def speak(server: Path, client: Path, host: str) -> bytes:
    """Connects a client to a server, each with its certificate, and returns the server's answer."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(await reader.readline())
        await writer.drain()
        writer.close()

    listening = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=tls(server, ssl.Purpose.CLIENT_AUTH))
    async with listening:
        port = listening.sockets[0].getsockname()[1]
        context = tls(client, ssl.Purpose.SERVER_AUTH)
        reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context, server_hostname=host)
        writer.write(b"hello\n")
        heard = await reader.read()
        writer.close()
        return heard


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    signer = certificates.authority()
    certificates.issue(signer, tmp_path / "orders", "orders")
    certificates.issue(signer, tmp_path / "inventory", "inventory")
    return tmp_path / "orders", tmp_path / "inventory"


async def test_two_contexts_accept_each_other_s_certificates(folders: tuple[Path, Path]) -> None:
    orders, inventory = folders

    heard = await speak(inventory, orders, "inventory")

    assert heard == b"hello\n"
    assert names(orders) == (["spiffe://eventhub/orders"], ["orders", "localhost"])
    assert (orders / "tls.key").stat().st_mode & 0o077 == 0


async def test_one_context_cannot_pass_for_another(folders: tuple[Path, Path]) -> None:
    orders, inventory = folders
    with pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"):
        await speak(inventory, orders, "payments")


async def test_another_authority_is_refused(folders: tuple[Path, Path], tmp_path: Path) -> None:
    certificates.issue(certificates.authority(), tmp_path / "forged", "inventory")
    with pytest.raises(ssl.SSLCertVerificationError):
        await speak(tmp_path / "forged", folders[0], "inventory")


async def test_an_expired_certificate_is_refused(tmp_path: Path) -> None:
    signer = certificates.authority()
    certificates.issue(signer, tmp_path / "late", "inventory", lasts=LONG_AGO)
    certificates.issue(signer, tmp_path / "orders", "orders")
    with pytest.raises(ssl.SSLCertVerificationError, match="expired"):
        await speak(tmp_path / "late", tmp_path / "orders", "inventory")


async def test_a_second_run_renews_under_the_same_authority(tmp_path: Path) -> None:
    first = certificates.kept_authority(tmp_path / "authority")
    certificates.issue(first, tmp_path / "orders", "orders")
    before = (tmp_path / "orders" / "tls.crt").read_bytes()

    certificates.issue(certificates.kept_authority(tmp_path / "authority"), tmp_path / "renewed", "orders")

    assert (tmp_path / "renewed" / "tls.crt").read_bytes() != before
    assert await speak(tmp_path / "renewed", tmp_path / "orders", "orders") == b"hello\n"
