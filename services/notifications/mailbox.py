"""Outlets of mail: a mail server, or a folder if the installation has no mail server."""

import asyncio
from email.message import EmailMessage
from pathlib import Path
from typing import Protocol

from services.kit.values import write_durably


class MailRefused(Exception):
    """The outlet will never take this mail, so it is not tried again. Its text: the outlet's words, without
    addresses."""


class MailDelayed(Exception):
    """The mail could not be handed over now and is tried again. Its text: the outlet's words, without addresses."""


class MailBlocked(MailDelayed):
    """No mail can be handed over until the operator of EventHub or of the mail server acts."""


class Outlet(Protocol):
    """Takes mail and keeps or delivers it."""

    async def send(self, message: EmailMessage) -> None:
        """Hands a mail over. When this returns, the outlet has stored the mail. Raises MailRefused or MailDelayed."""


class Folder:
    """Keeps each mail as a file that is named by its message id. A repeated mail replaces its file."""

    def __init__(self, folder: Path) -> None:
        """folder: made if it is missing."""
        self._folder = folder

    async def send(self, message: EmailMessage) -> None:
        """Writes a mail to its file and waits until the disk has it. Raises MailBlocked."""
        try:
            await asyncio.to_thread(self._write, message)
        except OSError as error:
            raise MailBlocked(f"the folder of mail cannot be written: {error}") from error

    def _write(self, message: EmailMessage) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        name = str(message["Message-ID"]).strip("<>").partition("@")[0]
        write_durably(self._folder / f"{name}.eml", message.as_bytes())
