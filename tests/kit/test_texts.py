"""Free text: links, invisible characters and card numbers are refused."""

import re

import pytest
from google.protobuf.message import Message

from eventhub import contract
from eventhub.buf.validate import validate_pb2
from eventhub.catalog.v1.catalog_service_pb2 import CreateEventRequest, CreateVenueRequest
from eventhub.common.v1 import options_pb2
from eventhub.common.v1.options_pb2 import (
    TEXT_EMAIL,
    TEXT_KEY,
    TEXT_LINK,
    TEXT_NAME,
    TEXT_PROSE,
    TEXT_UNSPECIFIED,
)
from eventhub.identity.v1.identity_service_pb2 import StartGuestRequest
from eventhub.orders.v1.orders_service_pb2 import CheckoutRequest
from eventhub.pricing.v1.pricing_service_pb2 import CreateCouponRequest
from services.kit.language import texts
from services.kit.language.texts import NO_BLANK, NO_CARD, NO_CONTROL, NO_LINK, PUBLIC_LINK
from tests.kit.test_rules import fields

VISA = "4111111111111111"


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


@pytest.mark.parametrize(
    "sign",
    [
        *("\u202e", "\u2066", "\u200f", "\u200b", "\ufeff", "\u2028", "\x7f", "\n"),
        *(
            "\u00ad",
            "\u034f",
            "\u115f",
            "\u1160",
            "\u3164",
            "\uffa0",
            "\u2800",
            "\U000e0000",
            "\U000e0041",
            "\U000e007f",
        ),
    ],
)
def test_a_name_has_no_invisible_characters(sign: str) -> None:
    assert texts.problem(f"Elza{sign}Soares", TEXT_NAME) == NO_CONTROL
    assert texts.problem(f"w{sign}ww.evil.example", TEXT_NAME) == NO_CONTROL


@pytest.mark.parametrize("joiner", ["\u200d", "\u200c", "\ufe0f"])
def test_a_joiner_hides_no_link(joiner: str) -> None:
    assert texts.problem(f"w{joiner}ww.evil.example", TEXT_NAME) == NO_LINK
    assert texts.problem(f"ht{joiner}tps://evil.example", TEXT_NAME) == NO_LINK


@pytest.mark.parametrize("blank", [" ", "   ", "\u00a0", "\u3000 ", "\u200d", " \ufe0f ", "\u0301"])
def test_a_name_shows_something(blank: str) -> None:
    assert texts.problem(blank, TEXT_NAME) == NO_BLANK
    assert texts.problem("", TEXT_NAME) is None
    assert texts.problem(f"{blank}A", TEXT_NAME) is None


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
    "https://[::10.0.0.1]/",
    "https://[64:ff9b::10.0.0.1]/",
    "https://[64:ff9b::a9fe:a9fe]/",
    "https://[64:ff9b:1::1]/",
    "https://kubernetes.default.svc/",
    "https://kubernetes.default.svc.cluster.local/",
    "https://orders.eventhub.svc.k8s.example.com/",
    "https://orders.svc./",
    "https://x.cluster.local/",
    "https://metadata.google.internal/",
    "https://localhost.localdomain/",
    "https://localhost.example.com/",
    "https://printer\u3002local/",
    "https://printer.\u24db\u24de\u24d2\u24d0\u24db/",
    "https://printer.lo\ufe0fcal/",
    "https://127\u30020\u30020\u30021/",
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
    [
        "",
        "https://meet.example/sala?x=1#a",
        "https://meet.example:443/",
        "https://8.8.8.8/",
        "https://são.example/",
        "https://[2606:4700::1]/",
    ],
)
def test_a_link_leads_to_a_public_one(link: str) -> None:
    assert texts.problem(link, TEXT_LINK) is None


@pytest.mark.parametrize(
    ("request_", "wrong"),
    [
        (CreateCouponRequest(code=VISA), {"code": NO_CARD}),
        (StartGuestRequest(name="  ", email=f"{VISA}@example.com"), {"name": NO_BLANK, "email": NO_CARD}),
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


def test_every_e_mail_of_a_public_request_is_one() -> None:
    seen: set[str] = set()
    kinds = {
        field.full_name: field.GetOptions().Extensions[options_pb2.text]
        for rpc in contract.by_path().values()
        for field in (fields(rpc.request.DESCRIPTOR, seen) if not rpc.internal else ())
        if field.GetOptions().Extensions[validate_pb2.field].string.email
    }
    assert len(kinds) >= len(("RegisterOrganizer", "AddMember", "StartGuest", "Checkout"))
    assert set(kinds.values()) == {TEXT_EMAIL}


def test_a_request_without_texts_costs_nothing_to_look_at() -> None:
    hold = contract.by_path()["/eventhub.inventory.v1.InventoryService/Hold"]
    assert texts.texts_of(hold.request.DESCRIPTOR) is None
    assert TEXT_KEY != TEXT_UNSPECIFIED
