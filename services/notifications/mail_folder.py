"""Keeps mail in a folder, for an installation without a mail server."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from services.kit.values import write_all_durably
from services.notifications.channels import DeliveryBlocked
from services.notifications.emails import Mail


class MailFolder:
    """Keeps each mail as a file that is named by the mail's id. A repeated mail replaces its file. Mails that are sent
    while others are written are a group, which is written together: that takes less time than one after the other."""

    def __init__(self, folder: Path) -> None:
        """folder: made if it is missing."""
        self._folder = folder
        # The next group, and the task that writes it. None: there is no next group yet.
        self._mails: list[Mail] = []
        self._group: asyncio.Task[None] | None = None
        self._turn = asyncio.Lock()

    async def send(self, mail: Mail) -> None:
        """Writes a mail to its file and waits until the disk has it. Raises DeliveryBlocked."""
        self._mails.append(mail)
        if self._group is None:
            self._group = asyncio.create_task(self._write_group(), name="mail folder")
        # The others of the group are written even if this caller is cancelled.
        await asyncio.shield(self._group)

    async def _write_group(self) -> None:
        async with self._turn:
            mails, self._mails, self._group = self._mails, [], None
            try:
                await asyncio.to_thread(self._write, mails)
            except OSError as error:
                raise DeliveryBlocked(f"the folder of mail cannot be written: {error}") from error

    def _write(self, mails: Sequence[Mail]) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        write_all_durably({self._folder / f"{mail.mail_id}.eml": mail.data for mail in mails})
