"""Lots on stage: a hold's tickets come from the current lot, its turn ends for good, and no ticket is lost."""

import asyncio
from collections import Counter
from contextlib import suppress

import pytest

from eventhub.common.v1.options_pb2 import ROLE_BOX_OFFICE
from eventhub.inventory.v1 import inventory_service_pb2 as pb
from eventhub.inventory.v1.inventory_service_pb2_grpc import InventoryMeshStub
from eventhub.refusal import TransientRefusal
from eventhub.refusals import SoldOut
from tests.inventory.lots import FIRST, LAST, NEXT, both, given, lot, lots, on_sale, provide, theatre
from tests.inventory.streams import watch_counts
from tests.inventory.world import (
    ANA,
    BALCONY,
    EVENT,
    HALF,
    ORGANIZER,
    STALLS,
    STANDING,
    TTL_S,
    all_seats,
    available,
    build_theatre,
    counts,
    hld,
    hold,
    places,
    seats,
)
from tests.stage import Stage, outcome, until


async def bought(stage: Stage, n: int, buyer: str, *items: pb.HoldItem) -> None:
    """A buyer holds and buys."""
    orders, order = InventoryMeshStub(stage.channel("orders")), f"ord_{n}"
    await hold(stage.buyer(buyer), hld(n), *items)
    await orders.LockHold(pb.LockHoldRequest(hold_id=hld(n), buyer_id=buyer, order_id=order))
    await orders.ConfirmHold(pb.ConfirmHoldRequest(hold_id=hld(n), order_id=order))


async def release(stage: Stage, n: int, buyer: str) -> None:
    await stage.buyer(buyer).inventory.ReleaseHold(pb.ReleaseHoldRequest(hold_id=hld(n)))


async def test_a_hold_is_split_at_the_turn_and_says_so(stage: Stage) -> None:
    await on_sale(stage, lot(FIRST, 5), lot(NEXT, 10, version=3), lot(LAST, 100, unlimited=True))
    await hold(stage.buyer(ANA), hld(1), places(3))

    taken = (await hold(stage.buyer("gst_leo"), hld(2), places(4))).hold

    assert given(taken) == [(STANDING, FIRST, 1)] * 2 + [(STANDING, NEXT, 3)] * 2
    assert await lots(stage) == [(FIRST, 5, 5, 0, True), (NEXT, 10, 2, 0, False), (LAST, 100, 0, 0, False)]
    assert (await hold(stage.buyer("gst_leo"), hld(2), places(4))).hold == taken, "a repeat"
    assert (await counts(stage))["places"] == (100, 7, 0)


async def test_half_price_follows_the_lots_of_its_full_price(stage: Stage) -> None:
    await on_sale(stage, lot(FIRST, 4), lot(LAST, 10))

    taken = (await hold(stage.buyer(ANA), hld(1), places(1, HALF), places(4))).hold

    assert given(taken) == [(HALF, FIRST, 1)] + [(STANDING, FIRST, 1)] * 3 + [(STANDING, LAST, 1)]
    await release(stage, 1, ANA)
    assert await lots(stage) == [(FIRST, 0, 0, 0, True), (LAST, 14, 0, 0, False)]


async def test_seats_come_from_the_lots_in_the_order_of_their_ids(stage: Stage) -> None:
    request = theatre(stage, lot(FIRST, 2), lot(LAST, 10), type_id=STALLS)
    await on_sale(stage, request=request)

    taken = (await hold(stage.buyer(ANA), hld(1), seats("A-07", "A-05", "A-06"), places(1))).hold

    assert [(place.seat_id, place.lot_id) for place in taken.places] == [
        ("A-05", FIRST),
        ("A-06", FIRST),
        ("A-07", LAST),
        ("", ""),
    ]


async def test_availability_tells_the_current_lot(stage: Stage) -> None:
    await on_sale(stage, lot(FIRST, 5), lot(NEXT, 10, ends_s=60), lot(LAST, 3))
    await hold(stage.buyer(ANA), hld(1), places(2))

    async def told() -> dict[str, tuple[int, str, int]]:
        answer = await stage.anyone().inventory.GetAvailability(pb.GetAvailabilityRequest(event_id=EVENT))
        return {one.ticket_type_id: (one.available, one.lot_id, one.lot_available) for one in answer.types}

    assert await told() == {
        STALLS: (10, "", 0),
        BALCONY: (10, "", 0),
        STANDING: (16, FIRST, 3),
        HALF: (4, FIRST, 3),
    }
    await hold(stage.buyer(ANA), hld(2), places(3))
    assert (await told())[STANDING] == (13, NEXT, 10)
    stage.clock.pass_unseen(60)  # it is not closed yet
    assert (await told())[STANDING] == (13, LAST, 13)


