"""Numbers that a card may have, and texts that only look as if they had one."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventhub.common.v1.options_pb2 import TEXT_CODE, TEXT_EMAIL, TEXT_LINK, TEXT_NAME, TEXT_PROSE
from services.kit.language import cards, texts
from services.kit.language.texts import NO_CARD

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
    "4111_1111_1111_1111",
    "4111/1111/1111/1111",
    "4111 / 1111 / 1111 / 1111",
    "4111  1111  1111  1111",
    "4111\u00a01111\u00a01111\u00a01111",
    "4111, 1111, 1111, 1111",
    "4111|1111|1111|1111",
    "4111\u20131111\u20131111\u20131111",
    "4111\u22121111\u22121111\u22121111",
    "4111 1111-1111 1111",
    "4111-1111 1111/1111",
    "4111 1111 1111-1111",
    "3782 822463-10005",
    "\u0664\u0661\u0661\u0661\u0661\u0661\u0661\u0661\u0661\u0661\u0661\u0661\u0661\u0661\u0661\u0661",
    "\u096a\u0967\u0967\u0967 1111 1111 1111",
    "4111\u200d1111\u200c1111\ufe0f1111",
)
NO_CARDS = (
    "+55 11 91234-5678",
    "5511912345678",
    "(11) 4004-0001 / 4004-0002",
    "4004-0001, 4004-0005",
    "4004-0001 4004-0005",
    "4004 0001, 4004 0005",
    "4004 0001 - 4004 0005",
    "4004.0001 | 4004.0005",
    "1998, 1999, 2000, 2001",
    "4/10/2026, 5/10/2026, 6/10/2026",
    "R$ 4.000,00 / 5.000,00",
    "4, 11, 111, 1111, 11, 1, 1111",
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
    assert not cards.has_card_number(text)


@given(st.from_regex(r"[2-5][0-9]{3}-[0-9]{4}( / |, | | ou | - |; |\n)[2-5][0-9]{3}-[0-9]{4}", fullmatch=True))
def test_two_phones_are_no_card(text: str) -> None:
    assert not cards.has_card_number(text)


@pytest.mark.parametrize(
    "name", [VISA, "4111.1111.1111.1111", "ana+4111111111111111", "ana+378282246310005", f"a{VISA}z"]
)
def test_an_e_mail_is_no_card_number(name: str) -> None:
    assert texts.problem(f"{name}@example.com", TEXT_EMAIL) == NO_CARD


@pytest.mark.parametrize("name", ["ana", "ana.souza+show", "5511912345678", "4915112345678", "52998224725"])
def test_an_e_mail_may_have_a_phone_in_it(name: str) -> None:
    assert texts.problem(f"{name}@{VISA}.example.com", TEXT_EMAIL) is None


def test_a_code_is_no_card_number() -> None:
    assert [texts.problem(code, TEXT_CODE) for code in (VISA, "4111-1111-1111-1111")] == [NO_CARD, NO_CARD]
    assert [texts.problem(code, TEXT_CODE) for code in ("", "DESCONTO10", "2026-11-29")] == [None, None, None]


@pytest.mark.parametrize("path", [VISA, "x?card=4111%201111%201111%201111", "#4111-1111-1111-1111"])
def test_a_link_has_no_card_number(path: str) -> None:
    assert texts.problem(f"https://meet.example.com/{path}", TEXT_LINK) == NO_CARD
    assert texts.problem("https://meet.example.com/j/98765432101?pwd=4kRt81", TEXT_LINK) is None
