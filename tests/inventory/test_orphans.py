"""Events may refuse holds that leave a single seat alone, or warn of them."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventhub import refusals
from eventhub.client import EventHub
from eventhub.inventory.v1 import inventory_pb2 as nouns
from eventhub.inventory.v1 import inventory_service_pb2 as pb
from services.inventory import orphans
from services.inventory.orphans import Choice, RowSeat
from tests.inventory.halls import BOXES, HALF_HALL, HALL, open_hall
from tests.inventory.world import ORGANIZER, hld, hold, rows, seats
from tests.stage import Stage, outcome

REFUSE, WARN = nouns.ORPHAN_RULE_REFUSE, nouns.ORPHAN_RULE_WARN


def drawn(*plans: str) -> list[RowSeat]:
    """Free seats of rows as seen from above: "o" and "x" are free, in two categories, "W" is free and accessible."""
    return [
        RowSeat(
            seat_id=f"{row}-{index}",
            label="",
            row_index=row,
            seat_index=index,
            category="box" if mark == "x" else "hall",
            special=mark == "W",
        )
        for row, plan in enumerate(plans)
        for index, mark in enumerate(plan)
        if mark != "."
    ]


def of_hall(*seat_ids: str) -> Choice:
    return Choice(frozenset(seat_ids), lambda category: category == "hall")


@pytest.mark.parametrize(
    ("plan", "taken", "alone"),
    [
        ("oooo", (1,), [0]),
        ("oooo", (0,), []),
        ("oooo", (1, 2), [0, 3]),
        ("ooo", (1,), [0, 2]),
        ("oo.oo", (1,), [0]),
        ("o.oo", (2, 3), []),
        ("o", (0,), []),
        ("Wo", (1,), []),
        ("oooWo", (4,), []),
        ("oox", (1,), [0, 2]),
        ("oooo", (0, 3), []),
    ],
)
def test_a_seat_is_alone_if_its_last_free_neighbour_goes(plan: str, taken: tuple[int, ...], alone: list[int]) -> None:
    choice = of_hall(*(f"0-{n}" for n in taken))

    found = orphans.left_alone(drawn(plan), choice.seat_ids, choice)

    assert [seat.seat_index for seat in found] == alone


@pytest.mark.parametrize(
    ("plans", "quantity", "possible"),
    [
        (["oo"], 1, False),
        (["oo", "ooo"], 1, True),
        (["oo", "o"], 1, True),
        (["ooo"], 2, False),
        (["oo"], 2, True),
        (["oooo"], 2, True),
        (["ooo", "ooo"], 4, False),
        (["xxxx"], 2, False),
        (["oox"], 2, False),
        (["ooxx"], 2, True),
        (["ooW"], 2, True),
        (["oWo"], 1, True),
    ],
)
def test_a_single_seat_can_be_avoided_if_as_many_fit_elsewhere(
    plans: list[str], quantity: int, *, possible: bool
) -> None:
    assert orphans.avoidable(drawn(*plans), of_hall(*(f"?{n}" for n in range(quantity)))) is possible


@given(st.text("oxW.", max_size=9), st.integers(1, 4))
def test_what_can_be_avoided_is_avoided_by_some_choice(plan: str, quantity: int) -> None:
    free = drawn(plan)
    windows = [
        [seat for seat in free if seat.seat_index in range(start, start + quantity)] for start in range(len(plan))
    ]
    choices = [
        of_hall(*(seat.seat_id for seat in window))
        for window in windows
        if len(window) == quantity and all(seat.category == "hall" and not seat.special for seat in window)
    ]

    clean = [choice for choice in choices if not orphans.left_alone(free, choice.seat_ids, choice)]

    assert orphans.avoidable(free, of_hall(*(f"?{n}" for n in range(quantity)))) is bool(clean)


async def take(client: EventHub, n: int, *seat_ids: str, ticket_type_id: str = HALL) -> list[str]:
    """Holds seats. Returns those that the hold left alone."""
    return list((await hold(client, hld(n), seats(*seat_ids, ticket_type_id=ticket_type_id))).hold.orphans)


async def held_seats(stage: Stage) -> list[str]:
    return [row[0] for row in await rows(stage, "SELECT seat_id FROM seat WHERE state <> 'FREE' ORDER BY seat_id")]


async def test_a_hold_that_leaves_one_alone_is_refused(stage: Stage) -> None:
    await open_hall(stage, "oooooo", orphan_rule=REFUSE)

    with pytest.raises(refusals.OrphanSeat) as refused:
        await take(stage.buyer(), 1, "0-01", "0-02")
    assert (refused.value.seat_id, refused.value.seat) == ("0-00", "Zone 0 0-0")
    assert await held_seats(stage) == []
    assert await rows(stage, "SELECT * FROM hold") == []

    assert await take(stage.buyer(), 1, "0-00", "0-01") == []
    assert await held_seats(stage) == ["0-00", "0-01"]


async def test_nothing_is_refused_if_nothing_else_is_left(stage: Stage) -> None:
    await open_hall(stage, "ooo", "x", "ooo", orphan_rule=REFUSE)

    assert await take(stage.buyer("gst_1"), 1, "0-00", "0-01") == []
    with pytest.raises(refusals.OrphanSeat):  # 0-02 would be taken, and leave nobody alone
        await take(stage.buyer("gst_2"), 2, "2-01")
    assert await take(stage.buyer("gst_2"), 2, "0-02") == []
    with pytest.raises(refusals.OrphanSeat):  # an end of the row leaves two
        await take(stage.buyer("gst_3"), 3, "2-01")
    assert await take(stage.buyer("gst_3"), 3, "2-00") == []
    assert await take(stage.buyer("gst_4"), 4, "2-01") == []


async def test_other_seats_are_looked_for_in_the_whole_hall(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.inventory.orphan_transactions.ROWS_NEAR", 1)
    await open_hall(stage, "oo", "x", "x", "oooo", orphan_rule=REFUSE)

    with pytest.raises(refusals.OrphanSeat):
        await take(stage.buyer(), 1, "0-01")
    assert await take(stage.buyer(), 1, "3-00") == []


@pytest.mark.parametrize(("hall", "told"), [(["xx", "xx", "oo"], "ORPHAN_SEAT"), (["xx", "ooo", "oo"], "done")])
async def test_after_some_rows_the_search_ends(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, hall: list[str], told: str
) -> None:
    """Rows without a seat that the type is sold for do not count."""
    for name, rows_many in (("ROWS_NEAR", 1), ("ROWS_AT_ONCE", 1), ("ROWS_MAX", 2)):
        monkeypatch.setattr(f"services.inventory.orphan_transactions.{name}", rows_many)
    await open_hall(stage, "ooo", "x", *hall, orphan_rule=REFUSE)

    assert await outcome(take(stage.buyer(), 1, "0-00", "0-01")) == told


async def test_rows_far_from_those_of_a_hold_do_not_count_as_near(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hold in the first row and the last one does not read the whole hall between them."""
    for name, rows_many in (("ROWS_NEAR", 1), ("ROWS_AT_ONCE", 1), ("ROWS_MAX", 2)):
        monkeypatch.setattr(f"services.inventory.orphan_transactions.{name}", rows_many)
    await open_hall(stage, "ooo", "xx", "o", "oooo", "o", "xx", "ooo", orphan_rule=REFUSE)

    assert await outcome(take(stage.buyer(), 1, "0-00", "0-01", "6-00", "6-01")) == "done"


