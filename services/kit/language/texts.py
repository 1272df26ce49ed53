"""Rules for free text: a name must not contain a link or invisible characters, and no text may contain a card number.

These texts appear in mails and on tickets. A guest named "Your order failed, see evil.example" must not be able to send
that to others. The contract says for each field which kind of text it is.
"""

import ipaddress
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import unquote, urlsplit

from google.protobuf.descriptor import Descriptor
from google.protobuf.message import Message

from eventhub.common.v1 import options_pb2
from eventhub.common.v1.options_pb2 import TEXT_EMAIL, TEXT_KEY, TEXT_LINK, TEXT_NAME, TEXT_UNSPECIFIED, Text
from eventhub.refusal import Violation
from services.kit.language import cards

NO_LINK = Violation("text.link", "no link", "nenhum link")
NO_CONTROL = Violation(
    "text.control",
    "no control or invisible characters, none that turn the direction of writing",
    "nenhum caractere de controle ou invisível, nem que inverta a direção da escrita",
)
NO_BLANK = Violation("text.blank", "more than spaces", "mais que espaços")
NO_CARD = Violation("text.card_number", "no card number", "nenhum número de cartão")
PUBLIC_LINK = Violation(
    "text.public_link",
    "an https:// address of a public site, without user, password or port",
    "um endereço https:// de um site público, sem usuário, senha ou porta",
)

LINK = re.compile(r"[a-z][a-z0-9+.-]*://|\bhttps?:|\bmailto:|\bjavascript:|\bwww\.", re.IGNORECASE)
DIRECTION = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
# Characters that show nothing or only a space: controls, fillers, tags, and marks that renderers ignore.
INVISIBLE = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u034f\u115f\u1160\u17b4\u17b5\u180e\u200b\u2028\u2029\u2060-\u2065\u206a-\u206f"
    "\u2800\u3164\ufeff\uffa0\ufff9-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e00ff]"
)
# Joiners and variation selectors are allowed, because emoji and some scripts need them.
JOINING = re.compile("[\u180b-\u180d\u180f\u200c\u200d\ufe00-\ufe0f\U000e0100-\U000e01ef]")
# The Unicode categories of visible characters: letters, numbers, punctuation, symbols.
SHOWN = "LNPS"
PORTS = (None, 443)
# Browsers read this character as a dot in a host name.
IDEOGRAPHIC_STOP = "\u3002"
# Host names that lead to the machine itself or stay inside a network or a cluster.
INSIDE = re.compile(
    r"(?:^|\.)(?:localhost|localdomain|local|internal|intranet|lan|home|corp|arpa|onion|test|invalid)$"
    r"|^localhost\.|\.svc(?:\.|$)"
)
# Public IPv6 addresses. An address that wraps an IPv4 one is not among them: that one may be private.
PUBLIC_IPV6 = ipaddress.IPv6Network("2000::/3")


@dataclass(frozen=True, slots=True)
class Texts:
    """The text fields of a message type.

    fields: name and kind of each. parts: fields that hold messages with text, each with the text fields of its type.
    """

    fields: tuple[tuple[str, Text.ValueType], ...]
    parts: tuple[tuple[str, "Texts"], ...]


@cache
def texts_of(descriptor: Descriptor) -> Texts | None:
    """The text fields of a message type; None if there are none. The type must not contain itself."""
    fields, parts = [], []
    for field in descriptor.fields:
        kind = field.GetOptions().Extensions[options_pb2.text]
        inside = texts_of(field.message_type) if field.message_type else None
        if kind not in (TEXT_UNSPECIFIED, TEXT_KEY):
            fields.append((field.name, kind))
        elif inside is not None:
            parts.append((field.name, inside))
    return Texts(tuple(fields), tuple(parts)) if fields or parts else None


def problems(message: Message, texts: Texts, path: str = "") -> Iterator[tuple[str, Violation]]:
    """Yields each text of a message that breaks a rule, as (field path, violation)."""
    for name, kind in texts.fields:
        for text in listed(getattr(message, name)):
            wrong = problem(text, kind)
            if wrong is not None:
                yield path + name, wrong
    for name, inside in texts.parts:
        for part in listed(getattr(message, name)):
            yield from problems(part, inside, f"{path}{name}.")


def listed(value: Any) -> Any:
    """The values of a field as a sequence, whether it is repeated or not."""
    return (value,) if isinstance(value, str | Message) else value


def problem(text: str, kind: Text.ValueType) -> Violation | None:
    """The rule that a text breaks; None if it breaks none."""
    if kind == TEXT_LINK:
        return link_problem(text) if text else None
    if kind == TEXT_NAME:
        return name_problem(text) if text else None
    if DIRECTION.search(text):
        return NO_CONTROL
    has_number = cards.is_in_email if kind == TEXT_EMAIL else cards.has_card_number
    return NO_CARD if has_number(plain(text)) else None


def link_problem(link: str) -> Violation | None:
    """What is wrong with a link."""
    if not is_public(link):
        return PUBLIC_LINK
    return NO_CARD if cards.has_card_number(plain(unquote(link))) else None


def name_problem(name: str) -> Violation | None:
    """What is wrong with a name."""
    if DIRECTION.search(name) or INVISIBLE.search(name):
        return NO_CONTROL
    said = plain(name)
    if not any(unicodedata.category(sign)[0] in SHOWN for sign in said):
        return NO_BLANK
    if LINK.search(said):
        return NO_LINK
    return NO_CARD if cards.has_card_number(said) else None


def plain(text: str) -> str:
    """A text as people read it: without invisible characters, each character in its usual form (NFKC)."""
    if text.isascii():
        return text
    return unicodedata.normalize("NFKC", JOINING.sub("", INVISIBLE.sub(kept, text)))


def kept(invisible: "re.Match[str]") -> str:
    """The character if it is a line break or a tab; otherwise nothing."""
    return invisible[0] if invisible[0].isspace() else ""


def is_public(link: str) -> bool:
    """Whether a link leads to a public site: https, no credentials, no address inside a network."""
    try:
        parts = urlsplit(link)
        host, port = plain(parts.hostname or "").replace(IDEOGRAPHIC_STOP, ".").rstrip("."), parts.port
    except ValueError:
        return False
    if parts.scheme != "https" or "@" in parts.netloc or "\\" in link or port not in PORTS or not link.isprintable():
        return False
    return is_public_address(host) if is_number(host) else "." in host and not INSIDE.search(host)


def is_number(host: str) -> bool:
    """Whether a browser reads a host as an IP address: it contains ":", or its last part is a number, even "0x7f"."""
    return ":" in host or re.fullmatch(r"\d+|0x[0-9a-f]*", host.rpartition(".")[2]) is not None


def is_public_address(host: str) -> bool:
    """Whether a host is an IP address of the public network, in its usual form. Other forms, such as "127.1", are not
    accepted."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address) and (
        address not in PUBLIC_IPV6 or address.sixtofour or address.teredo
    ):
        return False
    return address.is_global and not address.is_multicast
