"""How much one person may hold at once, and guests at one address together."""

import asyncio
from dataclasses import replace

import pytest

from eventhub import refusals
from eventhub.client import EventHub
from eventhub.common.v1.options_pb2 import ACCESS_BUYER, ROLE_BOX_OFFICE
from eventhub.inventory.v1 import inventory_service_pb2 as pb
from eventhub.inventory.v1.inventory_service_pb2_grpc import InventoryMeshStub
from services.inventory.allowance import COUNTER_HOLDS_MAX, HOLDS_MAX
from services.kit.rpc.call import Caller
from tests.inventory.world import (
    ANA,
    HALF,
    TTL_S,
    confirm,
    counts,
    hld,
    hold,
    lock,
    open_theatre,
    places,
    program,
    rows,
    unlock,
)
from tests.stage import Stage, outcome

PER_ORDER = 10
OTHER = "evt_circus"


def near(stage: Stage, limit: int) -> None:
    """Sets how many places guests at one address may hold together."""
    runtime = stage.platform.runtime
    runtime.settings = replace(runtime.settings, places_per_address=limit)


def proven(stage: Stage, subject_id: str) -> EventHub:
    return stage.client(Caller(kind=ACCESS_BUYER, subject_id=subject_id, proven=True))


async def open_circus(stage: Stage) -> None:
    """Another event, with places only."""
    catalog = InventoryMeshStub(stage.channel("catalog"))
    request = program(stage)
    request.event_id = OTHER
    del request.pools[:], request.types[:]
    request.pools.add(pool_id="circus", name="places", capacity=100)
    request.types.add(ticket_type_id="tkt_circus", pool_ids=["circus"])
    await catalog.Provision(request)
    await catalog.OpenSales(pb.OpenSalesRequest(event_id=OTHER))


async def hold_other(client: EventHub, hold_id: str, quantity: int) -> None:
    items = [places(quantity, "tkt_circus")]
    await client.inventory.Hold(pb.HoldRequest(hold_id=hold_id, event_id=OTHER, items=items))


async def give_back(client: EventHub, n: int) -> None:
    await client.inventory.ReleaseHold(pb.ReleaseHoldRequest(hold_id=hld(n)))


async def test_several_holds_take_no_more_places_than_one_order_may_have(stage: Stage) -> None:
    await open_theatre(stage)
    ana = stage.buyer(ANA)
    await hold(ana, hld(1), places(6))
    stage.clock.advance(60)
    await hold(ana, hld(2), places(3), places(1, HALF))

    with pytest.raises(refusals.HeldPlacesLimit) as refused:
        await hold(ana, hld(3), places(1))

    assert (refused.value.limit, refused.value.held) == (str(PER_ORDER), str(PER_ORDER))
    assert refused.value.retry_after_s == TTL_S - 60, "then the first of them lapses"
    assert (await counts(stage))["places"] == (100, PER_ORDER, 0)
    await hold(stage.buyer("gst_leo"), hld(4), places(PER_ORDER))


@pytest.mark.parametrize("end", ["lapsed", "released", "sold"])
async def test_ended_holds_are_not_counted(stage: Stage, end: str) -> None:
    orders = await open_theatre(stage)
    ana = stage.buyer(ANA)
    await hold(ana, hld(1), places(PER_ORDER))
    if end == "lapsed":
        stage.clock.pass_unseen(TTL_S)
    elif end == "released":
        await give_back(ana, 1)
    else:
        await orders.LockHold(lock())
        await orders.ConfirmHold(confirm())

    await hold(stage.buyer(ANA), hld(2), places(PER_ORDER))


@pytest.mark.parametrize("given_up", [False, True])
async def test_a_hold_is_counted_while_an_order_has_it_and_afterwards(stage: Stage, given_up: bool) -> None:
    orders = await open_theatre(stage)
    ana = stage.buyer(ANA)
    await hold(ana, hld(1), places(PER_ORDER))
    await orders.LockHold(lock())
    if given_up:
        await orders.UnlockHold(unlock())

    with pytest.raises(refusals.HeldPlacesLimit) as refused:
        await hold(ana, hld(2), places(1))

    assert refused.value.retry_after_s == (TTL_S if given_up else None)


async def test_a_person_has_five_holds_over_all_events(stage: Stage) -> None:
    await open_theatre(stage)
    await open_circus(stage)
    ana = stage.buyer(ANA)
    for n in range(HOLDS_MAX - 1):
        await hold(ana, hld(n), places(1))
    await hold_other(ana, hld(10), PER_ORDER)

    for _ in range(2):
        with pytest.raises(refusals.HoldLimit) as refused:
            await hold_other(ana, hld(11), 1)
    with pytest.raises(refusals.HoldLimit):
        await hold(ana, hld(11), places(1))

    assert (refused.value.limit, refused.value.retry_after_s) == (str(HOLDS_MAX), TTL_S)
    assert (await hold(ana, hld(0), places(1))).hold.hold_id == hld(0), "a repeat is not a further hold"
    await give_back(ana, 0)
    await hold_other(stage.buyer("gst_leo"), hld(11), 1)
    await hold(ana, hld(12), places(1))


