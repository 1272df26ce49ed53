"""The number of places changes, with the real inventory: never below what is held and sold."""

import asyncio

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from eventhub.catalog.v1 import catalog_pb2 as nouns
from eventhub.common.v1.options_pb2 import ROLE_BOX_OFFICE
from eventhub.inventory.v1 import inventory_service_pb2 as inventory
from eventhub.refusals import (
    CapacityBelowSold,
    EventNotOnSale,
    HalfPriceLotTooSmall,
    Internal,
    InvalidRequest,
    TicketTypeNotFound,
    TicketTypeTooLarge,
)
from services.kit.values import failpoints
from tests.catalog.requests import EVENT, HOUR_S, STARTS_S, TYPE, an_id, half, ticket
from tests.catalog.test_with_inventory import available, club, ready, sell
from tests.catalog.world import World
from tests.stage import Stage, outcome

HALF = an_id("tkt", 2)


async def taken(world: World) -> dict[str, tuple[int, int]]:
    """Capacity and taken places of each pool, by name."""
    database = next(context.database for context in world.stage.platform.contexts if context.name == "inventory")
    rows = await database.read(lambda tx: tx.all("SELECT name, capacity, held + sold FROM pool ORDER BY pool_id"))
    return {name: (capacity, count) for name, capacity, count in rows}


async def test_places_are_added_and_taken_away(stage: Stage) -> None:
    world = await club(stage, ticket(), capacity=10)
    await sell(world, TYPE, 10)
    assert (await world.resize(12)).capacity == 12
    await sell(world, TYPE, 1)

    with pytest.raises(CapacityBelowSold) as refused:
        await world.resize(10)

    assert refused.value.facts == {"name": "places", "taken": "11", "wanted": "10"}
    assert refused.value.for_people == "Já há 11 lugares vendidos ou reservados, mais que 10."
    assert (await world.get()).capacity == 12
    assert (await world.resize(11)).capacity == 11
    assert await available(world) == {TYPE: 0}
    assert await world.changes() == [{"capacity": ("10", "12")}, {"capacity": ("12", "11")}]


async def test_a_type_gets_a_limit_while_it_is_sold(stage: Stage) -> None:
    world = await club(stage, ticket(), ticket(an_id("tkt", 3)), capacity=10)
    await sell(world, TYPE, 4)

    with pytest.raises(CapacityBelowSold) as refused:
        await world.resize(3, TYPE)
    assert refused.value.facts == {"name": TYPE, "taken": "4", "wanted": "3"}
    event = await world.resize(5, TYPE)

    assert event.ticket_types[0].capacity == 5
    assert await available(world) == {TYPE: 1, an_id("tkt", 3): 6}
    assert await taken(world) == {TYPE: (5, 4), "places": (10, 4)}
    assert (await world.resize(0, TYPE)).ticket_types[0].capacity == 0
    assert await available(world) == {TYPE: 6, an_id("tkt", 3): 6}
    assert await taken(world) == {"places": (10, 4)}


async def test_the_half_price_reserve_follows(stage: Stage) -> None:
    world = await club(stage, ticket(), half(HALF), capacity=10)
    assert await available(world) == {TYPE: 6, HALF: 10}
    await world.resize(20)
    assert await available(world) == {TYPE: 12, HALF: 20}
    with pytest.raises(HalfPriceLotTooSmall):
        await world.resize(7, HALF)
    await world.resize(8, HALF)
    await sell(world, TYPE, 12)

    with pytest.raises(CapacityBelowSold) as refused:
        await world.resize(15)

    assert refused.value.facts == {"name": "public", "taken": "12", "wanted": "9"}
    assert await available(world) == {TYPE: 0, HALF: 8}


async def test_a_seated_event_has_its_plans_seats_and_its_types_have_limits(stage: Stage) -> None:
    world = await ready(stage)
    await world.publish()
    with pytest.raises(InvalidRequest):
        await world.resize(7)
    with pytest.raises(TicketTypeTooLarge):
        await world.resize(7, TYPE)
    with pytest.raises(TicketTypeNotFound):
        await world.resize(1, an_id("tkt", 9))
    item = inventory.HoldItem(ticket_type_id=TYPE, seat_ids=["1-1", "1-2"])
    request = inventory.HoldRequest(hold_id=an_id("hld"), event_id=EVENT, items=[item])
    await stage.buyer().inventory.Hold(request)

    await world.resize(2, TYPE)

    assert await available(world) == {TYPE: 0, HALF: 4}
    assert await taken(world) == {TYPE: (2, 2), "half": (6, 0), "public": (3, 2)}
    await stage.buyer().inventory.ReleaseHold(inventory.ReleaseHoldRequest(hold_id=an_id("hld")))
    assert await taken(world) == {TYPE: (2, 0), "half": (6, 0), "public": (3, 0)}


