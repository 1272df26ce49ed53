"""A person has at most as many tickets of an event, over all orders, as the event allows."""

import asyncio
from typing import TYPE_CHECKING

import pytest

from eventhub import refusals
from eventhub.inventory.v1 import inventory_service_pb2 as pb
from eventhub.inventory.v1.inventory_pb2 import HOLD_STATE_LOCKED
from tests.inventory.lists import FEW, become, entry, join, proven, release, sold_out
from tests.inventory.test_changing import changed, provide
from tests.inventory.world import (
    ANA,
    TTL_S,
    confirm,
    describe,
    give_back,
    hld,
    hold,
    lock,
    open_theatre,
    places,
    rows,
    state,
    unlock,
)
from tests.stage import Stage, outcome

if TYPE_CHECKING:
    from eventhub.inventory.v1.inventory_service_pb2_grpc import InventoryMeshAsyncStub

MAIL, PHONE = "key_mail", "key_phone"
COUNTED = "SELECT hold_id, person_key, tickets FROM person_ticket ORDER BY hold_id, person_key"


async def limited(stage: Stage, limit: int = 4) -> "InventoryMeshAsyncStub":
    """The theatre on sale with a limit; the mesh stub as orders calls it."""
    orders = await open_theatre(stage)
    assert await provide(stage, changed(stage, 1, tickets_per_person_max=limit))
    return orders


async def take(stage: Stage, n: int, quantity: int) -> None:
    """The n-th hold, of a session of its own."""
    await hold(stage.buyer(session(n)), hld(n), places(quantity))


def session(n: int) -> str:
    return f"gst_{n}"


def locked(n: int, *keys: str, order_id: str = "", unnamed: bool = False) -> pb.LockHoldRequest:
    """A lock of the n-th hold for a person with some keys."""
    request = lock(order_id or f"ord_{n}", n=n, buyer_id=session(n))
    request.participant_keys.extend(keys)
    request.unnamed = unnamed
    return request


async def test_all_orders_of_a_person_count_together(stage: Stage) -> None:
    orders = await limited(stage)
    for n in (1, 2, 3):
        await take(stage, n, 2)
    await orders.LockHold(locked(1, MAIL))
    await orders.ConfirmHold(confirm("ord_1"))
    assert (await orders.LockHold(locked(2, MAIL))).hold.person_limit == 4

    with pytest.raises(refusals.PersonLimit) as refused:
        await orders.LockHold(locked(3, MAIL))

    assert refused.value.facts == {"limit": "4", "have": "4"}
    assert await rows(stage, "SELECT state, order_id, counted FROM hold WHERE tickets = 2 ORDER BY hold_id") == [
        ("SOLD", "ord_1", 1),
        ("LOCKED", "ord_2", 1),
        ("HELD", "", 0),
    ]
    assert await rows(stage, COUNTED) == [(hld(1), MAIL, 2), (hld(2), MAIL, 2)]
    assert await outcome(orders.LockHold(locked(3, "key_of_another"))) == "done"


async def test_a_repeat_counts_once(stage: Stage) -> None:
    orders = await limited(stage)
    await take(stage, 1, 4)

    for _ in range(3):
        await orders.LockHold(locked(1, MAIL))
    await orders.ConfirmHold(confirm("ord_1"))
    await orders.LockHold(locked(1, MAIL))

    assert await rows(stage, COUNTED) == [(hld(1), MAIL, 4)]


async def test_a_person_is_counted_by_each_of_their_keys(stage: Stage) -> None:
    orders = await limited(stage)
    for n in (1, 2, 3):
        await take(stage, n, 2)
    await orders.LockHold(locked(1, PHONE, MAIL, MAIL))
    await orders.LockHold(locked(2, PHONE))

    for keys, answer in (([PHONE], "PERSON_LIMIT"), ([MAIL, PHONE], "PERSON_LIMIT"), ([MAIL], "done")):
        assert await outcome(orders.LockHold(locked(3, *keys))) == answer


