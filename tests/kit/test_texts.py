"""Free text: links, invisible characters and card numbers are refused."""

import re
from typing import Any

import pytest
from google.protobuf.message import Message
from hypothesis import given
from hypothesis import strategies as st

from eventhub import contract
from eventhub.buf.validate import validate_pb2
from eventhub.catalog.v1.catalog_service_pb2 import CreateEventRequest, CreateVenueRequest
from eventhub.common.v1 import options_pb2
from eventhub.common.v1.options_pb2 import TEXT_KEY, TEXT_LINK, TEXT_NAME, TEXT_PROSE, TEXT_UNSPECIFIED
from eventhub.identity.v1.identity_service_pb2 import StartGuestRequest
from eventhub.orders.v1.orders_service_pb2 import CheckoutRequest
from services.kit.language import texts
from services.kit.language.texts import NO_CARD, NO_CONTROL, NO_LINK, PUBLIC_LINK
from tests.kit.test_rules import fields

VISA = "4111111111111111"
CARDS = (
    VISA,
    "5555 5555 5555 4444",
    "3782-822463-10005",
    "6011.1111.1111.1117",
    "2223000048400011",
    "36227206271667",
    "4222222222222",
    "6062826786276634",
    "6362970000457013",
    "\uff14\uff11\uff11\uff11 1111 1111 1111",
    "pago com 4111 1111 1111 1111 12 28",
    "1-4111 1111 1111 1111",
    "+4111 1111 1111 1111",
)
NO_CARDS = (
    "+55 11 91234-5678",
    "5511912345678",
    "(11) 4004-0001 / 4004-0002",
    "123.456.789-09",
    "12.345.678/0001-95",
    "36227206000110",
    "2026-11-29 2026-11-30",
    "0800 123 4567",
    "4111 1111 1111 1112",
    "41111111111111111111111111111111111111111111",
    "10 20 30 40 50 60 70 80",
    "evt_0123456789abcdef0123456789",
)


@pytest.mark.parametrize("kind", [TEXT_NAME, TEXT_PROSE])
@pytest.mark.parametrize("text", CARDS)
def test_a_card_number_is_refused_however_it_is_written(text: str, kind: Any) -> None:
    assert texts.problem(text, kind) == NO_CARD
    assert texts.problem(f"Sala {text}, fundos", kind) == NO_CARD


@pytest.mark.parametrize("text", NO_CARDS)
def test_other_numbers_are_not(text: str) -> None:
    assert texts.problem(text, TEXT_NAME) is None


@given(st.from_regex(r"\+[1-9][0-9]{6,14}", fullmatch=True) | st.from_regex(r"[0-9]{11}", fullmatch=True))
def test_phones_and_cpfs_never_are(text: str) -> None:
    assert not texts.has_card_number(text)


@pytest.mark.parametrize(
    "name",
    [
        "https://evil.example",
        "Ana www.evil.example",
        "HTTP://x",
        "tg://resolve",
        "Javascript:alert(1)",
        "\uff57\uff57\uff57.evil.example",
    ],
)
def test_a_name_is_no_link(name: str) -> None:
    assert texts.problem(name, TEXT_NAME) == NO_LINK
    assert texts.problem(name, TEXT_PROSE) is None


@pytest.mark.parametrize(
    "name",
    [
        "Node.js",
        "AC/DC: o show",
        "Data: 12/12",
        "d'Ávila & filhos",
        "Ana 👩‍🎤",
        "نادي",
        "Show http",
        "a//b",
        "Awww.",
        "C++",
    ],
)
def test_a_name_may_look_like_one(name: str) -> None:
    assert texts.problem(name, TEXT_NAME) is None


@pytest.mark.parametrize("sign", ["\u202e", "\u2066", "\u200f", "\u200b", "\ufeff", "\u2028", "\x7f", "\n"])
def test_a_name_has_no_invisible_characters(sign: str) -> None:
    assert texts.problem(f"Elza{sign}Soares", TEXT_NAME) == NO_CONTROL


