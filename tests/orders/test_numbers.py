"""Orders' short numbers: every single typing error is detected."""

import itertools

import pytest

from eventhub.refusals import InvalidRequest
from services.orders import numbers
from services.orders.numbers import ALPHABET

DRAWN = [numbers.drawn(f"secret {n}") for n in range(200)]


def is_number(text: str) -> bool:
    try:
        return numbers.read(text) == text
    except InvalidRequest:
        return False


def test_numbers_are_short_and_have_no_confusable_characters() -> None:
    assert len(set(DRAWN)) == len(DRAWN)
    assert not set("01ILO") & set(ALPHABET)
    for number in DRAWN:
        first, last = number.split("-")
        assert (len(first), len(last)) == (4, 4)
        assert set(first + last) <= set(ALPHABET)
        assert is_number(number)


def test_every_character_is_drawn() -> None:
    assert set("".join(DRAWN)) == {*ALPHABET, "-"}


@pytest.mark.parametrize("number", DRAWN[:20])
def test_one_wrong_character_is_noticed(number: str) -> None:
    for place in (n for n in range(9) if n != 4):
        for other in set(ALPHABET) - {number[place]}:
            assert not is_number(number[:place] + other + number[place + 1 :])


@pytest.mark.parametrize("number", DRAWN[:50])
def test_two_characters_that_changed_places_are_noticed(number: str) -> None:
    for one, other in itertools.combinations((n for n in range(9) if n != 4), 2):
        swapped = list(number)
        swapped[one], swapped[other] = swapped[other], swapped[one]
        assert "".join(swapped) == number or not is_number("".join(swapped))


def test_a_number_is_read_however_it_is_written() -> None:
    number = DRAWN[0]
    bare = number.replace("-", "")

    for typed in (number.lower(), bare, f" {bare[:2]} {bare[2:]} ", f"{bare[:3]}-{bare[3:]}"):
        assert numbers.read(typed) == number


@pytest.mark.parametrize("wrong", ["", "K7Q4", "K7Q4-93MD-K7Q4", "0000-0000", "IIII-LLLL", "ord_1", "ÇÇÇÇ-ÇÇÇÇ"])
def test_anything_else_is_no_number(wrong: str) -> None:
    with pytest.raises(InvalidRequest):
        numbers.read(wrong)
