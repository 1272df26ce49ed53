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

NEW = "evt_new"
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


def provision(**other: object) -> pb.ProvisionRequest:
    wanted = {"organizer_id": ORGANIZER, "tickets_per_order_max": 10, **other}
    stalls = pb.TypeSpec(ticket_type_id="tkt_new", seated=True, seat_categories=["stalls"])
    request = pb.ProvisionRequest(event_id=NEW, sales_end_at=to_timestamp(HELD_UNTIL_US), types=[stalls])
    request.MergeFrom(pb.ProvisionRequest(**wanted))  # type: ignore[arg-type] # fields by name
    return request


def two_seats() -> pb.ProvisionSeatsRequest:
    seats = [
        pb.SeatSpec(
            seat_id=f"B-{n}", zone="Stalls", row="B", number=str(n), category="stalls", seat_index=n, position=n
        )
        for n in (1, 2)
    ]
    return pb.ProvisionSeatsRequest(event_id=NEW, seats=seats)


OPENING = pb.OpenSalesRequest(event_id=NEW, seat_count=2)


async def test_stock_comes_in_before_sales_open(stock: Stock) -> None:
    for call in (
        stock.catalog.ProvisionSeats(two_seats()),
        stock.catalog.OpenSales(OPENING),
    ):
        assert await outcome(call) == "EVENT_NOT_FOUND"
    for _ in range(2):
        await stock.catalog.Provision(provision())
    assert await outcome(stock.catalog.Provision(provision(organizer_id="org_else"))) == "EVENT_NOT_FOUND"
    with pytest.raises(refusals.EventIncomplete) as refused:
        await stock.catalog.OpenSales(OPENING)
    assert refused.value.facts == {"missing": "2 seats"}

    for _ in range(2):
        await stock.catalog.ProvisionSeats(two_seats())
    for _ in range(2):
        await stock.catalog.OpenSales(OPENING)


async def test_another_provision_drops_the_seats_of_the_first(stock: Stock) -> None:
    await stock.catalog.Provision(provision())
    await stock.catalog.ProvisionSeats(two_seats())
    await stock.catalog.Provision(provision(tickets_per_order_max=4))

    assert await outcome(stock.catalog.OpenSales(OPENING)) == "EVENT_INCOMPLETE"


async def test_only_a_newer_provision_changes_what_is_on_sale(stock: Stock) -> None:
    async def in_force(**other: object) -> bool:
        return (await stock.catalog.Provision(provision(**other))).in_force

    await stock.catalog.Provision(provision(version=2))
    await stock.catalog.ProvisionSeats(two_seats())
    await stock.catalog.OpenSales(OPENING)

    with pytest.raises(refusals.EventState) as refused:
        await stock.catalog.ProvisionSeats(two_seats())
    assert refused.value.facts == {"state": "OPEN"}
    assert await in_force(), "the same content has any version"
    assert not await in_force(tickets_per_order_max=4, version=1)
    assert not await in_force(tickets_per_order_max=4, version=2)
    assert await in_force(tickets_per_order_max=4, version=3)
    assert not await in_force(version=2)
    assert await in_force(tickets_per_order_max=4, version=5)
    assert not await in_force(version=4), "the same content with version 5 came before"


async def test_tickets_are_split_by_lot(stock: Stock, stage: Stage) -> None:
    request = provision()
    several = [pb.LotSpec(lot_id="lot_1", version=1, quantity=2), pb.LotSpec(lot_id="lot_2", version=3, quantity=9)]
    request.types.add(ticket_type_id="tkt_inteira", lots=several, lots_of="tkt_inteira")
    request.types.add(ticket_type_id="tkt_meia", lots_of="tkt_inteira")
    await stock.catalog.Provision(request)
    pricing = InventoryMeshStub(stage.channel("pricing"))
    first_type = request.types[0].ticket_type_id
    wanted = [("tkt_meia", 1), (first_type, 1), ("tkt_inteira", 20)]
    items = [pb.SplitItem(ticket_type_id=type_id, quantity=n) for type_id, n in wanted]

    parts = (await pricing.SplitByLot(pb.SplitByLotRequest(event_id=NEW, items=items))).parts

    assert [(part.ticket_type_id, part.lot_id, part.lot_version, part.quantity) for part in parts] == [
        ("tkt_meia", "lot_1", 1, 1),
        ("tkt_inteira", "lot_1", 1, 1),
        ("tkt_inteira", "lot_2", 3, 19),
    ]
    assert await outcome(pricing.SplitByLot(pb.SplitByLotRequest(event_id="evt_no", items=items))) == "EVENT_NOT_FOUND"


async def test_the_tickets_left_of_events_on_sale_are_told(stock: Stock) -> None:
    await stock.catalog.Provision(provision())
    await stock.catalog.ProvisionSeats(two_seats())
    asked = pb.BatchGetAvailabilityRequest(event_ids=[NEW, "evt_unknown"])
    assert not (await stock.catalog.BatchGetAvailability(asked)).events, "it is not on sale"
    await stock.catalog.OpenSales(OPENING)

    told = (await stock.catalog.BatchGetAvailability(asked)).events

    assert [event.event_id for event in told] == [NEW]
    assert told[0].available > 0


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
