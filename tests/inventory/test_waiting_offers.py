"""Offers to the people on a waiting list, and how they end."""

import pytest
from google.protobuf.message import Message

from eventhub import refusals
from eventhub.inventory.v1 import inventory_pb2 as nouns
from eventhub.inventory.v1 import inventory_service_pb2 as pb
from eventhub.inventory.v1.inventory_events_pb2 import WaitingOffered, WaitingOfferLapsed
from eventhub.inventory.v1.inventory_service_pb2_grpc import InventoryMeshStub
from services.kit.db.database import Tx
from tests.inventory.lists import (
    FEW,
    OFFER_S,
    become,
    entry,
    join,
    leave,
    named,
    proven,
    release,
    sold_out,
    states,
    swept,
    wai,
)
from tests.inventory.test_changing import changed, provide
from tests.inventory.world import (
    ANA,
    BALCONY,
    EVENT,
    HALF,
    STALLS,
    STANDING,
    TTL_S,
    counts,
    hld,
    hold,
    open_theatre,
    places,
    rows,
    seats,
)
from tests.stage import Stage


async def facts(stage: Stage, kind: type[Message]) -> list[Message]:
    """All facts of a type that inventory has announced."""

    async def read(tx: Tx) -> list[Message]:
        rows = await tx.all("SELECT payload FROM outbox WHERE type = $1", kind.DESCRIPTOR.full_name)
        return [kind.FromString(row[0]) for row in rows]

    return await stage.platform.contexts[0].database.read(read)


async def offered(stage: Stage) -> nouns.WaitingEntry:
    """The sold-out theatre, where one place has come back and Leo, the first on the list, is offered it; Mia is the
    second."""
    await sold_out(stage)
    await join(proven(stage, "gst_leo"), 1)
    await join(proven(stage, "gst_mia"), 2)
    await release(stage.buyer(ANA), 1)
    await swept(stage)
    return await entry(proven(stage, "gst_leo"), 1)


async def test_a_place_that_comes_back_is_offered_to_the_first_on_the_list(stage: Stage) -> None:
    leos = await offered(stage)

    leo = proven(stage, "gst_leo")
    offer = (await leo.inventory.GetHold(pb.GetHoldRequest(hold_id=leos.hold_id))).hold
    assert (named(leos.state), leos.offer_expires_at) == ("OFFERED", offer.expires_at)
    assert (offer.state, [place.ticket_type_id for place in offer.places]) == (nouns.HOLD_STATE_HELD, [STANDING])
    assert 0 < leos.offer_expires_at.ToMicroseconds() - stage.clock.now_us() <= OFFER_S * 1_000_000
    assert named((await entry(proven(stage, "gst_mia"), 2)).state) == "WAITING"
    assert (await entry(proven(stage, "gst_mia"), 2)).ahead == 0
    assert (await counts(stage))["places"] == (FEW, FEW, 0)
    assert await facts(stage, WaitingOffered) == [
        WaitingOffered(
            entry_id=wai(1),
            event_id=EVENT,
            ticket_type_id=STANDING,
            buyer_id="gst_leo",
            hold_id=leos.hold_id,
            quantity=1,
            expires_at=leos.offer_expires_at,
        )
    ]


async def test_an_order_buys_the_offer(stage: Stage) -> None:
    leos = await offered(stage)
    orders = InventoryMeshStub(stage.channel("orders"))

    lock = pb.LockHoldRequest(hold_id=leos.hold_id, buyer_id="gst_leo", order_id="ord_1")
    await orders.LockHold(lock)
    with pytest.raises(refusals.HoldInUse):
        await leave(proven(stage, "gst_leo"), 1)
    await orders.ConfirmHold(pb.ConfirmHoldRequest(hold_id=leos.hold_id, order_id="ord_1"))
    await swept(stage)

    assert named((await entry(proven(stage, "gst_leo"), 1)).state) == "FULFILLED"
    assert await states(stage) == {wai(1): "FULFILLED", wai(2): "WAITING"}
    assert (await counts(stage))["places"] == (FEW, FEW - 1, 1)


