"""Keeps mail in a folder, for an installation without a mail server."""

import asyncio
from pathlib import Path

from services.kit.values import write_durably
from services.notifications.channels import DeliveryBlocked
from services.notifications.emails import Mail


class MailFolder:
    """Keeps each mail as a file that is named by the mail's id. A repeated mail replaces its file."""

    def __init__(self, folder: Path) -> None:
        """folder: made if it is missing."""
        self._folder = folder

    async def send(self, mail: Mail) -> None:
        """Writes a mail to its file and waits until the disk has it. Raises DeliveryBlocked."""
        try:
            await asyncio.to_thread(self._write, mail)
        except OSError as error:
            raise DeliveryBlocked(f"the folder of mail cannot be written: {error}") from error

    def _write(self, mail: Mail) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        write_durably(self._folder / f"{mail.mail_id}.eml", mail.data)