def test_a_description_has_lines_and_one_direction() -> None:
    assert texts.problem("Um.\n\tDois: https://casa.example\r\n", TEXT_PROSE) is None
    assert texts.problem("Um \u202esioD", TEXT_PROSE) == NO_CONTROL


INSIDE = (
    "https://169.254.169.254/latest",
    "https://127.0.0.1",
    "https://10.1.2.3/x",
    "https://[::1]/",
    "https://[fd00::1]/",
    "https://[::ffff:10.0.0.1]/",
    "https://2130706433/",
    "https://0x7f.1/",
    "https://localhost/x",
    "https://db.internal/",
    "https://printer.local./",
    "https://intranet/",
    "https://user:pw@meet.example/",
    "https://meet.example@evil.example/",
    "https://meet.example:22/",
    "https://meet.example:x/",
    "https://meet.example\\@10.0.0.1/",
    "https://",
    "https://[",
    "http://meet.example/",
    "ftp://meet.example/",
)


@pytest.mark.parametrize("link", INSIDE)
def test_a_link_leads_to_no_private_place_and_carries_no_password(link: str) -> None:
    assert texts.problem(link, TEXT_LINK) == PUBLIC_LINK


@pytest.mark.parametrize(
    "link",
    ["", "https://meet.example/sala?x=1#a", "https://meet.example:443/", "https://8.8.8.8/", "https://são.example/"],
)
def test_a_link_leads_to_a_public_one(link: str) -> None:
    assert texts.problem(link, TEXT_LINK) is None


@pytest.mark.parametrize(
    ("request_", "wrong"),
    [
        (StartGuestRequest(name=f"Ana {VISA}"), {"name": NO_CARD}),
        (
            CreateVenueRequest(name="www.casa.example", address=VISA, city=VISA),
            {"name": NO_LINK, "address": NO_CARD, "city": NO_CARD},
        ),
        (
            CreateEventRequest(title="\u202eFesta", online_url="https://10.0.0.1"),
            {"title": NO_CONTROL, "online_url": PUBLIC_LINK},
        ),
        (
            CheckoutRequest(complimentary=CheckoutRequest.Complimentary(reason=VISA)),
            {"complimentary.reason": NO_CARD},
        ),
    ],
)
def test_the_texts_of_a_request_are_found_wherever_they_are(request_: Message, wrong: dict[str, object]) -> None:
    written = texts.texts_of(request_.DESCRIPTOR)

    assert written is not None
    assert dict(texts.problems(request_, written)) == wrong


NAMED_AS_KEY = re.compile(r"(.+_)?(id|ids|token|password|secret|epoch)")
CONFINED = re.compile(r"\^\(?[^.^]*(\\\+)?[^.^]*\$")


def test_every_text_of_a_public_request_says_what_it_is() -> None:
    seen: set[str] = set()
    silent, said = [], set()
    for rpc in contract.by_path().values():
        for field in fields(rpc.request.DESCRIPTOR, seen) if not rpc.internal else ():
            rules = field.GetOptions().Extensions[validate_pb2.field]
            string = rules.repeated.items.string if field.is_repeated else rules.string
            kind = field.GetOptions().Extensions[options_pb2.text]
            free = not (string.email or getattr(string, "in") or CONFINED.fullmatch(string.pattern))
            if field.type == field.TYPE_STRING and free and not NAMED_AS_KEY.fullmatch(field.name):
                said.add(field.full_name.removeprefix("eventhub."))
                if kind == TEXT_UNSPECIFIED:
                    silent.append(field.full_name)
    assert not silent, "\n".join(silent)
    assert {"identity.v1.StartGuestRequest.name", "catalog.v1.CreateVenueRequest.address"} <= said


def test_a_request_without_texts_costs_nothing_to_look_at() -> None:
    hold = contract.by_path()["/eventhub.inventory.v1.InventoryService/Hold"]
    assert texts.texts_of(hold.request.DESCRIPTOR) is None
    assert TEXT_KEY != TEXT_UNSPECIFIED
