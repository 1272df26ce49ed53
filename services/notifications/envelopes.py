"""Makes an e-mail of a letter: its headers, its texts and its pictures."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.errors import MessageError
from email.header import Header
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import format_datetime, formataddr
from typing import Any

from services.kit.values import BadSetting, Settings
from services.notifications.letters import Letter, Picture, Private, one_line
from services.notifications.notices import SECOND_US, Notice

# One plain address. Nothing in it can end a header, begin another header, or name a second recipient.
ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})*")
# Every mail server takes text of seven bits.
QUOTED_PRINTABLE = "quoted-printable"


class NoAddress(Exception):
    """A recipient's address cannot be sent mail: it is not one plain address."""


class Folding(EmailPolicy):
    """Folds headers for SMTP. The library's newer code loses or doubles spaces between words that are not ASCII, and
    quotes the words of a long name without their colons. So the subject and the sender, which hold text that people
    have typed, are folded by its older code."""

    def fold(self, name: str, value: Any) -> str:
        """The lines of a header, as text."""
        if name == "Subject":
            return f"{name}: {self._words(str(value), name)}{self.linesep}"
        if name == "From":
            (sender,) = value.addresses
            shown, address = sender.display_name, sender.addr_spec
            if shown.isascii():
                return f"{name}: {formataddr((shown, address))}{self.linesep}"
            return f"{name}: {self._words(shown, name)}{self.linesep} <{address}>{self.linesep}"
        return str(super().fold(name, value))

    def fold_binary(self, name: str, value: Any) -> bytes:
        """The lines of a header, as the bytes that are sent."""
        return self.fold(name, value).encode("ascii", "surrogateescape")

    def _words(self, text: str, name: str) -> str:
        return Header(text, "us-ascii" if text.isascii() else "utf-8", header_name=name).encode(linesep=self.linesep)


POLICY = Folding(linesep="\r\n", cte_type="7bit")


@dataclass(frozen=True, slots=True)
class Sender:
    """The sender of mail. reply_to: the address for answers; empty if answers go to the sender's own address."""

    name: str
    address: str
    reply_to: str = ""

    @property
    def domain(self) -> str:
        """The domain of the address. Ids of messages and pictures end with it, so that no other sender has the same."""
        return self.address.partition("@")[2]

    def on_behalf_of(self, organizer: str) -> Address:
        """The address with the name that a reader sees: "Organizer via EventHub", or the sender's own name if there is
        no organizer. "via" is the same word in Portuguese and English."""
        return Address(" via ".join(filter(None, (one_line(organizer), self.name))), addr_spec=self.address)


def sender_of(settings: Settings) -> Sender:
    """The sender of an installation's mail. Raises BadSetting."""
    name, address = addressed("EVENTHUB_MAIL_FROM", settings.mail_from)
    _, reply_to = addressed("EVENTHUB_MAIL_REPLY_TO", settings.mail_reply_to) if settings.mail_reply_to else ("", "")
    return Sender(name, address, reply_to)


def addressed(setting: str, text: str) -> tuple[str, str]:
    """The name and the address in a setting's text. Raises BadSetting."""
    message = EmailMessage()
    try:
        message["From"] = text
        (only,) = message["From"].addresses
    except (MessageError, ValueError, IndexError):
        only = None
    if only is None or not ADDRESS.fullmatch(only.addr_spec):
        raise BadSetting(f'{setting} is no address such as "EventHub <tickets@eventhub.example>": {text!r}')
    return only.display_name, only.addr_spec


def enclose(
    notice: Notice, letter: Letter, private: Private, *, to: str, sender: Sender, organizer: str, now_us: int
) -> EmailMessage:
    """Makes an e-mail of a letter. organizer: the name of the event's organizer; empty if the letter is not about an
    event. Raises NoAddress."""
    message = EmailMessage(policy=POLICY)
    message["From"] = sender.on_behalf_of(organizer)
    message["To"] = recipient(to)
    if sender.reply_to:
        message["Reply-To"] = sender.reply_to
    message["Subject"] = letter.subject
    message["Date"] = format_datetime(datetime.fromtimestamp(now_us // SECOND_US, UTC))
    message["Message-ID"] = f"<{notice.notification_id}@{sender.domain}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(letter.text, cte=QUOTED_PRINTABLE)
    message.add_alternative(letter.html, subtype="html", cte=QUOTED_PRINTABLE)
    html = message.get_body(("html",))
    assert html is not None, "it was just added"
    for picture in private.pictures.values():
        html.add_related(picture.png, "image", "png", cid=f"<{picture.cid}>", disposition="inline")
    for picture in private.pictures.values():
        message.add_attachment(picture.png, "image", "png", filename=f"ticket-{picture.serial}.png")
    return message


def recipient(to: str) -> str:
    """Returns the address if it is one plain address. Raises NoAddress."""
    if not ADDRESS.fullmatch(to):
        raise NoAddress
    try:
        Address(addr_spec=to)
    except ValueError:
        raise NoAddress from None
    return to


def picture(notice: Notice, serial: int, png: bytes, sender: Sender) -> Picture:
    """A ticket's picture, with an id that no other mail uses."""
    return Picture(serial, f"ticket-{serial}.{notice.notification_id}@{sender.domain}", png)
