"""One suite for every outlet: what is handed over is there, to the byte, and is there once however often it is sent."""

import email
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP, default
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

from services.kit.config import Settings
from services.notifications.mailbox import Folder, MailDelayed, MailRefused, Outlet, Smtp, is_loopback, outlet_for


def mail(to: str = "ana@example.com") -> EmailMessage:
    message = EmailMessage(policy=SMTP)
    message["From"] = "EventHub <tickets@eventhub.example>"
    message["To"] = to
    message["Subject"] = "Seus ingressos: Noite às 20:00"
    message["Message-ID"] = "<ntf_1@eventhub>"
    message.set_content("Olá!\nAté lá.\n")
    message.add_attachment(b"\x89PNG", "image", "png", filename="ticket-1.png")
    return message


class Server:
    """A mail server's ears. answers: what it says to each recipient; data: what it says to a mail."""

    def __init__(self) -> None:
        self.got: list[bytes] = []
        self.rcpt = "250 OK"
        self.data = "250 OK"
        self.logins: list[tuple[bytes, bytes]] = []

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: list[str]) -> str:
        envelope.rcpt_tos.append(address)
        return self.rcpt

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if self.data.startswith("250"):
            self.got.append(envelope.content)
        return self.data

    def authenticate(self, server: Any, session: Any, envelope: Any, mechanism: str, given: Any) -> AuthResult:
        assert isinstance(given, LoginPassword)
        self.logins.append((given.login, given.password))
        return AuthResult(success=given.password == b"right", handled=False)


@dataclass
class Listening:
    """A server and where it listens."""

    server: Server
    settings: Settings


@pytest_asyncio.fixture
async def smtp(tmp_path: Path) -> AsyncIterator[Listening]:
    """A real mail server on this machine."""
    server = Server()
    controller = Controller(
        server, hostname="127.0.0.1", port=0, authenticator=server.authenticate, auth_require_tls=False
    )
    controller.port = free_port()
    controller.start()
    yield Listening(server, Settings(data_dir=tmp_path, smtp_host="127.0.0.1", smtp_port=controller.port))
    controller.stop()


def free_port() -> int:
    import socket  # noqa: PLC0415 - only here

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


Got = Callable[[], list[EmailMessage]]


@pytest_asyncio.fixture(params=["folder", "smtp"])
async def outlet(request: pytest.FixtureRequest, tmp_path: Path, smtp: Listening) -> tuple[Outlet, Got]:
    """Each outlet, and what has arrived there."""
    if request.param == "smtp":
        return Smtp(smtp.settings), lambda: [read(data) for data in smtp.server.got]
    folder = tmp_path / "mail"
    return Folder(folder), lambda: [read(path.read_bytes()) for path in sorted(folder.glob("*.eml"))]


def read(data: bytes) -> EmailMessage:
    message = email.message_from_bytes(data, policy=default)
    assert isinstance(message, EmailMessage)
    return message


async def test_mail_arrives_whole(outlet: tuple[Outlet, Got]) -> None:
    out, got = outlet
    await out.send(mail())

    (arrived,) = got()
    assert arrived["To"] == "ana@example.com"
    assert arrived["Subject"] == "Seus ingressos: Noite às 20:00"
    body = arrived.get_body(("plain",))
    assert body is not None
    assert body.get_content().splitlines() == ["Olá!", "Até lá."]
    assert [each.get_content() for each in arrived.iter_attachments()] == [b"\x89PNG"]


async def test_a_repeat_has_the_same_message_id(outlet: tuple[Outlet, Got]) -> None:
    out, got = outlet
    await out.send(mail())
    await out.send(mail())

    assert {arrived["Message-ID"] for arrived in got()} == {"<ntf_1@eventhub>"}


async def test_a_folder_keeps_one_file_a_mail_and_nothing_half_written(tmp_path: Path) -> None:
    out = Folder(tmp_path / "mail")
    await out.send(mail())
    await out.send(mail())

    assert [path.name for path in (tmp_path / "mail").iterdir()] == ["ntf_1.eml"]
    assert b"\r\nTo: ana@example.com\r\n" in (tmp_path / "mail" / "ntf_1.eml").read_bytes()


async def test_a_folder_that_cannot_be_written_delays(tmp_path: Path) -> None:
    (tmp_path / "mail").write_text("in the way")
    with pytest.raises(MailDelayed):
        await Folder(tmp_path / "mail").send(mail())


@pytest.mark.parametrize(
    ("rcpt", "data", "raised"),
    [
        ("550 No such user", "250 OK", MailRefused),
        ("450 Mailbox busy", "250 OK", MailDelayed),
        ("250 OK", "554 We do not want that", MailRefused),
        ("250 OK", "451 Come back later", MailDelayed),
    ],
)
async def test_a_server_s_last_word_is_told_from_its_not_now(
    smtp: Listening, rcpt: str, data: str, raised: type[Exception]
) -> None:
    smtp.server.rcpt, smtp.server.data = rcpt, data
    with pytest.raises(raised):
        await Smtp(smtp.settings).send(mail())
    assert smtp.server.got == []


async def test_a_server_that_is_away_delays(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, smtp_host="127.0.0.1", smtp_port=free_port())
    with pytest.raises(MailDelayed):
        await Smtp(settings).send(mail())


@pytest.mark.parametrize(("password", "taken"), [("right", True), ("wrong", False)])
async def test_the_password_comes_from_its_file(smtp: Listening, tmp_path: Path, password: str, *, taken: bool) -> None:
    secret = tmp_path / "password"
    secret.write_text(f"{password}\n")
    settings = Settings(
        smtp_host="127.0.0.1", smtp_port=smtp.settings.smtp_port, smtp_user="hub", smtp_password_file=str(secret)
    )
    if taken:
        await Smtp(settings).send(mail())
    else:
        with pytest.raises(MailDelayed):
            await Smtp(settings).send(mail())

    assert set(smtp.server.logins) == {(b"hub", password.encode())}
    assert len(smtp.server.got) == int(taken)


async def test_a_missing_password_file_delays(smtp: Listening, tmp_path: Path) -> None:
    settings = Settings(
        smtp_host="127.0.0.1",
        smtp_port=smtp.settings.smtp_port,
        smtp_user="hub",
        smtp_password_file=str(tmp_path / "missing"),
    )
    with pytest.raises(MailDelayed):
        await Smtp(settings).send(mail())


def test_settings_choose_the_outlet(tmp_path: Path) -> None:
    assert isinstance(outlet_for(Settings(data_dir=tmp_path)), Folder)
    assert isinstance(outlet_for(Settings(data_dir=tmp_path, smtp_host="mail.example")), Smtp)


@pytest.mark.parametrize(
    ("host", "here"), [("127.0.0.1", True), ("::1", True), ("localhost", True), ("10.0.0.1", False), ("mx", False)]
)
def test_only_this_machine_gets_a_password_in_the_clear(host: str, *, here: bool) -> None:
    assert is_loopback(host) is here
