"""Keeps mail in a folder, for an installation without a mail server."""

import asyncio
from email.message import EmailMessage
from pathlib import Path

from services.kit.values import write_durably
from services.notifications.channels import DeliveryBlocked


class MailFolder:
    """Keeps each mail as a file that is named by its message id. A repeated mail replaces its file."""

    def __init__(self, folder: Path) -> None:
        """folder: made if it is missing."""
        self._folder = folder

    async def send(self, message: EmailMessage) -> None:
        """Writes a mail to its file and waits until the disk has it. Raises DeliveryBlocked."""
        try:
            await asyncio.to_thread(self._write, message)
        except OSError as error:
            raise DeliveryBlocked(f"the folder of mail cannot be written: {error}") from error

    def _write(self, message: EmailMessage) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        name = str(message["Message-ID"]).strip("<>").partition("@")[0]
        write_durably(self._folder / f"{name}.eml", message.as_bytes())
