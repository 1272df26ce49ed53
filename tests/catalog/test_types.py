"""Ticket types, and the refusals of AddTicketType."""

import asyncio

import pytest

from eventhub.catalog.v1 import catalog_pb2 as nouns
from eventhub.common.v1.money_pb2 import Money
from eventhub.refusals import (
    CurrencyMismatch,
    EventNotFound,
    IdInUse,
    InvalidRequest,
    TicketTypeNameInUse,
    TicketTypeNotFound,
)
from scripts.make_hall import plain_hall, written
from tests.catalog.requests import HALF, TYPE, an_id, file_of, general, half, seated, ticket
from tests.catalog.requests import hall as small_hall
from tests.catalog.world import World, open_world
from tests.stage import Stage

SMALL = written(plain_hall(2, 3))


async def on_a_plan(stage: Stage) -> World:
    world = await open_world(stage)
    await world.venue()
    await world.plan(SMALL)
    await world.event(seated())
    return world


async def test_ticket_types_keep_their_order_and_prices(stage: Stage) -> None:
    world = await on_a_plan(stage)
    await world.type(ticket(an_id("tkt", 9), name="Inteira", seat_categories=["Pista"], capacity=4))
    event = await world.type(half(an_id("tkt", 3), of=an_id("tkt", 9), name="Meia"))
    first, second = event.ticket_types
    assert (first.name, first.price.minor, list(first.seat_categories), first.capacity) == (
        "Inteira",
        5001,
        ["Pista"],
        4,
    )
    assert (second.kind, second.price) == (HALF, Money(minor=2500, currency="BRL"))
    assert second.half_of_ticket_type_id == first.ticket_type_id
    assert event.version == 3
    assert await world.get() == event


async def test_a_repeated_type_is_no_second_one(stage: Stage) -> None:
    world = await on_a_plan(stage)
    event = await world.type(ticket())
    assert await world.type(ticket()) == event
    with pytest.raises(IdInUse):
        await world.type(ticket(name="Another"))
    await world.event(seated(an_id("evt", 2)))
    with pytest.raises(IdInUse):
        await world.type(ticket(event_id=an_id("evt", 2)))


async def test_sixteen_types_at_once(stage: Stage) -> None:
    world = await on_a_plan(stage)
    await asyncio.gather(*(world.type(ticket(an_id("tkt", n))) for n in range(16)))
    event = await world.get()
    assert len({each.ticket_type_id for each in event.ticket_types}) == 16
    assert event.version == 17


BAD_TYPES = {
    "no price": (ticket(price=None), {"price"}),
    "half with a price": (ticket(an_id("tkt", 2), kind=HALF, half_of_ticket_type_id=TYPE), {"price"}),
    "half of nothing": (half(an_id("tkt", 2), of=""), {"half_of_ticket_type_id"}),
    "full, of another": (ticket(an_id("tkt", 2), half_of_ticket_type_id=TYPE), {"half_of_ticket_type_id"}),
    "an unknown category": (ticket(an_id("tkt", 2), seat_categories=["Pista", "Roof"]), {"seat_categories"}),
    "a negative price": (ticket(an_id("tkt", 2), price=Money(minor=-1, currency="BRL")), {"price.minor"}),
    "no name": (ticket(an_id("tkt", 2), name=""), {"name"}),
    "no kind": (ticket(an_id("tkt", 2), kind=None), {"kind"}),
}


@pytest.mark.parametrize("case", BAD_TYPES)
async def test_a_type_that_does_not_fit(stage: Stage, case: str) -> None:
    world = await on_a_plan(stage)
    request, fields = BAD_TYPES[case]
    if request.ticket_type_id != TYPE:
        await world.type(ticket())
    with pytest.raises(InvalidRequest) as refused:
        await world.type(request)
    assert set(refused.value.fields) == fields


async def test_half_price_is_half_of_a_full_price(stage: Stage) -> None:
    world = await on_a_plan(stage)
    with pytest.raises(TicketTypeNotFound) as refused:
        await world.type(half(an_id("tkt", 2)))
    assert refused.value.ticket_type_id == TYPE
    await world.type(ticket())
    await world.type(half(an_id("tkt", 2)))
    with pytest.raises(InvalidRequest):
        await world.type(half(an_id("tkt", 3), of=an_id("tkt", 2)))
    await world.event(seated(an_id("evt", 2)))
    with pytest.raises(TicketTypeNotFound):
        await world.type(half(an_id("tkt", 4), event_id=an_id("evt", 2)))


async def test_seat_categories_are_for_seats(stage: Stage) -> None:
    world = await open_world(stage)
    await world.venue()
    await world.event(general())
    with pytest.raises(InvalidRequest) as refused:
        await world.type(ticket(seat_categories=["Pista"]))
    assert list(refused.value.fields) == ["seat_categories"]


@pytest.mark.parametrize(
    ("wanted", "sold"), [([], ["VIP", "Stalls"]), (["NOT AVAILABLE"], ["NOT AVAILABLE"]), (["VIP"], ["VIP"])]
)
async def test_seats_that_are_not_for_sale_are_sold_only_by_name(
    stage: Stage, wanted: list[str], sold: list[str]
) -> None:
    world = await open_world(stage)
    await world.venue()
    plan = small_hall(6)
    plan["categories"].append({"name": "NOT AVAILABLE"})
    plan["zones"][0]["rows"][0]["seats"][5]["category"] = "NOT AVAILABLE"
    await world.plan(file_of(plan))
    await world.event(seated())

    event = await world.type(ticket(seat_categories=wanted))

    assert list(event.ticket_types[0].seat_categories) == sold
    assert await world.type(ticket(seat_categories=wanted)) == event


async def test_two_types_of_an_event_have_two_names(stage: Stage) -> None:
    world = await on_a_plan(stage)
    await world.type(ticket(name="Inteira VIP"))
    for name in ("Inteira VIP", "INTEIRA vip", " Inteira VIP ", "Inteira  VIP", "Inteira\u00a0VIP", "Ínteira\u3000Vip"):
        with pytest.raises(TicketTypeNameInUse) as refused:
            await world.type(ticket(an_id("tkt", 2), name=name))
        assert refused.value.name == name
    await world.event(seated(an_id("evt", 2)))
    await world.type(ticket(an_id("tkt", 2), an_id("evt", 2), name="Inteira"))


async def test_an_event_has_one_currency(stage: Stage) -> None:
    world = await on_a_plan(stage)
    with pytest.raises(CurrencyMismatch) as refused:
        await world.type(ticket(price=Money(minor=1, currency="EUR")))
    assert refused.value.expected == "BRL"


async def test_an_event_has_at_most_fifty_types(stage: Stage) -> None:
    world = await on_a_plan(stage)
    await asyncio.gather(*(world.type(ticket(an_id("tkt", n))) for n in range(50)))
    with pytest.raises(InvalidRequest):
        await world.type(ticket(an_id("tkt", 50)))


async def test_types_are_added_to_ones_own_events(stage: Stage) -> None:
    world = await open_world(stage)
    with pytest.raises(EventNotFound):
        await world.type(ticket())
    await world.on_sale()
    assert (await world.type(ticket())).state == nouns.EVENT_STATE_PUBLISHED  # a repeat succeeds in any state
    world.hub = stage.member("org_other")
    with pytest.raises(EventNotFound):
        await world.type(ticket(an_id("tkt", 2)))
