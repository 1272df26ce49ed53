"""One suite for inventory and for its fake, as orders and catalog use them."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from eventhub import refusals
from eventhub.inventory.v1 import inventory_service_pb2 as pb
from eventhub.inventory.v1.inventory_events_pb2 import StockChanged, StockOpened
from eventhub.inventory.v1.inventory_pb2 import HeldPlace, Hold
from eventhub.inventory.v1.inventory_service_pb2_grpc import InventoryMeshStub
from services.kit.values.clock import to_timestamp
from tests.fakes.clock import START_US
from tests.fakes.inventory import HELD, HELD_UNTIL_US, LAPSED, LOCKED, RELEASED, SOLD, FakeInventory, StoredHold
from tests.fakes.reading import facts, heads
from tests.inventory.world import (
    ANA,
    EVENT,
    HALF,
    ORGANIZER,
    STALLS,
    STANDING,
    TTL_S,
    confirm,
    describe,
    give_back,
    held,
    hld,
    lock,
    places,
    program,
    seats,
    unlock,
)
from tests.stage import Stage, outcome

if TYPE_CHECKING:
    from eventhub.inventory.v1.inventory_service_pb2_grpc import InventoryMeshAsyncStub

PLACES = [
    HeldPlace(ticket_type_id=STALLS, seat_id="A-05", seat_label="Stalls A-5"),
    *[HeldPlace(ticket_type_id=type_id) for type_id in (STANDING, STANDING, HALF)],
]


@dataclass(frozen=True, slots=True)
class Stock:
    """Ana holds a seat and three places. lapse: lets her hold expire. limit: limits the event's tickets of a person."""

    orders: "InventoryMeshAsyncStub"
    catalog: "InventoryMeshAsyncStub"
    lapse: Callable[[], None]
    limit: Callable[[int], Awaitable[object]]


async def real(stage: Stage) -> Stock:
    orders = await held(stage)
    catalog = InventoryMeshStub(stage.channel("catalog"))

    async def limit(tickets: int) -> None:
        limited = program(stage)
        limited.version, limited.tickets_per_person_max = 1, tickets
        await catalog.Provision(limited)

    return Stock(orders, catalog, lambda: stage.clock.advance(TTL_S), limit)


async def fake(stage: Stage) -> Stock:
    kept = StoredHold(buyer_id=ANA, event_id=EVENT, places=PLACES)
    inventory = FakeInventory(organizer_id=ORGANIZER, holds={hld(1): kept})
    inventory.tell(StockOpened(event_id=EVENT), StockChanged(event_id=EVENT))
    stage.script("inventory", InventoryMesh=inventory)

    def lapse() -> None:
        kept.state = LAPSED

    async def limit(tickets: int) -> None:
        inventory.person_limit = tickets

    return Stock(InventoryMeshStub(stage.channel("orders")), InventoryMeshStub(stage.channel("catalog")), lapse, limit)


@pytest_asyncio.fixture(params=[real, fake])
async def stock(request: pytest.FixtureRequest, stage: Stage) -> Stock:
    opened: Stock = await request.param(stage)
    return opened


async def test_a_hold_is_described_to_its_buyer(stock: Stock) -> None:
    until = to_timestamp(HELD_UNTIL_US)
    held_at = to_timestamp(START_US)
    hold = Hold(hold_id=hld(1), event_id=EVENT, state=HELD, held_at=held_at, expires_at=until, places=PLACES)
    assert (await stock.orders.DescribeHold(describe())).hold == hold
    for request in (describe(2), describe(buyer_id="gst_rui")):
        with pytest.raises(refusals.HoldNotFound):
            await stock.orders.DescribeHold(request)


async def test_an_expired_hold_is_refused(stock: Stock) -> None:
    stock.lapse()

    assert await outcome(stock.orders.DescribeHold(describe())) == "HOLD_EXPIRED"
    assert await outcome(stock.orders.LockHold(lock())) == "HOLD_EXPIRED"
    assert (await stock.orders.UnlockHold(unlock())).hold.state == LAPSED


async def test_one_order_locks_a_hold(stock: Stock) -> None:
    for _ in range(2):
        assert (await stock.orders.LockHold(lock())).hold.state == LOCKED

    assert await outcome(stock.orders.LockHold(lock("ord_2"))) == "HOLD_IN_USE"
    assert await outcome(stock.orders.LockHold(lock(buyer_id="gst_rui"))) == "HOLD_NOT_FOUND"
    assert await outcome(stock.orders.LockHold(lock(n=2))) == "HOLD_NOT_FOUND"
    assert (await stock.orders.DescribeHold(describe())).hold.state == LOCKED


