import asyncio

import pytest

from eventhub import refusals
from eventhub.common.v1.options_pb2 import ROLE_BOX_OFFICE, ROLE_FINANCE, ROLE_VIEWER, Role
from eventhub.inventory.v1 import inventory_pb2 as nouns
from eventhub.inventory.v1 import inventory_service_pb2 as pb
from eventhub.refusal import Refusal
from services.inventory.holds import HOLD_TTL_US
from services.inventory.transactions import LAPSED_AT_ONCE_MAX
from tests.inventory.world import (
    BALCONY,
    HALF,
    SALES_LAST_S,
    STALLS,
    STANDING,
    available,
    hld,
    hold,
    open_theatre,
    places,
    seats,
)
from tests.stage import Stage, until

TTL_S = HOLD_TTL_US / 1_000_000


async def test_a_hold_takes_seats_and_places_together(stage: Stage) -> None:
    await open_theatre(stage)
    ana = stage.buyer()

    held = (await hold(ana, hld(1), seats("A-05", "A-06"), places(2))).hold

    assert held.state == nouns.HOLD_STATE_HELD
    assert [place.seat_label for place in held.places] == ["Stalls A-5", "Stalls A-6", "", ""]
    assert await available(ana) == {STALLS: 8, BALCONY: 10, STANDING: 98, HALF: 4}


async def test_a_taken_seat_is_named_and_nothing_else_is_taken(stage: Stage) -> None:
    await open_theatre(stage)
    await hold(stage.buyer("gst_ana"), hld(1), seats("A-05"))
    leo = stage.buyer("gst_leo")

    with pytest.raises(refusals.SeatTaken) as refused:
        await hold(leo, hld(2), seats("A-04", "A-05"), places(2))

    assert refused.value.seat_id == "A-05"
    assert await available(leo) == {STALLS: 9, BALCONY: 10, STANDING: 100, HALF: 4}


async def test_sixteen_at_once_for_one_seat_and_one_gets_it(stage: Stage) -> None:
    await open_theatre(stage)
    buyers = [stage.buyer(f"gst_{n}") for n in range(16)]

    answers = await asyncio.gather(
        *(hold(buyer, hld(n), seats("A-05")) for n, buyer in enumerate(buyers)), return_exceptions=True
    )

    assert [type(answer) for answer in answers].count(pb.HoldResponse) == 1
    assert [type(answer) for answer in answers].count(refusals.SeatTaken) == 15


async def test_sixteen_at_once_for_the_last_places_and_none_too_many(stage: Stage) -> None:
    await open_theatre(stage, standing=10)
    buyers = [stage.buyer(f"gst_{n}") for n in range(16)]

    answers = await asyncio.gather(
        *(hold(buyer, hld(n), places(3)) for n, buyer in enumerate(buyers)), return_exceptions=True
    )

    assert [type(answer) for answer in answers].count(pb.HoldResponse) == 3
    assert (await available(buyers[0]))[STANDING] == 1


async def test_half_price_ends_with_its_reserve(stage: Stage) -> None:
    await open_theatre(stage, half=4)
    await hold(stage.buyer("gst_ana"), hld(1), places(4, HALF))

    with pytest.raises(refusals.SoldOut) as refused:
        await hold(stage.buyer("gst_leo"), hld(2), places(1, HALF))

    assert (refused.value.ticket_type_id, refused.value.available) == (HALF, "0")


async def test_a_refusal_names_the_ticket_type_that_the_buyer_wanted(stage: Stage) -> None:
    await open_theatre(stage, standing=10)
    await hold(stage.buyer("gst_ana"), hld(1), places(9))

    with pytest.raises(refusals.SoldOut) as refused:
        await hold(stage.buyer("gst_leo"), hld(2), places(2, HALF))

    assert (refused.value.ticket_type_id, refused.value.available) == (HALF, "1")


async def test_a_repeat_answers_the_same_hold(stage: Stage) -> None:
    await open_theatre(stage)
    ana = stage.buyer()

    answers = await asyncio.gather(*(hold(ana, hld(1), seats("A-05"), places(1)) for _ in range(16)))

    assert len({answer.SerializeToString(deterministic=True) for answer in answers}) == 1
    assert (await available(ana))[STANDING] == 99


@pytest.mark.parametrize(("buyer", "items"), [("gst_leo", [seats("A-05")]), ("gst_ana", [seats("A-06")])])
async def test_a_used_id_tells_nothing(stage: Stage, buyer: str, items: list[pb.HoldItem]) -> None:
    await open_theatre(stage)
    await hold(stage.buyer("gst_ana"), hld(1), seats("A-05"))

    with pytest.raises(refusals.IdInUse) as refused:
        await hold(stage.buyer(buyer), hld(1), *items)

    assert refused.value.facts == {}


async def test_an_expired_hold_is_in_no_buyers_way(stage: Stage) -> None:
    await open_theatre(stage, standing=9)
    await hold(stage.buyer("gst_ana"), hld(1), seats("A-05"), places(9))
    stage.clock.pass_unseen(TTL_S)

    held = await hold(stage.buyer("gst_leo"), hld(2), seats("A-05"), places(9))

    assert held.hold.state == nouns.HOLD_STATE_HELD


