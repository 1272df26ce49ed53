"""Ticket types are archived and restored, and buyers see those that are for them."""

import asyncio
from collections import Counter

import pytest

from eventhub.catalog.v1 import catalog_pb2 as nouns
from eventhub.catalog.v1 import catalog_service_pb2 as pb
from eventhub.catalog.v1.catalog_service_pb2_grpc import CatalogMeshStub
from eventhub.client import EventHub
from eventhub.inventory.v1 import inventory_service_pb2 as inventory
from eventhub.refusals import TicketTypeArchived
from services.kit.rpc.guess_limiter import AT_ONCE, WAIT_MAX_US, WAITING_MAX
from services.kit.values.clock import SECOND_US, to_timestamp
from tests.catalog.requests import EVENT, HOUR_S, STARTS_S, TYPE, an_id, brl, half, ticket
from tests.catalog.test_type_changes import change, found, spec, told
from tests.catalog.world import World, open_world
from tests.stage import Stage, outcome, until

HALF, VIP = an_id("tkt", 2), an_id("tkt", 3)


async def archive(world: World, type_id: str = TYPE) -> nouns.Event:
    request = pb.ArchiveTicketTypeRequest(event_id=EVENT, ticket_type_id=type_id)
    return (await world.hub.catalog.ArchiveTicketType(request)).event


async def restore(world: World, type_id: str = TYPE) -> nouns.Event:
    request = pb.RestoreTicketTypeRequest(event_id=EVENT, ticket_type_id=type_id)
    return (await world.hub.catalog.RestoreTicketType(request)).event


async def with_types(stage: Stage, *, publish: bool = True) -> World:
    """An event with a type, its half price, and VIP."""
    world = await open_world(stage)
    await world.draft()
    await world.type(half(HALF, name="Meia"))
    await world.type(ticket(VIP, name="VIP"))
    if publish:
        await world.publish()
    return world


def archived(event: nouns.Event) -> set[str]:
    return {each.ticket_type_id for each in event.ticket_types if each.archived}


async def seen(client: EventHub, access_code: str = "") -> list[str]:
    request = pb.GetEventRequest(event_id=EVENT, access_code=access_code)
    return [each.ticket_type_id for each in (await client.catalog.GetEvent(request)).event.ticket_types]


async def test_a_published_type_is_archived_with_its_half_price_and_restored(stage: Stage) -> None:
    world = await with_types(stage)
    event = await archive(world)
    assert archived(event) == {TYPE, HALF}
    assert await archive(world) == await world.get() == event, "a repeat changes nothing"
    assert (spec(world).archived, spec(world, HALF).archived, spec(world, VIP).archived) == (True, True, False)
    fact = await told(world, 2)
    assert [(each.field, each.new_value) for each in fact.changes] == [
        (f"ticket_types.{TYPE}.archived", "true"),
        (f"ticket_types.{HALF}.archived", "true"),
    ]

    with pytest.raises(TicketTypeArchived) as refused:
        await restore(world, HALF)
    assert refused.value.facts == {"ticket_type_id": TYPE}
    assert archived(await restore(world)) == {HALF}
    event = await restore(world, HALF)
    assert archived(event) == set()
    assert await restore(world, HALF) == event
    await world.facts(4)


async def test_without_half_price_nothing_is_reserved(stage: Stage) -> None:
    world = await with_types(stage)

    def pools() -> dict[str, int]:
        return {pool.name: pool.capacity for pool in world.inventory.of(inventory.ProvisionRequest)[-1].pools}

    assert pools() == {"half": 100, "public": 60, "places": 100}
    await archive(world, HALF)
    assert pools() == {"places": 100}
    await restore(world, HALF)
    assert pools() == {"half": 100, "public": 60, "places": 100}
    await archive(world, VIP)
    assert pools() == {"half": 100, "public": 60, "places": 100}, "places that were offered count as before"


async def test_the_reserve_needs_a_type_that_sells_it(stage: Stage) -> None:
    world = await with_types(stage)
    await world.type(half(an_id("tkt", 4), of=VIP, name="Meia VIP", capacity=10))
    before = await world.get()
    assert await outcome(archive(world, HALF)) == "HALF_PRICE_LOT_TOO_SMALL"
    assert await outcome(archive(world)) == "HALF_PRICE_LOT_TOO_SMALL"
    assert await world.get() == before


async def test_a_draft_loses_its_types(stage: Stage) -> None:
    world = await with_types(stage, publish=False)
    event = await archive(world)
    assert [each.ticket_type_id for each in event.ticket_types] == [VIP]
    assert await archive(world) == await archive(world, an_id("tkt", 9)) == event
    assert await outcome(restore(world)) == "TICKET_TYPE_NOT_FOUND"
    event = await world.type(ticket(an_id("tkt", 5), name="Meia"))
    assert [each.ticket_type_id for each in event.ticket_types] == [VIP, an_id("tkt", 5)]
    await archive(world, VIP)
    await archive(world, an_id("tkt", 5))
    assert await outcome(world.publish()) == "EVENT_INCOMPLETE"