async def test_a_draft_changes_without_inventory(stage: Stage) -> None:
    world = await ready(stage)
    event = await world.resize(2, TYPE)
    assert event.ticket_types[0].capacity == 2
    assert await world.resize(2, TYPE) == event
    with pytest.raises(InvalidRequest):
        await world.resize(0)


async def test_sixteen_at_once_and_buyers_leave_no_place_sold_twice(stage: Stage) -> None:
    world = await club(stage, ticket(), capacity=10)
    sizes = [8 + n % 5 for n in range(16)]

    work = [work for size in sizes for work in (outcome(world.resize(size)), outcome(sell(world, TYPE, 1)))]
    answers = await asyncio.gather(*work)

    event, sold = await world.get(), answers[1::2].count("done")
    assert set(answers[::2]) <= {"done", "CAPACITY_BELOW_SOLD"}
    assert sold <= 12
    assert await taken(world) == {"places": (event.capacity, sold)}
    assert event.capacity >= sold


async def test_moves_updates_and_sizes_at_once_end_alike_in_both_contexts(stage: Stage) -> None:
    world = await club(stage, ticket(), capacity=10)
    before = await world.get()
    changes = [
        change
        for n in range(16)
        for change in (
            world.move(f"2026-12-{10 + n}T20:00"),
            world.update(tickets_per_order_max=1 + n),
            world.resize(20 + n),
            sell(world, TYPE, 1),
        )
    ]

    await asyncio.gather(*map(outcome, changes))

    event = await world.get()
    database = next(context.database for context in stage.platform.contexts if context.name == "inventory")
    (sale,) = await database.read(lambda tx: tx.all("SELECT sales_end_us, tickets_per_order_max FROM event_sale"))
    assert sale == (event.starts_at.seconds * 1_000_000, event.tickets_per_order_max)
    assert (await taken(world))["places"][0] == event.capacity
    assert event.version - before.version in (47, 48), "one of the numbers may be the event's own"


@pytest.mark.parametrize("step", ["begin_change.after", "finish_change.before", "finish_change.after"])
async def test_a_size_whose_call_died_is_completed_by_a_repeat(stage: Stage, step: str) -> None:
    world = await club(stage, ticket(), capacity=10)
    before = await world.get()
    failpoints.arm(f"catalog.{step}=raise")
    with pytest.raises(Internal):
        await world.resize(12)
    failpoints.arm("")

    event = await world.resize(12)

    assert (event.capacity, event.version) == (12, before.version + 1)
    assert await taken(world) == {"places": (12, 0)}
    assert await world.changes() == [{"capacity": ("10", "12")}]


async def test_nothing_is_sold_before_sales_begin_nor_at_the_counter(stage: Stage) -> None:
    world = await club(stage, ticket(), capacity=10)
    begins = STARTS_S - 100 * HOUR_S
    await world.update(details=nouns.EventDetails(sales_start_at=Timestamp(seconds=begins)))
    item = inventory.HoldItem(ticket_type_id=TYPE, quantity=1)
    for client in (stage.buyer(), stage.member("org_casa", ROLE_BOX_OFFICE)):
        with pytest.raises(EventNotOnSale) as refused:
            await client.inventory.Hold(inventory.HoldRequest(hold_id=an_id("hld"), event_id=EVENT, items=[item]))
        assert refused.value.facts == {"event_id": EVENT, "starts_at": "2026-12-20T19:00:00Z"}

    stage.clock.advance(begins - stage.clock.now_us() / 1_000_000)

    await sell(world, TYPE, 1)


async def test_an_unpublished_event_sells_nothing_until_it_is_put_back(stage: Stage) -> None:
    world = await club(stage, ticket(), capacity=10)
    await sell(world, TYPE, 1)
    await world.unpublish()
    with pytest.raises(EventNotOnSale):
        await sell(world, TYPE, 1)
    await world.publish()
    await sell(world, TYPE, 1)
    assert await taken(world) == {"places": (10, 2)}