async def test_an_expired_hold_is_in_no_buyers_way_behind_many_others(stage: Stage) -> None:
    await open_theatre(stage)
    crowd = range(100, 100 + LAPSED_AT_ONCE_MAX)
    await asyncio.gather(*(hold(stage.buyer(f"gst_{n}"), hld(n), places(1)) for n in crowd))
    stage.clock.pass_unseen(1)
    await hold(stage.buyer("gst_ana"), hld(1), seats("A-05"))
    stage.clock.pass_unseen(TTL_S)

    held = await hold(stage.buyer("gst_leo"), hld(2), seats("A-05"))

    assert held.hold.state == nouns.HOLD_STATE_HELD


async def test_the_sweeper_frees_expired_holds(stage: Stage) -> None:
    await open_theatre(stage)
    ana = stage.buyer()
    await hold(ana, hld(1), seats("A-05"), places(3))

    async def lapsed() -> bool:
        found = (await ana.inventory.GetHold(pb.GetHoldRequest(hold_id=hld(1)))).hold
        return found.state == nouns.HOLD_STATE_LAPSED

    stage.clock.advance(TTL_S)
    await until(lapsed)
    assert await available(ana) == {STALLS: 10, BALCONY: 10, STANDING: 100, HALF: 4}


async def test_a_released_hold_is_free_at_once(stage: Stage) -> None:
    await open_theatre(stage)
    ana = stage.buyer()
    await hold(ana, hld(1), seats("A-05"), places(3))

    for _ in range(2):
        await ana.inventory.ReleaseHold(pb.ReleaseHoldRequest(hold_id=hld(1)))

    assert await available(ana) == {STALLS: 10, BALCONY: 10, STANDING: 100, HALF: 4}


async def test_another_buyers_hold_is_not_found(stage: Stage) -> None:
    await open_theatre(stage)
    await hold(stage.buyer("gst_ana"), hld(1), seats("A-05"))
    leo = stage.buyer("gst_leo")

    with pytest.raises(refusals.HoldNotFound):
        await leo.inventory.GetHold(pb.GetHoldRequest(hold_id=hld(1)))
    with pytest.raises(refusals.HoldNotFound):
        await leo.inventory.ReleaseHold(pb.ReleaseHoldRequest(hold_id=hld(1)))


BAD_WISHES = [
    (refusals.SeatNotFound, [seats("Z-99")]),
    (refusals.SeatNotOfType, [seats("B-01", ticket_type_id=STALLS)]),
    (refusals.SeatRequired, [places(2, STALLS)]),
    (refusals.SeatNotAllowed, [seats("A-05", ticket_type_id=STANDING)]),
    (refusals.SeatNotAllowed, [places(0)]),
    (refusals.TicketTypeNotFound, [places(1, "tkt_other_event")]),
    (refusals.OrderLimit, [places(11)]),
    (refusals.SoldOut, [places(10, HALF)]),
    (refusals.InvalidRequest, [places(51)]),
    (refusals.InvalidRequest, [places(-1)]),
    (refusals.InvalidRequest, [places(2**31 - 1)]),
    (refusals.InvalidRequest, []),
    (refusals.InvalidRequest, [places(1), places(1)]),
    (refusals.InvalidRequest, [seats("A-05"), seats("A-05", ticket_type_id=BALCONY)]),
    (refusals.InvalidRequest, [seats("A-05", "A-05")]),
]


@pytest.mark.parametrize(("refusal", "items"), BAD_WISHES)
async def test_a_bad_wish_has_its_reason_and_takes_nothing(
    stage: Stage, refusal: type[Refusal], items: list[pb.HoldItem]
) -> None:
    await open_theatre(stage)
    ana = stage.buyer()

    with pytest.raises(refusal):
        await hold(ana, hld(1), *items)

    assert await available(ana) == {STALLS: 10, BALCONY: 10, STANDING: 100, HALF: 4}
    with pytest.raises(refusals.HoldNotFound):
        await ana.inventory.GetHold(pb.GetHoldRequest(hold_id=hld(1)))


@pytest.mark.parametrize("role", [ROLE_VIEWER, ROLE_FINANCE])
async def test_roles_that_may_only_look_hold_nothing(stage: Stage, role: Role.ValueType) -> None:
    await open_theatre(stage)

    with pytest.raises(refusals.AccessDenied):
        await hold(stage.member(role=role), hld(1), places(1))

    await hold(stage.member(role=ROLE_BOX_OFFICE), hld(1), places(1))


async def test_nothing_is_sold_before_or_after_its_time(stage: Stage) -> None:
    await open_theatre(stage)
    ana = stage.buyer()

    with pytest.raises(refusals.EventNotFound):
        await ana.inventory.Hold(pb.HoldRequest(hold_id=hld(1), event_id="evt_other", items=[places(1)]))
    stage.clock.advance(SALES_LAST_S)
    with pytest.raises(refusals.EventNotOnSale):
        await hold(stage.buyer(), hld(2), places(1))