async def test_refusals_of_archiving(stage: Stage) -> None:
    world = await with_types(stage)
    assert await outcome(archive(world, an_id("tkt", 9))) == "TICKET_TYPE_NOT_FOUND"
    assert await outcome(restore(world, an_id("tkt", 9))) == "TICKET_TYPE_NOT_FOUND"
    await archive(world)
    assert await outcome(world.type(half(an_id("tkt", 4), name="Another"))) == "TICKET_TYPE_ARCHIVED"
    world.hub = stage.member("org_other")
    assert await outcome(archive(world, VIP)) == await outcome(restore(world)) == "EVENT_NOT_FOUND"


async def test_sixteen_at_once(stage: Stage) -> None:
    world = await with_types(stage)
    before = await world.get()
    events = await asyncio.gather(*(archive(world) for _ in range(16)))
    assert all(event == events[0] for event in events)
    events = await asyncio.gather(*(restore(world) for _ in range(16)))
    assert all(event == events[0] for event in events)
    assert events[0].version == before.version + 2
    await asyncio.gather(*(archive(world, VIP) if n % 2 else restore(world, VIP) for n in range(16)))
    assert spec(world, VIP).archived == found(await world.get(), VIP).archived


async def test_buyers_see_the_types_that_are_for_them(stage: Stage) -> None:
    world = await with_types(stage)
    await change(world, VIP, hidden=True)
    await change(world, HALF, access_codes=["Estudante1"])
    buyer = stage.buyer()
    assert await seen(buyer) == await seen(stage.member("org_other")) == [TYPE]
    found_events = (await buyer.catalog.SearchEvents(pb.SearchEventsRequest())).events
    assert [each.ticket_type_id for each in found_events[0].ticket_types] == [TYPE]
    assert await seen(world.hub) == [TYPE, HALF, VIP]

    assert await seen(buyer, "ESTUDANTE1") == await seen(stage.anyone(), "estudante1") == [TYPE, HALF]
    event = (await buyer.catalog.GetEvent(pb.GetEventRequest(event_id=EVENT, access_code="estudante1"))).event
    assert found(event, HALF).needs_access_code
    assert not found(event, HALF).access_codes
    assert list(found(await world.get(), HALF).access_codes) == ["ESTUDANTE1"]
    mesh = CatalogMeshStub(stage.channel("pricing"))
    (event,) = (await mesh.BatchGetEvents(pb.BatchGetEventsRequest(event_ids=[EVENT]))).events
    assert len(event.ticket_types) == 3
    assert not found(event, HALF).access_codes
    await archive(world)
    assert await seen(buyer) == []


async def test_access_codes_cannot_be_guessed_fast(stage: Stage) -> None:
    world = await with_types(stage)
    await change(world, VIP, access_codes=["GOLD7"])
    guests = [stage.buyer(f"gst_{n}") for n in range(20)]
    guesses = [asyncio.create_task(outcome(seen(guest, f"GUESS{n}"))) for n, guest in enumerate(guests)]
    await until(lambda: sum(guess.done() for guess in guesses) == len(guesses) - WAITING_MAX)
    stage.clock.advance(WAIT_MAX_US / SECOND_US)
    answers = Counter(await asyncio.gather(*guesses))
    assert answers == {"ACCESS_CODE_WRONG": AT_ONCE, "TOO_MANY_REQUESTS": len(guesses) - AT_ONCE}
    assert await seen(stage.buyer("gst_ana")) == [TYPE, HALF], "no code, no wait"
    stage.clock.advance(60)
    assert await seen(stage.buyer("gst_ana"), "gold7") == [TYPE, HALF, VIP]


async def test_a_copy_has_the_types_that_sell_at_their_last_prices(stage: Stage) -> None:
    world = await with_types(stage)
    await change(world, price=brl(8000), access_codes=["FAN"], sales_end_at=to_timestamp(STARTS_S * SECOND_US))
    await archive(world, VIP)
    request = pb.CopyEventRequest(event_id=an_id("evt", 2), from_event_id=EVENT, starts_local="2026-12-25T20:00")
    copy = (await world.hub.catalog.CopyEvent(request)).event

    full, half_price = copy.ticket_types
    assert (full.price, half_price.price, list(full.prices), list(full.access_codes)) == (
        *(brl(8000), brl(4000), []),
        ["FAN"],
    )
    assert full.sales_end_at == to_timestamp((STARTS_S + 24 * HOUR_S) * SECOND_US)
    assert half_price.half_of_ticket_type_id == full.ticket_type_id
    assert (await world.hub.catalog.CopyEvent(request)).event == copy == await world.get(an_id("evt", 2))


async def test_searches_know_the_prices_that_buyers_see(stage: Stage) -> None:
    world = await with_types(stage)
    await change(world, VIP, price=brl(99000), hidden=True)

    async def found_for(least: int) -> int:
        prices = pb.SearchEventsRequest(price_min=brl(least))
        return len((await stage.buyer().catalog.SearchEvents(prices)).events)

    assert (await found_for(5001), await found_for(60000)) == (1, 0)
    await change(world, VIP, hidden=False)
    assert await found_for(60000) == 1