async def test_an_offer_that_lapses_goes_to_the_next(stage: Stage) -> None:
    leos = await offered(stage)
    stage.clock.pass_unseen(OFFER_S)

    await become(stage, "LAPSED", "OFFERED")

    leo, mia = proven(stage, "gst_leo"), proven(stage, "gst_mia")
    assert named((await entry(leo, 1)).state) == "LAPSED"
    assert named((await entry(mia, 2)).state) == "OFFERED"
    assert await facts(stage, WaitingOfferLapsed) == [
        WaitingOfferLapsed(
            entry_id=wai(1),
            event_id=EVENT,
            ticket_type_id=STANDING,
            buyer_id="gst_leo",
            hold_id=leos.hold_id,
            quantity=1,
        )
    ]


@pytest.mark.parametrize("way", ["leaves", "releases"])
async def test_an_offer_that_is_declined_goes_to_the_next(stage: Stage, way: str) -> None:
    leos = await offered(stage)
    leo = proven(stage, "gst_leo")

    if way == "leaves":
        assert named((await leave(leo, 1)).state) == "DECLINED"
    else:
        await leo.inventory.ReleaseHold(pb.ReleaseHoldRequest(hold_id=leos.hold_id))
    await swept(stage)

    assert await states(stage) == {wai(1): "DECLINED", wai(2): "OFFERED"}
    assert named((await leave(leo, 1)).state) == "DECLINED"
    assert await facts(stage, WaitingOfferLapsed) == []


async def test_an_entry_that_needs_more_keeps_its_rank(stage: Stage) -> None:
    """So no place stays unsold while a person on the list would take it."""
    await sold_out(stage)
    for n, quantity in enumerate((3, 1, 1), start=1):
        await join(proven(stage, f"gst_{n}"), n, quantity)
    ana = stage.buyer(ANA)

    await release(ana, 1)
    await swept(stage)
    assert await states(stage) == {wai(1): "WAITING", wai(2): "OFFERED", wai(3): "WAITING"}
    for n in (2, 3, 4):
        await release(ana, n)
    await swept(stage)

    assert await states(stage) == {wai(1): "OFFERED", wai(2): "OFFERED", wai(3): "WAITING"}


async def test_all_ways_in_which_places_come_back_lead_to_the_list(stage: Stage) -> None:
    orders = await sold_out(stage)
    for n in range(1, 4):
        await join(proven(stage, f"gst_{n}"), n)
    await orders.LockHold(pb.LockHoldRequest(hold_id=hld(1), buyer_id=ANA, order_id="ord_1"))
    await orders.LockHold(pb.LockHoldRequest(hold_id=hld(2), buyer_id=ANA, order_id="ord_2"))
    await orders.ConfirmHold(pb.ConfirmHoldRequest(hold_id=hld(2), order_id="ord_2"))

    stage.clock.pass_unseen(TTL_S)  # the holds 3 and 4 lapse
    await become(stage, "OFFERED", "OFFERED", "WAITING")
    await orders.UnlockHold(pb.UnlockHoldRequest(hold_id=hld(1), order_id="ord_1"))
    await become(stage, *["OFFERED"] * 3)
    await join(proven(stage, "gst_4"), 4)
    await orders.ReturnSold(pb.ReturnSoldRequest(hold_id=hld(2), order_id="ord_2"))
    await become(stage, *["OFFERED"] * 4)

    assert (await counts(stage))["places"] == (FEW, FEW, 0)


async def test_the_offer_has_the_best_free_seats(stage: Stage) -> None:
    await open_theatre(stage)
    ana = stage.buyer(ANA)
    await hold(ana, hld(1), seats(*(f"A-{n:02d}" for n in (1, 4, 5, 6))))
    await hold(stage.buyer("gst_zoe"), hld(2), seats(*(f"A-{n:02d}" for n in (2, 3, 7, 8, 9, 10))))
    leo = proven(stage, "gst_leo")
    await join(leo, 1, quantity=2, ticket_type_id=STALLS)

    await release(ana, 1)
    await swept(stage)

    leos = await entry(leo, 1)
    offer = (await leo.inventory.GetHold(pb.GetHoldRequest(hold_id=leos.hold_id))).hold
    assert sorted(place.seat_id for place in offer.places) == ["A-05", "A-06"]
    assert await rows(stage, "SELECT waiting FROM event_sale") == [(0,)]
    await hold(stage.buyer("gst_zoe"), hld(3), seats("A-01"))


