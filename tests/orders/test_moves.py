"""Orders whose event moves to another plan: they name the seats that their hold has, whenever they learn of it."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from eventhub.inventory.v1.inventory_events_pb2 import PlacesMoved, StockChanged
from eventhub.inventory.v1.inventory_pb2 import HeldPlace
from eventhub.orders.v1 import orders_pb2 as nouns
from eventhub.orders.v1 import orders_service_pb2 as pb
from eventhub.orders.v1.orders_events_pb2 import OrderPaid
from eventhub.refusals import EventMoving
from services.kit.feeds.follower import read_cursor
from services.orders import store, transactions
from services.orders.orders import HeldPlace as Place
from services.orders.orders import MovedPlaces
from services.orders.saga import WAITS_S
from tests.facts import told
from tests.fakes.payments import AUTHORIZED
from tests.orders.world import EVENT, FLOOR, SEATS, STALLS, World, hld, ord_, state
from tests.stage import outcome, until

FIRST, SECOND = ("N-01", "N-02"), ("S-11", "S-12")


def seats(order: nouns.Order) -> tuple[str, ...]:
    return tuple(line.seat_id for line in order.lines)


async def taken(world: World) -> None:
    """Waits until orders has read all of inventory's facts."""

    async def all_read() -> bool:
        cursor = await world.database.read(read_cursor, "inventory")
        return cursor.position == len(world.inventory.facts)

    await until(all_read)


async def history(world: World, n: int = 1) -> list[tuple[str, tuple[str, ...], int]]:
    """The facts about the n-th order: name, seats, version."""
    found = []
    for fact in await told(world.database):
        order = OrderPaid.FromString(fact.payload).order
        if order.order_id == ord_(n):
            found.append((fact.type.rpartition(".")[2], seats(order), order.version))
    return found


def move(world: World, *new: str, told: bool = True) -> Callable[[], Awaitable[None]]:
    """Moves the first hold, and waits until orders has taken it if it is told now."""

    async def moved() -> None:
        world.move(*new, told=told)
        await taken(world)

    return moved


def now_of(world: World) -> PlacesMoved:
    """The fact that the first hold has moved once, to the seats that it has now."""
    places = world.inventory.holds[hld(1)].places
    return PlacesMoved(event_id=EVENT, hold_id=hld(1), places_revision=1, places=places)


async def test_a_paid_order_names_its_new_seats(world: World) -> None:
    paid = await world.checkout()
    world.inventory.tell(StockChanged(event_id=EVENT))

    await move(world, *FIRST)()

    order = await world.order()
    assert [(line.seat_id, line.seat_label) for line in order.lines] == [
        ("N-01", "New hall N-01"),
        ("N-02", "New hall N-02"),
    ]
    assert (order.state, order.paid_at, order.total) == (paid.state, paid.paid_at, paid.total)
    assert await history(world) == [("OrderPlaced", SEATS, 1), ("OrderPaid", SEATS, 2), ("OrderReseated", FIRST, 3)]


@pytest.mark.parametrize("step", ["QuoteOrder", "LockHold", "Authorize", "ConfirmHold", "Capture"])
async def test_an_order_that_is_being_paid_names_the_seats_of_its_hold(world: World, step: str) -> None:
    """A move before QuoteOrder is over before the order is written: orders learns of it from the lock."""
    for neighbour in (world.pricing, world.inventory, world.payments):
        neighbour.before[step] = move(world, *FIRST)

    paid = await world.checkout()

    assert (state(paid), seats(paid)) == ("PAID", FIRST)
    assert await world.order() == paid
    assert await history(world) == [("OrderPlaced", SEATS, 1), ("OrderReseated", FIRST, 2), ("OrderPaid", FIRST, 3)]


async def test_a_lock_tells_the_new_seats_before_the_feed_does(world: World) -> None:
    world.inventory.before["LockHold"] = move(world, *FIRST, told=False)
    paid = await world.checkout()
    facts = await history(world)

    world.inventory.tell(now_of(world), now_of(world))
    await taken(world)

    assert seats(paid) == FIRST
    assert await world.order() == paid
    assert facts == [("OrderPlaced", SEATS, 1), ("OrderReseated", FIRST, 2), ("OrderPaid", FIRST, 3)]
    assert await history(world) == facts


async def test_an_order_is_paid_with_its_old_seats_if_the_feed_is_late(world: World) -> None:
    world.inventory.before["ConfirmHold"] = move(world, *FIRST, told=False)
    paid = await world.checkout()
    assert seats(paid) == SEATS

    world.inventory.tell(now_of(world))
    await taken(world)

    assert await history(world) == [("OrderPlaced", SEATS, 1), ("OrderPaid", SEATS, 2), ("OrderReseated", FIRST, 3)]


async def test_each_of_two_moves_is_told_and_a_repeat_of_the_first_is_not(world: World) -> None:
    await world.checkout()
    first = world.move(*FIRST)
    world.inventory.tell(first)
    world.move(*SECOND)
    world.inventory.tell(first)
    await taken(world)

    assert (await history(world))[2:] == [("OrderReseated", FIRST, 3), ("OrderReseated", SECOND, 4)]
    assert seats(await world.order()) == SECOND
    assert await world.rows("SELECT places_revision FROM customer_order") == [(2,)]