async def test_when_the_lots_are_sold_out_the_type_is(stage: Stage) -> None:
    await on_sale(stage, lot(FIRST, 2), lot(LAST, 2))
    before = await lots(stage)

    with pytest.raises(SoldOut) as refused:
        await hold(stage.buyer(ANA), hld(1), places(5))

    assert refused.value.facts == {"ticket_type_id": STANDING, "available": "4"}
    assert await lots(stage) == before
    assert (await counts(stage))["places"] == (100, 0, 0)


async def test_a_refusal_by_a_pool_leaves_the_lots_as_they_were(stage: Stage) -> None:
    await on_sale(stage, lot(FIRST, 2), lot(LAST, 20))
    before = await lots(stage)

    assert await outcome(hold(stage.buyer(ANA), hld(1), places(5, HALF))) == "SOLD_OUT"

    assert await lots(stage) == before


async def test_places_that_lapse_from_a_closed_lot_go_to_the_next(stage: Stage) -> None:
    await on_sale(stage, lot(FIRST, 4), lot(LAST, 4))
    await hold(stage.buyer(ANA), hld(1), places(3))
    stage.clock.pass_unseen(TTL_S / 2)
    await hold(stage.buyer("gst_leo"), hld(2), places(2))
    stage.clock.pass_unseen(TTL_S / 2)

    # The hold of Ana has expired, but its places are not free yet. Six are left, at the price of the last lot.
    taken = (await hold(stage.buyer("gst_bia"), hld(3), places(6))).hold

    assert given(taken) == [(STANDING, LAST, 1)] * 6
    assert await lots(stage) == [(FIRST, 1, 1, 0, True), (LAST, 7, 7, 0, False)]


async def test_sold_and_returned_tickets_are_counted_in_their_lots(stage: Stage) -> None:
    await on_sale(stage, lot(FIRST, 2), lot(LAST, 5))
    orders = InventoryMeshStub(stage.channel("orders"))

    await bought(stage, 1, ANA, places(3))
    assert await lots(stage) == [(FIRST, 2, 0, 2, True), (LAST, 5, 0, 1, False)]
    await orders.ReturnSold(pb.ReturnSoldRequest(hold_id=hld(1), order_id="ord_1"))

    assert await lots(stage) == [(FIRST, 2, 2, 0, True), (LAST, 5, 1, 0, False)]
    await release(stage, 1, ANA)
    assert await lots(stage) == [(FIRST, 0, 0, 0, True), (LAST, 7, 0, 0, False)]


async def test_a_lot_closes_at_its_time_and_watchers_are_told(stage: Stage) -> None:
    await on_sale(stage, lot(FIRST, 5, ends_s=60), lot(LAST, 10))
    await hold(stage.buyer(ANA), hld(1), places(2))
    stream = watch_counts(stage.member(ORGANIZER))
    first = await anext(stream)
    assert [(one.lot_id, one.capacity, one.held, one.closed) for one in first.lots] == [
        (FIRST, 5, 2, False),
        (LAST, 10, 0, False),
    ]

    async def closed() -> bool:
        stage.clock.advance(1)
        return (await lots(stage))[0][4]

    stage.clock.advance(60)
    await until(closed)

    told = await anext(stream)
    while not told.lots:
        told = await anext(stream)
    assert [(one.lot_id, one.capacity, one.held, one.closed) for one in told.lots] == [
        (FIRST, 2, 2, True),
        (LAST, 13, 0, False),
    ]


async def test_a_hold_at_the_end_of_a_lot_does_not_wait_for_the_sweeper(stage: Stage) -> None:
    await on_sale(stage, lot(FIRST, 5, ends_s=60), lot(LAST, 10))
    stage.clock.pass_unseen(60)

    assert given((await hold(stage.buyer(ANA), hld(1), places(1))).hold) == [(STANDING, LAST, 1)]


async def test_the_split_is_foreseen(stage: Stage) -> None:
    await on_sale(stage, lot(FIRST, 3), lot(LAST, 4, version=2))
    await hold(stage.buyer(ANA), hld(1), places(1))
    pricing = InventoryMeshStub(stage.channel("pricing"))
    items = [pb.SplitItem(ticket_type_id=type_id, quantity=n) for type_id, n in ((HALF, 1), (STALLS, 2), (STANDING, 9))]

    answer = await pricing.SplitByLot(pb.SplitByLotRequest(event_id=EVENT, items=items))

    assert [(one.ticket_type_id, one.lot_id, one.lot_version, one.quantity) for one in answer.parts] == [
        (HALF, FIRST, 1, 1),
        (STANDING, FIRST, 1, 1),
        (STANDING, LAST, 2, 8),
    ]
    assert await outcome(pricing.SplitByLot(pb.SplitByLotRequest(event_id="evt_no", items=items))) == "EVENT_NOT_FOUND"


