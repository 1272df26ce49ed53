"""The states with which a seat map begins."""

from hypothesis import given
from hypothesis import strategies as st

from eventhub.inventory.v1 import inventory_pb2 as nouns
from services.inventory.seat_watch import LETTERS, NUMBERS, States, UnpositionedChanges
from services.inventory.stock import SeatState

LETTER = {state.value[0]: nouns.SeatState.Value(f"SEAT_STATE_{state.value}") for state in SeatState}


def changed(*versions: tuple[int, int]) -> list[nouns.SeatChange]:
    return [nouns.SeatChange(position=position, version=version) for position, version in versions]


def unpacked(packed: bytes) -> list[int]:
    return [half for byte in packed for half in (byte & 15, byte >> 4)]


def test_changes_in_the_snapshot_are_not_told_again() -> None:
    ahead = UnpositionedChanges(changed((1, 2), (1, 3), (2, 5)))

    assert ahead.unseen(changed((1, 2), (3, 9))) == changed((3, 9))
    assert ahead.versions == {1: 3, 2: 5}
    assert ahead.unseen(changed((1, 3), (2, 6))) == changed((2, 6))
    assert ahead.versions == {}


def test_the_letters_and_numbers_are_the_contracts() -> None:
    assert {chr(letter): int(chr(number)) for letter, number in zip(LETTERS, NUMBERS, strict=True)} == LETTER


def test_the_first_seat_has_the_lower_half_of_the_first_byte() -> None:
    states = States([(0, "HS"), (3, "F")], plan_seats=5)

    assert states.packed() == bytes([0x32, 0x10, 0x00])
    states.change(4, nouns.SEAT_STATE_BLOCKED)
    assert states.packed() == bytes([0x32, 0x10, 0x04])


@given(st.lists(st.sampled_from([None, *LETTER])), st.integers(0, 30))
def test_each_seat_has_its_state_and_gaps_are_not_sold(seats: list[str | None], more: int) -> None:
    runs = [(n, letter) for n, letter in enumerate(seats) if letter]

    states = States(runs, plan_seats=len(seats) + more)

    wanted = [LETTER[letter] if letter else 0 for letter in seats] + [0] * more
    assert len(states) == len(wanted)
    assert unpacked(states.packed()) == wanted + [0] * (len(wanted) % 2)


def test_a_plan_has_at_least_the_seats_that_are_sold() -> None:
    assert len(States([(0, "FF")], plan_seats=0)) == 2