async def test_a_move_to_seats_of_the_same_names_is_no_news(world: World) -> None:
    paid = await world.checkout()
    world.inventory.tell(now_of(world))
    await taken(world)

    assert await world.order() == paid
    assert await world.rows("SELECT places_revision FROM customer_order") == [(1,)]
    assert len(await history(world)) == 2


async def test_a_failed_order_keeps_its_seats_and_the_next_one_has_the_new_ones(world: World) -> None:
    world.payments.declines = True
    assert state(await world.checkout()) == "FAILED"
    fact = world.move(*FIRST)
    await taken(world)
    world.payments.declines = False

    request = pb.CheckoutRequest(order_id=ord_(2), hold_id=hld(1), card=pb.CheckoutRequest.Card(token="tok_ok"))
    paid = (await world.ana.orders.Checkout(request)).order
    world.inventory.tell(fact)
    await taken(world)

    assert seats(await world.order()) == SEATS
    assert (state(paid), seats(paid)) == ("PAID", FIRST)
    assert await world.order(2) == paid
    assert await world.facts() == ["OrderPlaced", "OrderFailed", "OrderPlaced", "OrderPaid"]


async def test_a_hold_without_an_order_concerns_none(world: World) -> None:
    await world.checkout()
    world.hold(2)
    world.move(*FIRST, n=2)
    await taken(world)

    assert seats(await world.order()) == SEATS
    assert await world.rows("SELECT why FROM parked_fact") == []


async def test_general_places_keep_what_they_are(world: World) -> None:
    world.inventory.holds[hld(1)].places = [
        HeldPlace(ticket_type_id=FLOOR, area_name="Pista"),
        HeldPlace(ticket_type_id=STALLS, seat_id="A-05", seat_label="Stalls A-05"),
    ]
    await world.checkout()
    await move(world, "N-01")()

    lines = [(line.ticket_type_id, line.seat_id, line.seat_label) for line in (await world.order()).lines]
    assert lines == [(FLOOR, "", "Pista"), (STALLS, "N-01", "New hall N-01")]


async def test_a_checkout_during_a_move_makes_no_order_and_can_be_repeated(world: World) -> None:
    world.inventory.refuses["DescribeHold"] = EventMoving(event_id=EVENT)
    assert await outcome(world.checkout()) == "EVENT_MOVING"
    assert await world.facts() == []
    del world.inventory.refuses["DescribeHold"]
    await move(world, *FIRST)()

    assert seats(await world.checkout()) == FIRST
    assert await history(world) == [("OrderPlaced", FIRST, 1), ("OrderPaid", FIRST, 2)]


@pytest.mark.parametrize("step", ["LockHold", "ConfirmHold"])
async def test_an_order_waits_for_the_end_of_a_move(world: World, step: str) -> None:
    world.inventory.refuses[step] = EventMoving(event_id=EVENT)
    assert state(await world.checkout()) == "PAYMENT_PENDING"
    del world.inventory.refuses[step]
    world.move(*FIRST)

    world.advance(WAITS_S[1])

    assert seats(await world.becomes("PAID")) == FIRST


async def test_a_watcher_is_told_of_the_new_seats(world: World) -> None:
    world.payments.silent = True
    await world.checkout()
    answers = aiter(world.ana.orders.WatchOrder(pb.WatchOrderRequest(order_id=ord_(1))))
    assert seats((await anext(answers)).order) == SEATS

    world.move(*FIRST)
    second = (await anext(answers)).order
    world.payments.silent = False
    world.payments.settle(ord_(1), AUTHORIZED)

    assert (state(second), seats(second)) == ("PAYMENT_PENDING", FIRST)
    assert [(state(answer.order), seats(answer.order)) async for answer in answers] == [("PAID", FIRST)]


async def test_many_moves_at_once_leave_the_newest_and_facts_in_the_order_of_versions(world: World) -> None:
    world.payments.silent = True
    await world.checkout()

    def to(n: int) -> MovedPlaces:
        return MovedPlaces(n, tuple(Place(STALLS, f"{row}-{n}", "") for row in "NO"))

    moves = [world.database.write(transactions.reseat, ord_(1), to(n), now_us=1) for n in range(1, 17)]
    paying = world.database.write(transactions.mark_paid, ord_(1), now_us=1)
    await asyncio.gather(*moves[:8], paying, *moves[8:])

    stored = await world.database.read(store.find, ord_(1))
    assert stored is not None
    assert (stored.state, stored.places_revision) == ("PAID", 16)
    assert [line.seat_id for line in stored.lines] == ["N-16", "O-16"]
    versions = [version for _, _, version in await history(world)]
    assert versions == list(range(1, stored.version + 1))
    assert [name for name, _, _ in await history(world)].count("OrderPaid") == 1


async def test_a_fact_with_other_places_than_the_order_has_is_parked(world: World) -> None:
    await world.checkout()
    world.inventory.tell(PlacesMoved(event_id=EVENT, hold_id=hld(1), places_revision=1, places=[HeldPlace()]))
    await taken(world)

    assert seats(await world.order()) == SEATS
    assert await world.rows("SELECT why FROM parked_fact") == [("ValueError",)]
