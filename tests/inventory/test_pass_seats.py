"""The seats of passes: each night's rules count, and the counter may take blocked seats."""

import asyncio
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eventhub.client import EventHub
from eventhub.inventory.v1 import inventory_pb2 as nouns
from eventhub.inventory.v1 import inventory_service_pb2 as pb
from eventhub.refusals import AccessDenied, CompanionSeat, OrphanSeat, SeatTaken
from services.inventory.holds import TicketType
from services.inventory.orphans import RowSeat
from services.inventory.passes import orphans
from services.inventory.passes.orphans import View
from tests.inventory.nights import (
    FRIDAY,
    NIGHTS,
    SATURDAY,
    SERIES,
    counts,
    hold,
    open_halls,
    open_series,
    seat_passes,
    single_seats,
)
from tests.inventory.test_orphans import drawn
from tests.inventory.world import ANA, ORGANIZER, confirm, hld, lock, rows
from tests.stage import Stage, outcome

REFUSE, WARN = nouns.ORPHAN_RULE_REFUSE, nouns.ORPHAN_RULE_WARN
HALL = TicketType(ticket_type_id="tkt", seated=True, categories=frozenset({"hall"}), pool_ids=())


async def take(client: EventHub, n: int, *seat_ids: str) -> list[str]:
    """Holds seats for passes. Returns those that the hold left alone."""
    return list((await hold(client, hld(n), SERIES, seat_passes(*seat_ids))).hold.orphans)


async def taken(stage: Stage) -> list[tuple[str, str, str]]:
    return await rows(
        stage, "SELECT event_id, seat_id, state FROM seat WHERE state <> 'FREE' ORDER BY event_id, seat_id"
    )


async def test_a_pass_leaves_no_seat_alone_in_a_night_that_refuses_it(stage: Stage) -> None:
    await open_halls(stage, "oooooo", saturday=REFUSE)

    with pytest.raises(OrphanSeat) as refused:
        await take(stage.buyer(), 1, "0-01", "0-02")

    assert refused.value.facts == {"seat_id": "0-00", "seat": "Zone 0 0-0", "event_id": SATURDAY}
    assert await taken(stage) == []
    assert await take(stage.buyer(), 1, "0-00", "0-01") == []


async def block(stage: Stage, event_id: str, *seat_ids: str) -> None:
    await stage.member(ORGANIZER).inventory.BlockSeats(pb.BlockSeatsRequest(event_id=event_id, seat_ids=seat_ids))


async def test_only_a_choice_that_is_free_in_all_nights_is_better(stage: Stage) -> None:
    """On Saturday the first two seats would do, but one of them is blocked on Friday."""
    await open_halls(stage, "ooooo", friday=REFUSE, saturday=REFUSE)
    await block(stage, FRIDAY, "0-00", "0-04")

    assert await take(stage.buyer(), 1, "0-01", "0-02") == []


@pytest.mark.parametrize(("further_row", "told"), [("x", "done"), ("ooo", "ORPHAN_SEAT")])
async def test_a_better_choice_leaves_none_alone_in_any_night(stage: Stage, further_row: str, told: str) -> None:
    """Seat 0-01 leaves 0-00 alone on Saturday. The only other seat that is free in both nights is 1-01, which would
    leave 1-00 alone on Friday; and those of a further row."""
    await open_halls(stage, "oooo", "oooo", further_row, friday=REFUSE, saturday=REFUSE)
    await block(stage, FRIDAY, "0-00", "1-02", "1-03")
    await block(stage, SATURDAY, "1-00", "0-02", "0-03")

    for n, seat_id in enumerate(("0-01", "1-01")):
        assert await outcome(take(stage.buyer(), n, seat_id)) == told
        if told == "done":
            await stage.buyer().inventory.ReleaseHold(pb.ReleaseHoldRequest(hold_id=hld(n)))


async def test_a_night_may_warn_and_the_counter_is_never_refused(stage: Stage) -> None:
    await open_halls(stage, "oooooo", "oooooo", friday=WARN, saturday=REFUSE)

    with pytest.raises(OrphanSeat):
        await take(stage.buyer(), 1, "0-01")
    assert await take(stage.member(ORGANIZER), 1, "0-01") == ["0-00"]
    assert await take(stage.member(ORGANIZER), 1, "0-01") == ["0-00"]  # a repeat


async def test_a_warning_is_told_once_for_all_nights(stage: Stage) -> None:
    await open_halls(stage, "oooooo", friday=WARN, saturday=WARN)

    assert await take(stage.buyer(), 1, "0-01", "0-04") == ["0-00", "0-05"]


async def test_two_passes_at_once_leave_no_seat_alone_together(stage: Stage) -> None:
    await open_halls(stage, "ooo", "oooooooo", friday=REFUSE, saturday=REFUSE)

    async def one(n: int) -> str:
        seat_id = "0-00" if n % 2 else "0-02"
        if n % 3:
            return await outcome(take(stage.buyer(f"gst_{n}"), n, seat_id))
        return await outcome(hold(stage.buyer(f"gst_{n}"), hld(n), FRIDAY, single_seats(FRIDAY, seat_id)))

    answers = await asyncio.gather(*map(one, range(16)))

    assert answers.count("done") == 1
    assert set(answers) <= {"done", "SEAT_TAKEN", "ORPHAN_SEAT"}