async def test_a_clerk_serves_many_customers_at_once(stage: Stage) -> None:
    await open_theatre(stage, standing=1000)
    clerk = stage.member(role=ROLE_BOX_OFFICE)
    for n in range(COUNTER_HOLDS_MAX):
        await hold(clerk, hld(n), places(PER_ORDER))

    with pytest.raises(refusals.HoldLimit) as refused:
        await hold(clerk, hld(100), places(1))

    assert refused.value.limit == str(COUNTER_HOLDS_MAX)


async def test_a_member_who_buys_elsewhere_is_a_person_like_any(stage: Stage) -> None:
    await open_theatre(stage)
    visitor = stage.member("org_rival")
    await hold(visitor, hld(1), places(PER_ORDER))

    with pytest.raises(refusals.HeldPlacesLimit):
        await hold(visitor, hld(2), places(1))


async def test_unproven_guests_at_one_address_are_counted_together(stage: Stage) -> None:
    near(stage, 25)
    await open_theatre(stage, standing=1000)
    for n in range(2):
        await hold(stage.buyer(f"gst_{n}"), hld(n), places(PER_ORDER))

    with pytest.raises(refusals.AddressLimit) as refused:
        await hold(stage.buyer("gst_farmed"), hld(3), places(6))

    assert (refused.value.limit, refused.value.retry_after_s) == ("25", TTL_S)
    await hold(stage.buyer("gst_farmed"), hld(4), places(5))
    await hold(proven(stage, "gst_mail"), hld(5), places(PER_ORDER))
    await hold(stage.member(), hld(6), places(PER_ORDER))
    stage.clock.pass_unseen(TTL_S)
    await hold(stage.buyer("gst_farmed"), hld(7), places(PER_ORDER))


async def test_by_default_one_address_holds_two_hundred_places(stage: Stage) -> None:
    """Farmed guests cannot take a thousand places."""
    await open_theatre(stage, standing=1000)
    guests = [stage.buyer(f"gst_{n}") for n in range(40)]

    answers = [await outcome(hold(guest, hld(n), places(PER_ORDER))) for n, guest in enumerate(guests)]

    assert answers == ["done"] * 20 + ["ADDRESS_LIMIT"] * 20


async def test_addresses_need_not_be_counted(stage: Stage) -> None:
    near(stage, 0)
    await open_theatre(stage, standing=1000)

    for n in range(30):
        await hold(stage.buyer(f"gst_{n}"), hld(n), places(PER_ORDER))

    assert await rows(stage, "SELECT DISTINCT address FROM hold") == [(0,)]


async def test_an_address_is_kept_as_a_hash_and_no_longer_than_the_hold(stage: Stage) -> None:
    orders = await open_theatre(stage)
    for n in range(4):
        await hold(stage.buyer(f"gst_{n}"), hld(n), places(1))
    ((number,),) = await rows(stage, "SELECT DISTINCT address FROM hold")
    assert number
    assert not [row for row in await rows(stage, "SELECT * FROM hold") if "127.0.0.1" in map(str, row)]

    await give_back(stage.buyer("gst_0"), 0)
    await orders.LockHold(lock(n=1, buyer_id="gst_1"))
    await orders.ConfirmHold(confirm(n=1))
    await orders.LockHold(lock(n=2, buyer_id="gst_2"))
    stage.clock.pass_unseen(TTL_S)
    await hold(stage.buyer("gst_5"), hld(5), places(PER_ORDER))

    kept = "SELECT state FROM hold WHERE address <> 0 AND hold_id IN ('{}', '{}', '{}')"
    assert await rows(stage, kept.format(*map(hld, (0, 1, 2)))) == [("LOCKED",)]


@pytest.mark.parametrize(("quantity", "done", "refusal"), [(3, 3, "HELD_PLACES_LIMIT"), (1, HOLDS_MAX, "HOLD_LIMIT")])
async def test_sixteen_holds_of_one_person_at_once_keep_to_it(
    stage: Stage, quantity: int, done: int, refusal: str
) -> None:
    await open_theatre(stage)
    ana = stage.buyer(ANA)

    answers = await asyncio.gather(*(outcome(hold(ana, hld(n), places(quantity))) for n in range(16)))

    assert sorted(answers) == sorted(["done"] * done + [refusal] * (16 - done))
    assert (await counts(stage))["places"] == (100, done * quantity, 0)


async def test_sixteen_holds_over_two_events_at_once_keep_to_it(stage: Stage) -> None:
    await open_theatre(stage)
    await open_circus(stage)
    ana = proven(stage, ANA)

    answers = await asyncio.gather(
        *(outcome(hold_other(ana, hld(n), 1) if n % 2 else hold(ana, hld(n), places(1))) for n in range(16))
    )

    assert sorted(answers) == ["HOLD_LIMIT"] * (16 - HOLDS_MAX) + ["done"] * HOLDS_MAX


async def test_sixteen_guests_at_one_address_at_once_keep_to_it(stage: Stage) -> None:
    near(stage, 10)
    await open_theatre(stage)
    guests = [stage.buyer(f"gst_{n}") for n in range(16)]

    answers = await asyncio.gather(*(outcome(hold(guest, hld(n), places(3))) for n, guest in enumerate(guests)))

    assert sorted(answers) == ["ADDRESS_LIMIT"] * 13 + ["done"] * 3
