"""Envelopes: a letter as an e-mail."""

import json
import re
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from services.notifications.letters import Letter, Private, picture_id
from services.notifications.notices import SECOND_US, Notice

# One plain address: nothing that could end a header, begin another, or name a second recipient.
ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})*")
DOMAIN = "eventhub"


class NoAddress(Exception):
    """A recipient's address is none that mail can be sent to."""


def enclose(notice: Notice, letter: Letter, private: Private, *, to: str, sender: str, now_us: int) -> EmailMessage:
    """A letter as an e-mail to an address. Raises NoAddress."""
    message = EmailMessage(policy=SMTP)
    message["From"] = sender
    message["To"] = recipient(to)
    message["Subject"] = letter.subject
    message["Date"] = format_datetime(datetime.fromtimestamp(now_us // SECOND_US, UTC))
    message["Message-ID"] = f"<{notice.notification_id}@{DOMAIN}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(letter.text)
    message.add_alternative(letter.html, subtype="html")
    pictures = pictures_of(notice, private)
    html = message.get_body(("html",))
    assert html is not None, "it was just added"
    for serial, png in pictures:
        html.add_related(png, "image", "png", cid=f"<{picture_id(serial)}>", disposition="inline")
    for serial, png in pictures:
        message.add_attachment(png, "image", "png", filename=f"ticket-{serial}.png")
    return message


def recipient(to: str) -> str:
    """An address that stands alone in its header. Raises NoAddress."""
    if not ADDRESS.fullmatch(to):
        raise NoAddress
    try:
        Address(addr_spec=to)
    except ValueError:
        raise NoAddress from None
    return to


def pictures_of(notice: Notice, private: Private) -> list[tuple[int, bytes]]:
    """The pictures of a notice's tickets by serial."""
    if not private.pictures:
        return []
    tickets = json.loads(notice.cause)["tickets"]
    return [
        (ticket["serial"], private.pictures[ticket["ticket_id"]])
        for ticket in tickets
        if ticket["ticket_id"] in private.pictures
    ]