async def test_sixty_four_buyers_at_the_turns_get_every_ticket_once(stage: Stage) -> None:
    """64 tickets in three lots, and 64 buyers who want one each."""
    await build_theatre(stage)
    await on_sale(stage, request=theatre(stage, lot(FIRST, 20), lot(NEXT, 20), lot(LAST, 24), standing=64), built=True)

    async def buy(n: int) -> pb.HoldResponse:
        while True:
            with suppress(TransientRefusal):  # on a busy machine a call may have to be repeated
                return await hold(stage.buyer(f"gst_{n}"), hld(n), places(1))

    taken = await asyncio.gather(*(buy(n) for n in range(64)))

    assert Counter(place.lot_id for answer in taken for place in answer.hold.places) == {FIRST: 20, NEXT: 20, LAST: 24}
    assert await lots(stage) == [(FIRST, 20, 20, 0, True), (NEXT, 20, 20, 0, True), (LAST, 24, 24, 0, False)]
    assert await outcome(hold(stage.buyer("gst_late"), hld(99), places(1))) == "SOLD_OUT"


async def test_buyers_who_come_and_go_at_the_turns_lose_no_ticket(stage: Stage) -> None:
    """They hold, release, buy and give back beside changes of later lots: each lot counts exactly its places."""
    orders = await on_sale(stage, lot(FIRST, 20), lot(NEXT, 20), lot(LAST, 40))

    async def buy(n: int) -> None:
        buyer, order_id, hold_id = f"gst_{n}", f"ord_{n}", hld(n)
        wish = [places(1, HALF), places(2)] if n % 5 == 0 else [places(2)]
        if await outcome(hold(stage.buyer(buyer), hold_id, *wish)) != "done":
            return
        if n % 4 == 1:
            await release(stage, n, buyer)
        if n % 4 >= 2:
            await orders.LockHold(pb.LockHoldRequest(hold_id=hold_id, buyer_id=buyer, order_id=order_id))
            await orders.ConfirmHold(pb.ConfirmHoldRequest(hold_id=hold_id, order_id=order_id))
        if n % 4 == 3:
            await orders.ReturnSold(pb.ReturnSoldRequest(hold_id=hold_id, order_id=order_id))

    async def change(version: int) -> str:
        added = lot(f"lot_{version}", 5)
        request = theatre(stage, lot(FIRST, 20), lot(NEXT, 20), lot(LAST, 40), added, version=version)
        return await outcome(provide(stage, request))

    work = [work for n in range(40) for work in (buy(n), *([change(n)] if n and n % 8 == 0 else []))]
    await asyncio.gather(*work)

    now, counted = await both(stage)
    assert {lot_id: (held, sold) for lot_id, _, held, sold, _ in now if held or sold} == counted
    assert sum(capacity for _, capacity, *_ in now) == 80 + 5
    assert all(held + sold == capacity for _, capacity, held, sold, closed in now if closed)


async def test_a_member_at_the_counter_takes_the_same_lots(stage: Stage) -> None:
    await on_sale(stage, lot(FIRST, 1), lot(LAST, 10))

    taken = (await hold(stage.member(ORGANIZER, ROLE_BOX_OFFICE), hld(1), places(2))).hold

    assert given(taken) == [(STANDING, FIRST, 1), (STANDING, LAST, 1)]


async def test_before_sales_open_other_lots_replace_the_earlier_ones(stage: Stage) -> None:
    await build_theatre(stage)
    await provide(stage, theatre(stage, lot(FIRST, 1), lot(NEXT, 1), version=1))
    await provide(stage, theatre(stage, lot(NEXT, 7), version=2))
    catalog = InventoryMeshStub(stage.channel("catalog"))
    await catalog.ProvisionSeats(all_seats())
    await catalog.OpenSales(pb.OpenSalesRequest(event_id=EVENT, seat_count=20))

    assert await lots(stage) == [(NEXT, 7, 0, 0, False)]
    assert (await available(stage.buyer(ANA)))[STANDING] == 7


async def test_lots_must_be_of_a_type_that_has_some(stage: Stage) -> None:
    await build_theatre(stage)
    request = theatre(stage, lot(FIRST, 1))
    request.types[2].lots.clear()
    twice = theatre(stage, lot(FIRST, 1), lot(FIRST, 2))

    assert await outcome(provide(stage, request)) == "INVALID_REQUEST"
    assert await outcome(provide(stage, twice)) == "INVALID_REQUEST"