async def test_a_hold_is_sold_after_it_was_locked(stock: Stock) -> None:
    assert await outcome(stock.orders.ConfirmHold(confirm())) == "HOLD_EXPIRED"
    await stock.orders.LockHold(lock())

    for _ in range(2):
        assert (await stock.orders.ConfirmHold(confirm())).hold.state == SOLD

    assert (await stock.orders.LockHold(lock())).hold.state == SOLD
    assert await outcome(stock.orders.ConfirmHold(confirm("ord_2"))) == "HOLD_EXPIRED"
    assert await outcome(stock.orders.ConfirmHold(confirm(n=2))) == "HOLD_NOT_FOUND"
    assert await outcome(stock.orders.UnlockHold(unlock())) == "HOLD_IN_USE"


async def test_an_order_that_gave_a_hold_up_cannot_lock_it(stock: Stock) -> None:
    await stock.orders.LockHold(lock())
    for _ in range(2):
        assert (await stock.orders.UnlockHold(unlock())).hold.state == HELD
    assert (await stock.orders.UnlockHold(unlock("ord_2"))).hold.state == HELD, "it had not locked the hold"

    assert await outcome(stock.orders.LockHold(lock())) == "HOLD_EXPIRED"
    assert await outcome(stock.orders.LockHold(lock("ord_2"))) == "HOLD_EXPIRED"
    assert await outcome(stock.orders.UnlockHold(unlock(n=2))) == "HOLD_NOT_FOUND"
    assert (await stock.orders.LockHold(lock("ord_3"))).hold.state == LOCKED


async def test_an_order_cannot_give_up_the_hold_of_another(stock: Stock) -> None:
    await stock.orders.LockHold(lock())

    assert (await stock.orders.UnlockHold(unlock("ord_2"))).hold.state == LOCKED
    assert (await stock.orders.ConfirmHold(confirm())).hold.state == SOLD


async def test_a_sold_hold_is_returned_to_its_buyer(stock: Stock) -> None:
    await stock.orders.LockHold(lock())
    assert (await stock.orders.ReturnSold(give_back())).hold.state == LOCKED, "it was not sold"
    await stock.orders.ConfirmHold(confirm())
    assert await outcome(stock.orders.ReturnSold(give_back("ord_2"))) == "HOLD_NOT_FOUND"

    for _ in range(2):
        assert (await stock.orders.ReturnSold(give_back())).hold.state == HELD

    assert await outcome(stock.orders.LockHold(lock())) == "HOLD_EXPIRED"
    assert (await stock.orders.LockHold(lock("ord_2"))).hold.state == LOCKED


async def test_facts_are_about_the_event(stage: Stage, stock: Stock) -> None:
    feed = InventoryMeshStub(stage.channel("reporting")).Feed(pb.FeedRequest(consumer="reporting"))

    assert heads(await facts(feed, 2)) == [("StockOpened", EVENT, ORGANIZER), ("StockChanged", EVENT, ORGANIZER)]


def at_counter(n: int, *items: pb.HoldItem, organizer_id: str = ORGANIZER) -> pb.HoldAtCounterRequest:
    return pb.HoldAtCounterRequest(
        hold_id=hld(n), event_id=EVENT, organizer_id=organizer_id, member_id="acc_bia", items=items
    )


async def test_the_counter_holds_for_one_sale(stock: Stock) -> None:
    wish = (seats("A-07", "A-08"), places(2))
    held = (await stock.orders.HoldAtCounter(at_counter(2, *wish))).hold
    assert [place.seat_id for place in held.places] == ["A-07", "A-08", "", ""]
    assert (await stock.orders.HoldAtCounter(at_counter(2, *wish))).hold == held

    assert await outcome(stock.orders.HoldAtCounter(at_counter(3, seats("A-05")))) == "SEAT_TAKEN"
    assert await outcome(stock.orders.HoldAtCounter(at_counter(3, *wish, organizer_id="org_x"))) == "EVENT_NOT_FOUND"

    await stock.orders.LockHold(lock(n=2, buyer_id="acc_bia"))
    given_up = unlock(n=2)
    given_up.release = True
    assert (await stock.orders.UnlockHold(given_up)).hold.state == RELEASED
    assert (await stock.orders.HoldAtCounter(at_counter(3, *wish))).hold.state == HELD