async def test_seats_that_are_unblocked_go_to_the_list(stage: Stage) -> None:
    await open_theatre(stage)
    all_balcony = [f"B-{n:02d}" for n in range(1, 11)]
    member = stage.member()
    await member.inventory.BlockSeats(pb.BlockSeatsRequest(event_id=EVENT, seat_ids=all_balcony))
    leo = proven(stage, "gst_leo")
    await join(leo, 1, ticket_type_id=BALCONY)

    await member.inventory.UnblockSeats(pb.UnblockSeatsRequest(event_id=EVENT, seat_ids=["B-09"]))
    with pytest.raises(refusals.SoldOut):
        await hold(stage.buyer("gst_zoe"), hld(3), seats("B-09", ticket_type_id=BALCONY))
    await swept(stage)

    assert named((await entry(leo, 1)).state) == "OFFERED"


async def test_the_first_to_join_is_first_over_all_types_of_an_event(stage: Stage) -> None:
    """One place comes back, which both half price and full price could take."""
    await open_theatre(stage, standing=1)
    await hold(stage.buyer(ANA), hld(1), places(1))
    await join(proven(stage, "gst_leo"), 1, ticket_type_id=HALF)
    stage.clock.pass_unseen(1)
    await join(proven(stage, "gst_mia"), 2, ticket_type_id=STANDING)

    await release(stage.buyer(ANA), 1)
    await swept(stage)

    assert await states(stage) == {wai(1): "OFFERED", wai(2): "WAITING"}


async def test_an_offer_does_not_count_against_how_much_a_person_may_hold(stage: Stage) -> None:
    await open_theatre(stage, standing=10, half=10)
    leo = proven(stage, "gst_leo")
    await hold(leo, hld(1), places(9))
    await hold(stage.buyer(ANA), hld(2), places(1))
    await join(leo, 1, quantity=1)
    await join(proven(stage, "gst_mia"), 2)

    await release(stage.buyer(ANA), 2)
    await swept(stage)

    assert (await states(stage))[wai(1)] == "OFFERED"


async def test_places_that_the_organizer_adds_go_to_the_list(stage: Stage) -> None:
    await sold_out(stage)
    await join(proven(stage, "gst_leo"), 1)
    await join(proven(stage, "gst_mia"), 2)

    await provide(stage, changed(stage, standing=FEW + 1))
    with pytest.raises(refusals.SoldOut):
        await hold(stage.buyer("gst_zoe"), hld(20), places(1))
    await become(stage, "OFFERED", "WAITING")

    assert (await counts(stage))["places"] == (FEW + 1, FEW + 1, 0)


async def test_entries_for_a_type_that_is_removed_expire_and_keep_nothing_back(stage: Stage) -> None:
    await open_theatre(stage, standing=FEW, half=1)
    await hold(stage.buyer(ANA), hld(1), places(1, HALF))
    await join(proven(stage, "gst_leo"), 1, ticket_type_id=HALF)
    request = changed(stage, standing=FEW, half=1)
    del request.types[-1]

    await provide(stage, request)
    await become(stage, "EXPIRED")

    await release(stage.buyer(ANA), 1)
    await hold(stage.buyer("gst_zoe"), hld(20), places(FEW))
    with pytest.raises(refusals.TicketTypeNotFound):
        await join(proven(stage, "gst_mia"), 2, ticket_type_id=HALF)


async def test_a_lower_limit_of_an_order_passes_over_larger_entries(stage: Stage) -> None:
    await sold_out(stage)
    await join(proven(stage, "gst_leo"), 1, quantity=3)
    await join(proven(stage, "gst_mia"), 2, quantity=2)

    request = changed(stage, standing=FEW)
    request.tickets_per_order_max = 2
    await provide(stage, request)
    for n in (1, 2, 3):
        await release(stage.buyer(ANA), n)

    await become(stage, "WAITING", "OFFERED")
