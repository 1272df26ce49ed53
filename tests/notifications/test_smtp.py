"""Mail over SMTP to a real mail server: permanent and temporary errors, their words, encryption and passwords."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from services.kit.values.config import BadSetting, Settings
from services.notifications.channels import DeliveryBlocked, DeliveryDelayed, DeliveryRefused
from services.notifications.smtp import Smtp, encryption, harmless
from tests.notifications.mail_server import MailServer, certified, free_port, listening, mail


@pytest.fixture
def smtp() -> Iterator[MailServer]:
    """A mail server without encryption."""
    with listening(MailServer()) as server:
        yield server


def to(server: MailServer, **more: Any) -> Smtp:
    """An outlet that sends to a server."""
    return Smtp(Settings(smtp_host=more.pop("host", "127.0.0.1"), smtp_port=server.port, **more))


def signing_in(folder: Path, password: str) -> dict[str, str]:
    """The settings of a user who signs in with a password."""
    (folder / "password").write_text(f"{password}\n")
    return {"smtp_user": "hub", "smtp_password_file": str(folder / "password")}


@pytest.mark.parametrize(
    ("says", "raised", "words"),
    [
        ({"rcpt": "550 No such user"}, DeliveryRefused, "550 No such user"),
        ({"rcpt": "450 Mailbox busy"}, DeliveryDelayed, "450 Mailbox busy"),
        ({"rcpt": "530 Authentication required"}, DeliveryBlocked, "530 Authentication required"),
        ({"data": "554 We do not want that"}, DeliveryRefused, "554 We do not want that"),
        ({"data": "451 Come back later"}, DeliveryDelayed, "451 Come back later"),
        ({"sender": "553 Sender address is not yours"}, DeliveryBlocked, "553 Sender address is not yours"),
        ({"sender": "552 Too large"}, DeliveryRefused, "552 Too large"),
    ],
)
async def test_permanent_and_temporary_refusals_are_told_apart(
    smtp: MailServer, says: dict[str, str], raised: type[Exception], words: str
) -> None:
    for about, answer in says.items():
        setattr(smtp, about, answer)
    with pytest.raises(raised) as refused:
        await to(smtp).send(mail())

    assert (type(refused.value), str(refused.value), smtp.got) == (raised, words, [])


async def test_addresses_and_names_are_taken_out_of_a_server_s_words(smtp: MailServer) -> None:
    smtp.rcpt = "550 5.1.1 <ana.p@example.com>: no mailbox ana.p here, ask postmaster@mx.example"
    with pytest.raises(DeliveryRefused) as refused:
        await to(smtp).send(mail("ana.p@example.com"))

    assert str(refused.value) == "550 5.1.1 <<address>>: no mailbox <name> here, ask <address>"


def test_a_server_s_words_are_short_and_on_one_line() -> None:
    words = harmless("535 no\r\nBcc: all " + "x" * 1_000, "ana@example.com")
    assert (words.startswith("535 no Bcc: all x"), len(words)) == (True, 300)


async def test_the_error_names_a_server_that_cannot_be_reached(tmp_path: Path) -> None:
    with pytest.raises(DeliveryBlocked, match=r"127\.0\.0\.1"):
        await Smtp(Settings(data_dir=tmp_path, smtp_host="127.0.0.1", smtp_port=free_port())).send(mail())


async def test_the_password_is_read_from_its_file_for_each_mail(smtp: MailServer, tmp_path: Path) -> None:
    outlet = to(smtp, **signing_in(tmp_path, "wrong"))
    with pytest.raises(DeliveryBlocked, match=r"^535 "):
        await outlet.send(mail())
    signing_in(tmp_path, "right")
    await outlet.send(mail())

    assert (set(smtp.logins), len(smtp.got)) == ({(b"hub", b"wrong"), (b"hub", b"right")}, 1)


@pytest.mark.parametrize("eight_bits", [True, False])
async def test_mail_is_seven_bits_even_if_a_server_takes_eight(smtp: MailServer, *, eight_bits: bool) -> None:
    smtp.eight_bits = eight_bits
    await to(smtp).send(mail())

    (arrived,) = smtp.got
    assert arrived.isascii()
    assert not any("BODY" in option for options in smtp.options for option in options)


@pytest.fixture
def private(tmp_path: Path) -> Iterator[MailServer]:
    """A mail server with a certificate of a private authority, which requires encryption."""
    with listening(MailServer(), tls_context=certified(tmp_path), require_starttls=True) as server:
        yield server


async def test_a_private_authority_is_trusted_by_its_file(private: MailServer, tmp_path: Path) -> None:
    trusting = {"host": "localhost", "smtp_ca_file": str(tmp_path / "ca.crt")}
    await to(private, **trusting, **signing_in(tmp_path, "right")).send(mail())

    assert (private.encrypted, private.logins, len(private.got)) == ([True], [(b"hub", b"right")], 1)


async def test_the_error_tells_that_a_certificate_is_not_trusted(private: MailServer, tmp_path: Path) -> None:
    with pytest.raises(DeliveryBlocked, match=r"(?i)certificate verify failed"):
        await to(private, host="localhost", **signing_in(tmp_path, "right")).send(mail())

    assert (private.logins, private.got) == ([], [])


async def test_a_certificate_for_another_name_is_refused(private: MailServer, tmp_path: Path) -> None:
    with pytest.raises(DeliveryBlocked, match=r"(?i)certificate verify failed"):
        await to(private, host="127.0.0.1", smtp_ca_file=str(tmp_path / "ca.crt")).send(mail())


async def test_a_server_without_encryption_gets_mail_only_if_the_settings_allow_it(smtp: MailServer) -> None:
    with pytest.raises(DeliveryBlocked, match="STARTTLS"):
        await to(smtp, smtp_tls="starttls").send(mail())
    await to(smtp, smtp_tls="off").send(mail())

    assert (smtp.encrypted, len(smtp.got)) == ([False], 1)


async def test_a_connection_can_be_encrypted_from_the_first_byte(tmp_path: Path) -> None:
    with listening(MailServer(), ssl_context=certified(tmp_path)) as server:
        trusting = {"host": "localhost", "smtp_ca_file": str(tmp_path / "ca.crt"), "smtp_tls": "implicit"}
        await to(server, **trusting).send(mail())

        assert len(server.got) == 1


@pytest.mark.parametrize(
    ("host", "port", "how"),
    [
        ("127.0.0.1", 25, "auto"),
        ("::1", 25, "auto"),
        ("localhost", 587, "auto"),
        ("10.0.0.1", 587, "starttls"),
        ("mx", 25, "starttls"),
        ("mx", 465, "implicit"),
        ("127.0.0.1", 465, "implicit"),
    ],
)
def test_mail_leaves_the_machine_encrypted(host: str, port: int, how: str) -> None:
    assert encryption(Settings(smtp_host=host, smtp_port=port)) == how


@pytest.mark.parametrize(
    ("odd", "complaint"),
    [
        ({"smtp_user": "hub", "smtp_password_file": "/nope"}, "EVENTHUB_SMTP_PASSWORD_FILE cannot be read: .*/nope"),
        ({"smtp_user": "hub"}, "EVENTHUB_SMTP_USER is set, EVENTHUB_SMTP_PASSWORD_FILE, the file with .* is not"),
        ({"smtp_ca_file": "/nope"}, "EVENTHUB_SMTP_CA_FILE: no certificates can be read from /nope"),
        ({"smtp_ca_file": __file__}, "EVENTHUB_SMTP_CA_FILE: no certificates"),
        ({"smtp_tls": "maybe"}, "EVENTHUB_SMTP_TLS is none of auto, starttls, implicit and off: 'maybe'"),
        ({"smtp_tls": "off", "smtp_user": "hub"}, "EVENTHUB_SMTP_TLS=off would show the password"),
    ],
)
def test_settings_that_can_never_work_are_refused_at_the_start(odd: dict[str, str], complaint: str) -> None:
    with pytest.raises(BadSetting, match=complaint):
        Smtp(Settings(smtp_host="mail.example", **odd))  # type: ignore[arg-type]  # all of these settings are texts
