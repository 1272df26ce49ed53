"""The channel for e-mail: composes mail, and hands it to a mail server or to a folder."""

import asyncio
from typing import Protocol

from services.notifications import emails
from services.notifications.channels import Message
from services.notifications.emails import Mail, Sender
from services.notifications.notices import NoticeKind


class Outlet(Protocol):
    """Takes mail, and keeps or delivers it: smtp.Smtp, or mail_folder.MailFolder if there is no mail server."""

    async def send(self, mail: Mail) -> None:
        """See Channel.send."""


class EmailChannel:
    """Delivers notices as e-mail."""

    def __init__(self, outlet: Outlet, sender: Sender) -> None:
        """sender: named in the From header."""
        self._outlet = outlet
        self._sender = sender
        # The kinds and languages whose templates are compiled.
        self._compiled: set[tuple[NoticeKind, str]] = set()

    async def compose(self, message: Message) -> Mail:
        """Makes a mail. Its Message-ID is made of the notification's id. Raises AddressInvalid."""
        wanted = message.notice.kind, message.language
        if wanted in self._compiled:
            return emails.compose(message, self._sender)
        # In a thread, because the first mail takes up to 50 ms. A later one takes half a millisecond.
        mail = await asyncio.to_thread(emails.compose, message, self._sender)
        self._compiled.add(wanted)
        return mail

    async def send(self, composed: Mail) -> None:
        """See Channel.send."""
        await self._outlet.send(composed)