async def test_a_companions_seat_names_the_night(stage: Stage) -> None:
    await open_halls(stage, "Wcoo")

    with pytest.raises(CompanionSeat) as refused:
        await take(stage.buyer(), 1, "0-01")

    assert refused.value.facts["event_id"] == FRIDAY
    assert await take(stage.buyer(), 1, "0-00", "0-01") == []


async def take_blocked(client: EventHub, n: int, *seat_ids: str) -> str:
    request = pb.HoldRequest(hold_id=hld(n), event_id=SERIES, items=[seat_passes(*seat_ids)], take_blocked=True)
    return await outcome(client.inventory.Hold(request))


@pytest.mark.parametrize("sold", [False, True])
async def test_the_counter_takes_seats_that_are_blocked_in_a_night(stage: Stage, *, sold: bool) -> None:
    orders, clerk = await open_series(stage), stage.member(ORGANIZER)
    await clerk.inventory.BlockSeats(pb.BlockSeatsRequest(event_id=FRIDAY, seat_ids=["A-01"], label="Press"))
    with pytest.raises(SeatTaken):
        await hold(clerk, hld(1), SERIES, seat_passes("A-01"))

    assert await take_blocked(clerk, 1, "A-01") == "done"
    assert await take_blocked(clerk, 1, "A-01") == "done"  # a repeat
    assert await taken(stage) == [(event_id, "A-01", "HELD") for event_id in NIGHTS]
    for event_id in NIGHTS:
        assert (await counts(stage, event_id))["seats"] == (2, 1, 0)
    if sold:
        await orders.LockHold(lock(buyer_id="acc_bia"))
        await orders.ConfirmHold(confirm())
        assert await taken(stage) == [(event_id, "A-01", "SOLD") for event_id in NIGHTS]
        await orders.ReturnSold(pb.ReturnSoldRequest(hold_id=hld(1), order_id="ord_1", release=True))
    else:
        await clerk.inventory.ReleaseHold(pb.ReleaseHoldRequest(hold_id=hld(1)))

    assert await taken(stage) == [(FRIDAY, "A-01", "BLOCKED")]
    assert (await counts(stage, FRIDAY))["seats"] == (1, 0, 0)
    assert (await counts(stage, SATURDAY))["seats"] == (2, 0, 0)
    (blocked,) = (await clerk.inventory.ListBlockedSeats(pb.ListBlockedSeatsRequest(event_id=FRIDAY))).seats
    assert blocked.label == "Press"


async def test_buyers_take_no_blocked_seat_with_a_pass(stage: Stage) -> None:
    await open_series(stage)

    for client in (stage.buyer(ANA), stage.member("org_rival")):
        with pytest.raises(AccessDenied):
            await client.inventory.Hold(
                pb.HoldRequest(hold_id=hld(1), event_id=SERIES, items=[seat_passes("A-01")], take_blocked=True)
            )


async def test_sixteen_clerks_want_one_blocked_seat(stage: Stage) -> None:
    await open_series(stage, passes=16)
    await stage.member(ORGANIZER).inventory.BlockSeats(pb.BlockSeatsRequest(event_id=SATURDAY, seat_ids=["A-01"]))

    answers = await asyncio.gather(
        *(take_blocked(stage.member(ORGANIZER, subject_id=f"acc_{n}"), n, "A-01") for n in range(16))
    )

    assert sorted(answers) == ["SEAT_TAKEN"] * 15 + ["done"]
    assert (await counts(stage, SATURDAY))["seats"] == (2, 1, 0)


plans = st.lists(st.text("ox.W", min_size=8, max_size=8), min_size=1, max_size=2)


@settings(deadline=None)  # a busy machine may stand still
@given(st.lists(plans, min_size=1, max_size=3), st.integers(1, 3))
def test_another_choice_is_free_and_clean_in_every_night(nights: Sequence[list[str]], quantity: int) -> None:
    """It is found if there is any."""
    views = [View(drawn(*plan), HALL) for plan in nights]
    in_all = set.intersection(*({seat.seat_id for seat in view.free} for view in views))

    def good(seat_ids: Sequence[str]) -> bool:
        wanted = frozenset(seat_ids)
        return wanted <= in_all and all(
            not orphans.alone(view, wanted, wanted)
            and all(HALL.includes(seat.category) and not seat.special for seat in seats_of(view, wanted))
            for view in views
        )

    found = orphans.other_choice(views, in_all, quantity)

    windows = [[f"{row}-{index + n}" for n in range(quantity)] for row in (0, 1) for index in range(8 - quantity + 1)]
    assert good(found) if found else not any(map(good, windows))


def seats_of(view: View, seat_ids: frozenset[str]) -> list[RowSeat]:
    return [seat for seat in view.free if seat.seat_id in seat_ids]
