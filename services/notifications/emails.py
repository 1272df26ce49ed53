"""Composes e-mail: headers, texts and pictures."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.errors import MessageError
from email.header import Header
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import format_datetime, formataddr
from functools import partial
from typing import Any

from services.kit.values import SECOND_US, BadSetting, Settings
from services.notifications import texts
from services.notifications.channels import AddressInvalid, Message
from services.notifications.texts import Text, one_line

# One plain address. Nothing in it can end a header, begin another header, or name a second recipient.
ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})*")
# Every mail server takes text of seven bits.
QUOTED_PRINTABLE = "quoted-printable"


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


def compose(message: Message, sender: Sender) -> EmailMessage:
    """Makes a mail of a message. Raises AddressInvalid."""
    notice, event, private = message.notice, message.event, message.private
    text = texts.private_text(notice, event, private, message.language)
    cid = partial(content_id, message_id(message, sender))
    html = texts.private_html(notice, event, private, message.language, subject=text.subject, cid=cid)
    return assembled(message, text, html, sender)


def assembled(message: Message, text: Text, html: str, sender: Sender) -> EmailMessage:
    """A mail with its headers, both texts and the pictures of tickets. Raises AddressInvalid."""
    mail = EmailMessage(policy=POLICY)
    mail["From"] = sender.on_behalf_of(message.event.get("organizer", ""))
    mail["To"] = recipient(message.address)
    if sender.reply_to:
        mail["Reply-To"] = sender.reply_to
    mail["Subject"] = text.subject
    mail["Date"] = format_datetime(datetime.fromtimestamp(message.now_us // SECOND_US, UTC))
    own_id = message_id(message, sender)
    mail["Message-ID"] = f"<{own_id}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(text.body, cte=QUOTED_PRINTABLE)
    mail.add_alternative(html, subtype="html", cte=QUOTED_PRINTABLE)
    alternative = mail.get_body(("html",))
    assert alternative is not None, "it was just added"
    for picture in message.private.pictures.values():
        cid = f"<{content_id(own_id, picture.serial)}>"
        alternative.add_related(picture.png, "image", "png", cid=cid, disposition="inline")
    for picture in message.private.pictures.values():
        mail.add_attachment(picture.png, "image", "png", filename=f"ticket-{picture.serial}.png")
    return mail


def message_id(message: Message, sender: Sender) -> str:
    """The id of a mail, which a repeat shares."""
    return f"{message.notice.notification_id}@{sender.domain}"


def content_id(mail_id: str, serial: int) -> str:
    """The id of a ticket's picture, which no other mail uses."""
    return f"ticket-{serial}.{mail_id}"


def recipient(address: str) -> str:
    """Returns the address if it is one plain address. Raises AddressInvalid."""
    if not ADDRESS.fullmatch(address):
        raise AddressInvalid
    try:
        Address(addr_spec=address)
    except ValueError:
        raise AddressInvalid from None
    return address
