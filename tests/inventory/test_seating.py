"""Best seats: side by side, near the middle, no single seat left alone. First as a function, then by FindBestSeats."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventhub import refusals
from eventhub.inventory.v1 import inventory_service_pb2 as pb
from services.inventory import availability_transactions, seating
from services.inventory.seating import FreeSeat
from tests.inventory.world import BALCONY, EVENT, STALLS, STANDING, available, hld, hold, open_theatre, seats
from tests.stage import Stage


def row(n: int, free: str) -> list[FreeSeat]:
    """A row as seen from above: row(0, "oo.oo") has a gap in its middle. The stage is in front of the middle; row 0 is
    nearest to it."""
    middle = (len(free) - 1) / 2
    return [
        FreeSeat(f"{n}-{index:02d}", n, index, int(2 * abs(index - middle)) + 100 * n)
        for index, mark in enumerate(free)
        if mark == "o"
    ]


def ids(chosen: tuple[FreeSeat, ...]) -> list[str]:
    return [seat.seat_id for seat in chosen]


def test_the_middle_of_the_front_row_goes_first() -> None:
    house = row(0, "oooooooo") + row(1, "oooooooo")

    assert ids(seating.best(house, 2)) == ["0-03", "0-04"]


def test_the_edge_in_front_is_nearer_than_the_row_behind() -> None:
    assert ids(seating.best(row(0, "oo....oo") + row(1, "oooooooo"), 2)) == ["0-00", "0-01"]


def test_no_seat_is_left_alone_if_possible() -> None:
    # The nearest pair of "ooooo" would leave one alone on one side; the row behind has a pair that leaves none.
    assert ids(seating.best(row(0, "ooo"), 2)) in (["0-00", "0-01"], ["0-01", "0-02"])
    assert ids(seating.best(row(0, "ooo") + row(1, "oooo"), 2)) == ["1-00", "1-01"]
    assert ids(seating.best(row(0, ".oo.ooo."), 2)) == ["0-01", "0-02"]


def test_one_seat_from_the_middle_of_three_would_leave_two_alone() -> None:
    assert ids(seating.best(row(0, "ooo"), 1)) == ["0-00"]
    assert ids(seating.best(row(0, ".o.ooo."), 1)) == ["0-03"]


def test_if_no_row_has_enough_the_fewest_rows_are_used() -> None:
    house = row(0, "oo.oo") + row(1, "ooo.o") + row(2, "oo.ooooo")

    assert ids(seating.best(row(0, "oo.oo") + row(1, "oo.o."), 4)) == ["0-00", "0-01", "0-03", "0-04"]
    assert {seat.row_index for seat in seating.best(house, 6)} == {2}
    assert len({seat.row_index for seat in seating.best(house, 11)}) == 2


@pytest.mark.parametrize("house", [[], row(0, "ooo"), row(0, "o.o") + row(1, "o")])
def test_too_few_free_seats_are_refused(house: list[FreeSeat]) -> None:
    with pytest.raises(refusals.NoSuchSeats) as refused:
        seating.best(house, 4)

    assert refused.value.available == str(len(house))


houses = st.lists(st.text("o.", max_size=12), min_size=1, max_size=6).map(
    lambda plans: [seat for n, plan in enumerate(plans) for seat in row(n, plan)]
)


def longest_run(free: list[FreeSeat]) -> int:
    """The length of the longest run, counted in another way than seating does: from each seat to the end of its run."""
    taken = {(seat.row_index, seat.seat_index) for seat in free}
    longest = 0
    for n, index in taken:
        length = 1
        while (n, index + length) in taken:
            length += 1
        longest = max(longest, length)
    return longest


def fewest_rows(free: list[FreeSeat], quantity: int) -> int:
    sizes: dict[int, int] = {}
    for seat in free:
        sizes[seat.row_index] = sizes.get(seat.row_index, 0) + 1
    needed = 0
    for size in sorted(sizes.values(), reverse=True):
        needed += 1
        quantity -= size
        if quantity <= 0:
            break
    return needed


@given(houses, st.integers(1, 15))
def test_the_proposal_can_be_had_and_sits_together(free: list[FreeSeat], quantity: int) -> None:
    if quantity > len(free):
        with pytest.raises(refusals.NoSuchSeats):
            seating.best(free, quantity)
        return

    best = seating.best(free, quantity)

    assert len(set(best)) == len(best) == quantity
    assert set(best) <= set(free)
    assert list(best) == sorted(best, key=lambda seat: (seat.row_index, seat.seat_index))
    if longest_run(free) >= quantity:
        assert all((b.row_index, b.seat_index) == (a.row_index, a.seat_index + 1) for a, b in pairwise(best))
    else:
        assert len({seat.row_index for seat in best}) == fewest_rows(free, quantity)


@given(houses, st.integers(1, 6))
def test_the_order_in_which_seats_are_read_does_not_matter(free: list[FreeSeat], quantity: int) -> None:
    if quantity <= len(free):
        assert seating.best(free, quantity) == seating.best(list(reversed(free)), quantity)


async def best(stage: Stage, quantity: int, ticket_type_id: str = STALLS, event_id: str = EVENT) -> list[str]:
    request = pb.FindBestSeatsRequest(event_id=event_id, ticket_type_id=ticket_type_id, quantity=quantity)
    return [seat.seat_id for seat in (await stage.anyone().inventory.FindBestSeats(request)).seats]


async def test_a_proposal_takes_nothing_and_can_be_held(stage: Stage) -> None:
    await open_theatre(stage)
    ana = stage.buyer()

    first, again = await best(stage, 2), await best(stage, 2)

    assert first == again == ["A-05", "A-06"]
    assert (await available(ana))[STALLS] == 10
    await hold(ana, hld(1), seats(*first))
    assert await best(stage, 2) == ["A-03", "A-04"]


async def test_a_type_is_shown_its_own_seats(stage: Stage) -> None:
    await open_theatre(stage)

    assert await best(stage, 3, BALCONY) == ["B-04", "B-05", "B-06"]
    with pytest.raises(refusals.NoSuchSeats) as refused:
        await best(stage, 11)
    assert refused.value.available == "10"


@pytest.mark.parametrize(
    ("refusal", "ticket_type_id", "event_id", "quantity"),
    [
        (refusals.EventNotFound, STALLS, "evt_other", 1),
        (refusals.TicketTypeNotFound, "tkt_other", EVENT, 1),
        (refusals.SeatNotAllowed, STANDING, EVENT, 1),
        (refusals.InvalidRequest, STALLS, EVENT, 0),
        (refusals.InvalidRequest, STALLS, EVENT, 51),
    ],
)
async def test_impossible_requests_are_refused(
    stage: Stage, refusal: type[Exception], ticket_type_id: str, event_id: str, quantity: int
) -> None:
    await open_theatre(stage)

    with pytest.raises(refusal):
        await best(stage, quantity, ticket_type_id, event_id)


async def test_seats_side_by_side_far_away_beat_scattered_ones_near(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(availability_transactions, "NEAREST_LOOKED_AT", 4)
    await open_theatre(stage)
    await hold(stage.buyer(), hld(1), seats("A-03", "A-05", "A-07"))

    # The four nearest are; three side by side are only at the edge.
    assert await best(stage, 3) == ["A-08", "A-09", "A-10"]


async def test_seats_farther_away_that_leave_none_alone_beat_near_ones(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(availability_transactions, "NEAREST_LOOKED_AT", 3)
    await open_theatre(stage)
    await hold(stage.buyer(), hld(1), seats("A-04", "A-08"))

    # The three nearest are: each pair of them leaves the third seat alone.
    assert await best(stage, 2) == ["A-09", "A-10"]


@pytest.mark.parametrize(
    ("free", "chosen", "alone"),
    [
        ("oooo", (1, 2), True),
        ("oooo", (0, 1), False),
        ("o.oo", (2, 3), False),
        ("ooo", (0, 1), True),
        ("oo", (0, 1), False),
    ],
)
def test_a_seat_is_alone_without_a_free_neighbour(free: str, chosen: tuple[int, int], alone: bool) -> None:
    house = row(0, free)
    taken = [seat for seat in house if seat.seat_index in chosen]

    assert seating.leaves_one_alone(taken, house) is alone
