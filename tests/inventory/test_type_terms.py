"""The terms on which ticket types sell: how many in one order, when, and with which access code."""

import asyncio
from collections import Counter
from typing import Any

import pytest

from eventhub import refusals
from eventhub.common.v1.options_pb2 import ROLE_BOX_OFFICE
from eventhub.inventory.v1 import inventory_service_pb2 as pb
from eventhub.inventory.v1.inventory_service_pb2_grpc import InventoryMeshStub
from services.kit.rpc.guess_limiter import AT_ONCE
from services.kit.values import keyed_hash
from services.kit.values.clock import SECOND_US, to_timestamp
from tests.inventory.world import (
    ANA,
    BALCONY,
    EVENT,
    HALF,
    ORGANIZER,
    STALLS,
    STANDING,
    available,
    counts,
    hld,
    hold,
    open_theatre,
    places,
    program,
    seats,
)
from tests.stage import Stage, outcome


async def set_terms(stage: Stage, version: int = 1, ticket_type_id: str = STANDING, **terms: Any) -> None:
    """Changes the terms of one type of the theatre, as catalog does. The others have none."""
    request = program(stage)
    request.version = version
    spec = next(each for each in request.types if each.ticket_type_id == ticket_type_id)
    spec.MergeFrom(pb.TypeSpec(**terms))
    await InventoryMeshStub(stage.channel("catalog")).Provision(request)


def hashes(*codes: str, ticket_type_id: str = STANDING) -> list[str]:
    return [keyed_hash(ticket_type_id, code) for code in codes]


def with_code(access_code: str, quantity: int = 1, ticket_type_id: str = STANDING) -> pb.HoldItem:
    return pb.HoldItem(ticket_type_id=ticket_type_id, quantity=quantity, access_code=access_code)


async def test_a_type_has_a_fewest_and_a_most_number_in_one_order(stage: Stage) -> None:
    await open_theatre(stage)
    buyer = stage.buyer(ANA)
    await hold(buyer, hld(9), places(1, HALF))
    await set_terms(stage, per_order_min=2, per_order_max=4)
    before = await counts(stage)
    for clerk_or_buyer in (buyer, stage.member(ORGANIZER, ROLE_BOX_OFFICE)):
        for quantity in (1, 5):
            with pytest.raises(refusals.TypeOrderLimit) as refused:
                await hold(clerk_or_buyer, hld(1), places(quantity))
            assert refused.value.facts == {"ticket_type_id": STANDING, "min": "2", "max": "4"}
    assert await counts(stage) == before
    await hold(buyer, hld(1), places(2))
    await hold(buyer, hld(2), places(4))
    await set_terms(stage, 2, STALLS, per_order_min=2)
    with pytest.raises(refusals.TypeOrderLimit) as refused:
        await hold(buyer, hld(3), seats("A-01"))
    assert refused.value.facts == {"ticket_type_id": STALLS, "min": "2", "max": "0"}
    await hold(stage.buyer("gst_leo"), hld(3), seats("A-01", "A-02"), places(1))


async def test_a_type_sells_at_times_of_its_own(stage: Stage) -> None:
    await open_theatre(stage)
    buyer, now_us = stage.buyer(ANA), stage.clock.now_us()
    start, end = to_timestamp(now_us + 60 * SECOND_US), to_timestamp(now_us + 120 * SECOND_US)
    assert start is not None
    assert end is not None
    await set_terms(stage, sales_start_at=start, sales_end_at=end)

    stage.clock.advance(59.9)
    with pytest.raises(refusals.TypeNotOnSale) as refused:
        await hold(buyer, hld(1), places(1))
    known = {"ticket_type_id": STANDING, "starts_at": start.ToJsonString(), "ends_at": end.ToJsonString()}
    assert refused.value.facts == known
    assert await outcome(hold(stage.member(ORGANIZER, ROLE_BOX_OFFICE), hld(1), places(1))) == "TYPE_NOT_ON_SALE"
    stage.clock.advance(0.1)
    await hold(buyer, hld(1), places(1))
    stage.clock.advance(59.9)
    await hold(buyer, hld(2), places(1))
    stage.clock.advance(0.1)
    assert await outcome(hold(buyer, hld(3), places(1))) == "TYPE_NOT_ON_SALE"
    assert await available(buyer) == {STALLS: 10, BALCONY: 10, STANDING: 0, HALF: 4}
    assert (await hold(buyer, hld(1), places(1))).hold.hold_id == hld(1), "a repeat"
    await hold(buyer, hld(4), places(1, HALF))