async def test_full_and_half_price_side_by_side_are_one_choice(stage: Stage) -> None:
    await open_hall(stage, "ooo", "xxx", orphan_rule=REFUSE)
    ana = stage.buyer()

    # One seat at an end would leave two, but two together leave one in any case.
    both = [seats("0-00", ticket_type_id=HALL), seats("0-01", ticket_type_id=HALF_HALL)]
    assert list((await hold(ana, hld(1), *both)).hold.orphans) == []
    with pytest.raises(refusals.OrphanSeat):
        await take(stage.buyer("gst_2"), 2, "1-01", ticket_type_id=BOXES)


async def test_a_warning_names_the_seats_and_stays_with_the_hold(stage: Stage) -> None:
    await open_hall(stage, "oooooo", orphan_rule=WARN)
    ana = stage.buyer()

    assert await take(ana, 1, "0-01") == ["0-00"]
    assert await take(ana, 1, "0-01") == ["0-00"]  # a repeat
    answer = await ana.inventory.GetHold(pb.GetHoldRequest(hold_id=hld(1)))
    assert list(answer.hold.orphans) == ["0-00"]
    assert await take(stage.buyer("gst_2"), 2, "0-02") == []


async def test_the_counter_is_warned_and_not_refused(stage: Stage) -> None:
    await open_hall(stage, "oooooo", orphan_rule=REFUSE)

    with pytest.raises(refusals.OrphanSeat):
        await take(stage.member("org_rival"), 1, "0-01")
    assert await take(stage.member(ORGANIZER), 1, "0-01") == ["0-00"]


async def test_events_without_the_rule_say_nothing(stage: Stage) -> None:
    await open_hall(stage, "oooooo")

    assert await take(stage.buyer(), 1, "0-01") == []
    assert await rows(stage, "SELECT * FROM seat WHERE guarded_row IS NOT NULL") == []


async def test_two_holds_at_once_leave_no_seat_alone_together(stage: Stage) -> None:
    await open_hall(stage, "ooo", "oooooooo", orphan_rule=REFUSE)
    wishes = ["0-00" if n % 2 else "0-02" for n in range(16)]

    answers = await asyncio.gather(
        *(outcome(take(stage.buyer(f"gst_{n}"), n, seat_id)) for n, seat_id in enumerate(wishes))
    )

    assert answers.count("done") == 1
    assert set(answers) <= {"done", "SEAT_TAKEN", "ORPHAN_SEAT"}
    assert len(await held_seats(stage)) == 1


async def test_rows_taken_in_opposite_orders_do_not_wait_for_each_other(stage: Stage) -> None:
    await open_hall(stage, "oooooooo", "oooooooo", orphan_rule=REFUSE)
    pairs = [("0-00", "1-00"), ("1-07", "0-07"), ("1-00", "0-07"), ("0-00", "1-07")]

    answers = await asyncio.gather(*(outcome(take(stage.buyer(f"gst_{n}"), n, *pairs[n % 4])) for n in range(16)))

    assert set(answers) <= {"done", "SEAT_TAKEN", "ORPHAN_SEAT"}
    assert answers.count("done") == 2
