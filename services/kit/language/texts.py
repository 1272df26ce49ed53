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
from urllib.parse import urlsplit

from google.protobuf.descriptor import Descriptor
from google.protobuf.message import Message

from eventhub.common.v1 import options_pb2
from eventhub.common.v1.options_pb2 import TEXT_KEY, TEXT_LINK, TEXT_NAME, TEXT_UNSPECIFIED, Text
from eventhub.refusal import Violation

NO_LINK = Violation("text.link", "no link", "nenhum link")
NO_CONTROL = Violation(
    "text.control",
    "no control or invisible characters, none that turn the direction of writing",
    "nenhum caractere de controle ou invisível, nem que inverta a direção da escrita",
)
NO_CARD = Violation("text.card_number", "no card number", "nenhum número de cartão")
PUBLIC_LINK = Violation(
    "text.public_link",
    "an https:// address of a public site, without user, password or port",
    "um endereço https:// de um site público, sem usuário, senha ou porta",
)

LINK = re.compile(r"[a-z][a-z0-9+.-]*://|\bhttps?:|\bmailto:|\bjavascript:|\bwww\.", re.IGNORECASE)
DIRECTION = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
# Joiners are allowed, because emoji and some scripts need them.
INVISIBLE = re.compile("[\x00-\x1f\x7f-\x9f\u180e\u200b\u2028\u2029\u2060-\u2064\ufeff\ufff9-\ufffb]")
DIGITS_MIN, DIGITS_MAX = 13, 19
# Digits of the longest phone number, with the country's code.
PHONE_MAX = 15
# Signs that may separate groups of digits in a number.
SIGNS = (" ", ".", "-")
# The first digits of card numbers, by length. Phone numbers and CNPJs of the same length begin with others.
ISSUED = {
    13: re.compile("4"),
    14: re.compile("3(?:0[0-5]|[689])"),
    15: re.compile("3[47]"),
    16: re.compile("2(?:22[1-9]|2[3-9]|[3-6]|7[01]|720)|3(?:0[0-5]|[5689])|[456]"),
    **dict.fromkeys((17, 18, 19), re.compile("[456]")),
}
DOUBLED_MAX = 9
PORTS = (None, 443)
# Host names that lead to the machine itself or stay inside a network.
INSIDE = re.compile(r"(?:^|\.)(?:localhost|local|internal|intranet|lan|home|corp|arpa|onion|test|invalid)$")


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
        return None if not text or is_public(text) else PUBLIC_LINK
    if DIRECTION.search(text) or (kind == TEXT_NAME and INVISIBLE.search(text)):
        return NO_CONTROL
    plain = unicodedata.normalize("NFKC", text)
    if kind == TEXT_NAME and LINK.search(plain):
        return NO_LINK
    return NO_CARD if has_card_number(plain) else None


def has_card_number(text: str) -> bool:
    """Whether a text contains a number that could be a card's."""
    return any(ISSUED[len(digits)].match(digits) and is_card_number(digits) for digits in numbers(text))


def numbers(text: str) -> Iterator[str]:
    """The numbers in a text that are as long as a card's; after a "+" only those that are longer than a phone's. Groups
    of digits with the same sign between them count as one number: "4111 1111 1111 1111". Each run of groups is tried,
    because a house number may stand before the card number."""
    groups = list(re.finditer(r"[0-9]+", text))
    for n, first in enumerate(groups):
        least = PHONE_MAX + 1 if text[first.start() - 1 : first.start()] == "+" else DIGITS_MIN
        digits, end, sign = first[0], first.end(), ""
        if least <= len(digits) <= DIGITS_MAX:
            yield digits
        for group in groups[n + 1 :]:
            between = text[end : group.start()]
            if between not in SIGNS or between != (sign or between) or len(digits + group[0]) > DIGITS_MAX:
                break
            digits, end, sign = digits + group[0], group.end(), between
            if len(digits) >= least:
                yield digits


def is_card_number(digits: str) -> bool:
    """Whether digits pass the Luhn check, as every card number does."""
    total = 0
    for n, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + n % 2)
        total += value - DOUBLED_MAX if value > DOUBLED_MAX else value
    return total % 10 == 0


def is_public(link: str) -> bool:
    """Whether a link leads to a public site: https, no credentials, no address inside a network."""
    try:
        parts = urlsplit(link)
        host, port = (parts.hostname or "").rstrip("."), parts.port
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
    if isinstance(address, ipaddress.IPv6Address) and (address.ipv4_mapped or address.sixtofour or address.teredo):
        return False
    return address.is_global and not address.is_multicast
