"""Composes e-mail: headers, texts and pictures."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.errors import MessageError
from email.message import EmailMessage
from email.utils import format_datetime
from functools import partial

from services.kit.values import SECOND_US, BadSetting, Settings
from services.notifications import mime, texts
from services.notifications.channels import AddressInvalid, Message
from services.notifications.mime import Attached
from services.notifications.phrases import one_line
from services.notifications.texts import Text

# One plain address. Nothing in it can end a header, begin another header, or name a second recipient.
WORD = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
ADDRESS = re.compile(rf"(?=[^@]{{1,64}}@){WORD}(\.{WORD})*@[A-Za-z0-9-]{{1,63}}(\.[A-Za-z0-9-]{{1,63}})*")


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail as it is sent. mail_id: without the sender's domain; a repeat has the same."""

    mail_id: str
    sender: str
    recipient: str
    data: bytes


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

    def on_behalf_of(self, organizer: str) -> str:
        """The name that a reader sees: "Organizer via EventHub", or the sender's own name if there is no organizer.
        "via" is the same word in Portuguese and English."""
        return " via ".join(filter(None, (one_line(organizer), self.name)))


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


def compose(message: Message, sender: Sender) -> Mail:
    """Makes a mail of a message. Raises AddressInvalid."""
    notice, event, private = message.notice, message.event, message.private
    text = texts.private_text(notice, event, private, message.language)
    cid = partial(content_id, message_id(message, sender))
    html = texts.private_html(notice, event, private, message.language, subject=text.subject, cid=cid)
    return assembled(message, text, html, sender)


def assembled(message: Message, text: Text, html: str, sender: Sender) -> Mail:
    """A mail with its headers, both texts and the pictures of tickets. Raises AddressInvalid."""
    to = recipient(message.address)
    own_id = message_id(message, sender)
    heads = [
        mime.person("From", sender.on_behalf_of(message.event.get("organizer", "")), sender.address),
        mime.header("To", to),
        *([mime.header("Reply-To", sender.reply_to)] if sender.reply_to else []),
        mime.header("Subject", text.subject),
        mime.header("Date", format_datetime(datetime.fromtimestamp(message.now_us // SECOND_US, UTC))),
        mime.header("Message-ID", f"<{own_id}>"),
        mime.header("Auto-Submitted", "auto-generated"),
    ]
    attached = [
        Attached(content_id(own_id, picture.serial), f"ticket-{picture.serial}.png", picture.png)
        for picture in message.private.pictures.values()
    ]
    mail_id = message.notice.notification_id
    return Mail(mail_id, sender.address, to, mime.document(heads, text.body, html, attached, boundary=mail_id))


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
    return address
