"""Where mail goes: to a mail server, or into a folder where there is none."""

import asyncio
import os
from email.message import EmailMessage
from pathlib import Path
from typing import Protocol


class MailRefused(Exception):
    """The mail will never be taken. Trying again is of no use. Its text: what the outlet said, without addresses."""


class MailDelayed(Exception):
    """The mail could not be handed over now. Its text: what the outlet said, without addresses."""


class MailBlocked(MailDelayed):
    """No mail can be handed over until somebody who runs the installation, or the mail server, acts."""


class Outlet(Protocol):
    """Takes mail."""

    async def send(self, message: EmailMessage) -> None:
        """Hands a mail over; once this returns it is safe there. Raises MailRefused or MailDelayed."""


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
            raise MailBlocked(f"the folder of mail cannot be written: {error}") from error

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