async def test_a_type_is_opened_by_a_code(stage: Stage) -> None:
    await open_theatre(stage)
    buyer = stage.buyer(ANA)
    await set_terms(stage, access_code_hashes=hashes("FAN-1", "FAN-2"))
    before = await counts(stage)

    for code in ("", "FAN-3"):
        with pytest.raises(refusals.AccessCodeWrong) as refused:
            await hold(buyer, hld(1), with_code(code))
        assert refused.value.facts == {"ticket_type_id": STANDING}
    assert await outcome(hold(stage.member("org_other"), hld(1), with_code(""))) == "ACCESS_CODE_WRONG"
    assert await counts(stage) == before
    await hold(buyer, hld(1), with_code("fan-1"))
    await hold(buyer, hld(2), with_code("FAN-2"))
    await hold(stage.member(ORGANIZER, ROLE_BOX_OFFICE), hld(3), places(1))
    await hold(buyer, hld(4), with_code("ANY", ticket_type_id=HALF))
    await set_terms(stage, 2, access_code_hashes=hashes("NEW-1"))
    assert await outcome(hold(buyer, hld(5), with_code("FAN-1"))) == "ACCESS_CODE_WRONG"
    assert (await hold(buyer, hld(1), with_code("fan-1"))).hold.hold_id == hld(1), "a repeat"


async def test_codes_are_hashed_for_each_type(stage: Stage) -> None:
    await open_theatre(stage)
    assert hashes("FAN") != hashes("FAN", ticket_type_id=HALF)
    await set_terms(stage, access_code_hashes=hashes("FAN", ticket_type_id=HALF))
    assert await outcome(hold(stage.buyer(ANA), hld(1), with_code("FAN"))) == "ACCESS_CODE_WRONG"


async def test_codes_cannot_be_guessed_fast(stage: Stage) -> None:
    await open_theatre(stage)
    await set_terms(stage, access_code_hashes=hashes("FAN-1"))
    buyers = [stage.buyer(f"gst_{n}") for n in range(20)]
    guesses = [outcome(hold(buyer, hld(n), with_code(f"G{n}"))) for n, buyer in enumerate(buyers)]
    answers = Counter(await asyncio.gather(*guesses))
    assert answers == {"ACCESS_CODE_WRONG": AT_ONCE, "TOO_MANY_REQUESTS": len(buyers) - AT_ONCE}

    assert await outcome(hold(stage.buyer(ANA), hld(50), with_code("FAN-1"))) == "TOO_MANY_REQUESTS"
    assert await outcome(hold(stage.buyer(ANA), hld(50), places(1, HALF))) == "done"
    stage.clock.advance(20)
    assert await outcome(hold(stage.buyer(ANA), hld(51), with_code("FAN-1"))) == "done"


async def test_an_archived_type_sells_no_more_and_counts_as_before(stage: Stage) -> None:
    orders = await open_theatre(stage)
    buyer = stage.buyer(ANA)
    await hold(buyer, hld(1), places(1, HALF))
    await set_terms(stage, 1, HALF, archived=True)

    assert await outcome(hold(buyer, hld(2), places(1, HALF))) == "TICKET_TYPE_NOT_FOUND"
    assert await available(buyer) == {STALLS: 10, BALCONY: 10, STANDING: 99}
    assert await counts(stage) == {"places": (100, 1, 0), "half": (4, 1, 0), "seats": (20, 0, 0)}
    await orders.LockHold(pb.LockHoldRequest(hold_id=hld(1), buyer_id=ANA, order_id="ord_1"))
    await orders.ConfirmHold(pb.ConfirmHoldRequest(hold_id=hld(1), order_id="ord_1"))
    assert await counts(stage) == {"places": (100, 0, 1), "half": (4, 0, 1), "seats": (20, 0, 0)}
    await set_terms(stage, 2, HALF)
    await hold(buyer, hld(2), places(1, HALF))


async def test_availability_leaves_out_what_buyers_do_not_see(stage: Stage) -> None:
    await open_theatre(stage)
    await set_terms(stage, 1, STALLS, hidden=True)
    await set_terms(stage, 2, STANDING, access_code_hashes=hashes("FAN"))
    buyer = stage.buyer(ANA)
    assert set(await available(buyer)) == {STALLS, BALCONY, HALF}
    await set_terms(stage, 3, STALLS, hidden=True, access_code_hashes=hashes("FAN"))
    assert set(await available(buyer)) == set(await available(stage.member("org_other"))) == {BALCONY, STANDING, HALF}
    assert set(await available(stage.member(ORGANIZER))) == {STALLS, BALCONY, STANDING, HALF}
    request = pb.GetAvailabilityRequest(event_id=EVENT, ticket_type_ids=[STALLS, "tkt_none"])
    answer = await buyer.inventory.GetAvailability(request)
    assert [each.available for each in answer.types if each.ticket_type_id == STALLS] == [10]


async def test_terms_that_change_beside_holds_hold_from_then_on(stage: Stage) -> None:
    await open_theatre(stage)
    buyers = [stage.buyer(f"gst_{n}") for n in range(16)]
    change = asyncio.ensure_future(set_terms(stage, per_order_min=2))
    answers = Counter(
        await asyncio.gather(*(outcome(hold(buyer, hld(n), places(1))) for n, buyer in enumerate(buyers)))
    )
    await change
    assert set(answers) <= {"done", "TYPE_ORDER_LIMIT"}
    assert (await counts(stage))["places"] == (100, answers["done"], 0)
    assert await outcome(hold(stage.buyer(ANA), hld(20), places(1))) == "TYPE_ORDER_LIMIT"
