"""A real mail server on this machine, with answers that a test sets."""

import email
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from email.policy import SMTP, default
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

from scripts import certificates
from services.notifications.emails import Mail

OK = "250 OK"


class MailServer:
    """A mail server's handler.

    sender, rcpt, data: the answers to MAIL, RCPT and DATA.
    eight_bits: whether it offers 8BITMIME.
    got: the mails that it took. logins: the names and passwords that it was shown.
    options, encrypted: of each mail that was begun, its options, and whether the connection was encrypted.
    """

    def __init__(self) -> None:
        self.port = 0
        self.got: list[bytes] = []
        self.sender = self.rcpt = self.data = OK
        self.eight_bits = True
        self.options: list[list[str]] = []
        self.encrypted: list[bool] = []
        self.logins: list[tuple[bytes, bytes]] = []

    async def handle_EHLO(self, server: Any, session: Any, envelope: Any, host: str, said: list[str]) -> list[str]:
        session.host_name = host
        return said if self.eight_bits else [line for line in said if "8BITMIME" not in line]

    async def handle_MAIL(self, server: Any, session: Any, envelope: Any, address: str, options: list[str]) -> str:
        self.options.append(options)
        self.encrypted.append(session.ssl is not None)
        envelope.mail_from = address
        return self.sender

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: list[str]) -> str:
        envelope.rcpt_tos.append(address)
        return self.rcpt

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if self.data == OK:
            self.got.append(envelope.content)
        return self.data

    def authenticate(self, server: Any, session: Any, envelope: Any, mechanism: str, given: Any) -> AuthResult:
        assert isinstance(given, LoginPassword)
        self.logins.append((given.login, given.password))
        return AuthResult(success=given.password == b"right", handled=False)


@contextmanager
def listening(server: MailServer, **more: Any) -> Iterator[MailServer]:
    """Listens on a free port of this machine. more: arguments for aiosmtpd."""
    controller = Controller(
        server,
        hostname="127.0.0.1",
        port=free_port(),
        authenticator=server.authenticate,
        auth_require_tls="tls_context" in more,
        **more,
    )
    controller.start()
    server.port = controller.port
    yield server
    controller.stop()


def certified(folder: Path) -> ssl.SSLContext:
    """TLS for a server with a certificate of a private authority. The authority's own certificate is folder/ca.crt."""
    certificates.issue(certificates.authority(), folder, "mail")
    shows = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    shows.load_cert_chain(folder / "tls.crt", folder / "tls.key")
    return shows


def free_port() -> int:
    """A port without a listener."""
    import socket  # noqa: PLC0415 - only here

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def mail(to: str = "ana@example.com") -> Mail:
    """A mail with a picture, as the standard library writes it."""
    message = EmailMessage(policy=SMTP.clone(cte_type="7bit"))
    message["From"] = "EventHub <tickets@eventhub.example>"
    message["To"] = to
    message["Subject"] = "Seus ingressos: Noite às 20:00"
    message["Message-ID"] = "<ntf_1@eventhub.example>"
    message.set_content("Olá!\nAté lá.\n")
    message.add_attachment(b"\x89PNG", "image", "png", filename="ticket-1.png")
    return Mail("ntf_1", "tickets@eventhub.example", to, message.as_bytes())


def read(data: bytes) -> EmailMessage:
    """A mail as a mail program reads it."""
    message = email.message_from_bytes(data, policy=default)
    assert isinstance(message, EmailMessage)
    return message