async def test_without_a_key_nothing_is_sold_unless_the_customer_has_no_name(stage: Stage) -> None:
    orders = await limited(stage, 1)
    await take(stage, 1, 1)

    assert await outcome(orders.LockHold(locked(1))) == "CONTACT_UNVERIFIED"
    assert await rows(stage, "SELECT state FROM hold") == [("HELD",)]

    assert await outcome(orders.LockHold(locked(1, unnamed=True))) == "done"
    assert await rows(stage, COUNTED) == []


async def test_an_order_that_gives_up_frees_its_tickets(stage: Stage) -> None:
    orders = await limited(stage)
    for n in (1, 2):
        await take(stage, n, 4)
    await orders.LockHold(locked(1, MAIL))
    await orders.UnlockHold(unlock("ord_late", n=1))
    assert await outcome(orders.LockHold(locked(2, MAIL))) == "PERSON_LIMIT", "another order gave it up"

    await orders.UnlockHold(unlock("ord_1", n=1))
    await orders.LockHold(locked(2, MAIL))
    assert await rows(stage, COUNTED) == [(hld(2), MAIL, 4)]

    await orders.ConfirmHold(confirm("ord_2", n=2))
    for _ in range(2):
        await orders.ReturnSold(give_back("ord_2", n=2))
    assert await rows(stage, COUNTED) == []
    await orders.LockHold(locked(1, MAIL, order_id="ord_3"))
    assert await rows(stage, "SELECT hold_id, counted FROM hold ORDER BY hold_id") == [(hld(1), 1), (hld(2), 0)]


async def test_a_hold_that_lapses_while_it_is_paid_frees_its_tickets(stage: Stage) -> None:
    orders = await limited(stage)
    await take(stage, 1, 4)
    await orders.LockHold(locked(1, MAIL))
    stage.clock.advance(TTL_S)
    await orders.UnlockHold(unlock("ord_1", n=1))

    assert await rows(stage, "SELECT state FROM hold") == [("LAPSED",)]
    assert await rows(stage, COUNTED) == []


async def test_a_person_who_would_have_too_many_is_told_before_an_order_is_made(stage: Stage) -> None:
    orders = await limited(stage)
    for n in (1, 2):
        await take(stage, n, 3)
    await orders.LockHold(locked(1, MAIL))
    asked = describe(2, session(2))
    assert (await orders.DescribeHold(asked)).hold.person_limit == 4

    asked.participant_keys.append(MAIL)
    with pytest.raises(refusals.PersonLimit) as refused:
        await orders.DescribeHold(asked)

    assert refused.value.facts == {"limit": "4", "have": "3"}
    own = describe(1, session(1))
    own.participant_keys.append(MAIL)
    assert (await orders.DescribeHold(own)).hold.hold_id == hld(1), "its own tickets are no others"


async def test_the_limit_of_now_holds(stage: Stage) -> None:
    orders = await limited(stage)
    for n in (1, 2, 3):
        await take(stage, n, 2)
    await orders.LockHold(locked(1, MAIL))

    await provide(stage, changed(stage, 2, tickets_per_person_max=3))
    assert await outcome(orders.LockHold(locked(2, MAIL))) == "PERSON_LIMIT"
    await provide(stage, changed(stage, 3))
    await orders.LockHold(locked(2))
    await provide(stage, changed(stage, 4, tickets_per_person_max=4))
    assert await outcome(orders.LockHold(locked(3, MAIL))) == "done", "orders without the limit were not counted"
    await orders.UnlockHold(unlock("ord_1", n=1))
    assert await rows(stage, COUNTED) == [(hld(3), MAIL, 2)]


async def test_an_event_without_a_limit_counts_nobody(stage: Stage) -> None:
    orders = await open_theatre(stage)
    for n in range(1, 4):
        await take(stage, n, 10)
        assert (await orders.LockHold(locked(n, MAIL))).hold.person_limit == 0

    assert await rows(stage, COUNTED) == []
    assert await rows(stage, "SELECT DISTINCT counted FROM hold") == [(0,)]


