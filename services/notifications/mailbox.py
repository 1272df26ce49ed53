"""Where mail goes: to a mail server, or into a folder where there is none."""

import asyncio
import ipaddress
import os
from email.message import EmailMessage
from pathlib import Path
from typing import Protocol

from services.kit.config import Settings

TIMEOUT_S = 20.0
TLS_PORT = 465
REFUSED_FOR_GOOD = range(500, 600)


class MailRefused(Exception):
    """The mail will never be taken. Trying again is of no use."""


class MailDelayed(Exception):
    """The mail could not be handed over now."""


class Outlet(Protocol):
    """Takes mail."""

    async def send(self, message: EmailMessage) -> None:
        """Hands a mail over; once this returns it is safe there. Raises MailRefused or MailDelayed."""


def outlet_for(settings: Settings) -> Outlet:
    """The outlet of an installation."""
    return Smtp(settings) if settings.smtp_host else Folder(settings.data_dir / "mail")


class Folder:
    """Keeps each mail as a file that is named by its message id. A repeat replaces it."""

    def __init__(self, folder: Path) -> None:
        """folder: made where it is missing."""
        self._folder = folder

    async def send(self, message: EmailMessage) -> None:
        """Writes a mail."""
        try:
            await asyncio.to_thread(self._write, message)
        except OSError as error:
            raise MailDelayed from error

    def _write(self, message: EmailMessage) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        name = str(message["Message-ID"]).strip("<>").partition("@")[0]
        half = self._folder / f".{name}.part"
        with half.open("wb") as file:
            file.write(message.as_bytes())
            file.flush()
            os.fsync(file.fileno())
        half.replace(self._folder / f"{name}.eml")
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


class Smtp:
    """Hands mail to a server, encrypted where it offers that."""

    def __init__(self, settings: Settings) -> None:
        """settings: the server, and who signs in there."""
        self._settings = settings

    async def send(self, message: EmailMessage) -> None:
        """Hands a mail over in a connection of its own."""
        import aiosmtplib  # noqa: PLC0415 - most installations under test have no mail server

        settings = self._settings
        implicit = settings.smtp_port == TLS_PORT
        try:
            await aiosmtplib.send(
                await asyncio.to_thread(message.as_bytes),
                sender=message["From"].addresses[0].addr_spec,
                recipients=[address.addr_spec for address in message["To"].addresses],
                hostname=settings.smtp_host,
                port=settings.smtp_port,
                username=settings.smtp_user or None,
                password=await asyncio.to_thread(self._password),
                use_tls=implicit,
                start_tls=None if implicit or not self._must_encrypt() else True,
                timeout=TIMEOUT_S,
            )
        except aiosmtplib.SMTPRecipientsRefused as refused:
            raise outcome(*(each.code for each in refused.recipients)) from refused
        except (aiosmtplib.SMTPSenderRefused, aiosmtplib.SMTPDataError) as refused:
            raise outcome(refused.code) from refused
        except (aiosmtplib.SMTPException, OSError) as error:
            raise MailDelayed from error

    def _must_encrypt(self) -> bool:
        """A password never leaves the machine in the clear, even if somebody in between hides the server's offer."""
        return bool(self._settings.smtp_user) and not is_loopback(self._settings.smtp_host)

    def _password(self) -> str | None:
        if not self._settings.smtp_user:
            return None
        return Path(self._settings.smtp_password_file).read_text().strip()


def outcome(*codes: int) -> MailRefused | MailDelayed:
    """What a server's codes mean: 5xx is its last word."""
    return MailRefused() if all(code in REFUSED_FOR_GOOD for code in codes) else MailDelayed()


def is_loopback(host: str) -> bool:
    """Whether a host is this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