async def test_a_buyer_holds_no_more_than_they_could_buy(stage: Stage) -> None:
    await limited(stage, 3)
    ana = stage.buyer(ANA)

    with pytest.raises(refusals.HeldPlacesLimit) as refused:
        await hold(ana, hld(1), places(4))
    assert refused.value.facts["limit"] == "3"
    assert (await hold(ana, hld(1), places(3))).hold.person_limit == 3
    assert await state(stage) == "HELD"


async def test_the_offers_of_a_waiting_list_count_like_all_holds(stage: Stage) -> None:
    orders = await sold_out(stage)
    await provide(stage, changed(stage, 1, standing=FEW, tickets_per_person_max=2))
    leo = proven(stage, "gst_leo")
    assert await outcome(join(leo, 1, quantity=3)) == "ORDER_LIMIT"
    await join(leo, 1, quantity=2)
    earlier = lock(buyer_id=ANA)
    earlier.participant_keys.append(MAIL)
    await orders.LockHold(earlier)

    for n in (2, 3):
        await release(stage.buyer(ANA), n)
    await become(stage, "OFFERED")
    offer = pb.LockHoldRequest(hold_id=(await entry(leo, 1)).hold_id, buyer_id="gst_leo", order_id="ord_2")
    offer.participant_keys.append(MAIL)

    assert await outcome(orders.LockHold(offer)) == "PERSON_LIMIT"
    offer.participant_keys[:] = ["key_leo"]
    assert (await orders.LockHold(offer)).hold.state == HOLD_STATE_LOCKED


@pytest.mark.parametrize("keys", [[MAIL], [MAIL, PHONE]])
async def test_sixteen_orders_of_one_person_at_once_stay_within_the_limit(stage: Stage, keys: list[str]) -> None:
    orders = await limited(stage)
    for n in range(16):
        await take(stage, n, 1)

    def turned(n: int) -> list[str]:
        return keys if n % 2 else keys[::-1]

    answers = await asyncio.gather(*(outcome(orders.LockHold(locked(n, *turned(n)))) for n in range(16)))

    assert sorted(answers) == ["PERSON_LIMIT"] * 12 + ["done"] * 4
    assert await rows(stage, "SELECT person_key, sum(tickets) FROM person_ticket GROUP BY 1 ORDER BY 1") == [
        (key, 4) for key in keys
    ]
    assert await rows(stage, "SELECT count(*) FROM hold WHERE state = 'LOCKED'") == [(4,)]


async def test_orders_that_come_and_go_at_once_are_counted_right(stage: Stage) -> None:
    orders = await limited(stage)
    for n in range(16):
        await take(stage, n, 1)

    async def order(n: int) -> str:
        answer = await outcome(orders.LockHold(locked(n, MAIL, PHONE)))
        if answer == "done" and n % 2:
            await orders.UnlockHold(unlock(f"ord_{n}", n=n))
        return answer

    answers = await asyncio.gather(*(order(n) for n in range(16)))

    assert answers.count("done") >= 4
    kept = await rows(stage, "SELECT hold_id FROM hold WHERE state = 'LOCKED' ORDER BY hold_id")
    assert len(kept) <= 4
    assert await rows(stage, f"SELECT hold_id FROM ({COUNTED}) AS counted WHERE person_key = '{MAIL}'") == kept
    assert await rows(stage, f"SELECT hold_id FROM ({COUNTED}) AS counted WHERE person_key = '{PHONE}'") == kept


async def test_sixteen_repeats_of_a_lock_count_once(stage: Stage) -> None:
    orders = await limited(stage)
    await take(stage, 1, 4)

    answers = await asyncio.gather(*(outcome(orders.LockHold(locked(1, MAIL))) for _ in range(16)))

    assert set(answers) == {"done"}
    assert await rows(stage, COUNTED) == [(hld(1), MAIL, 4)]
