"""Ticket types change before and after their event is published: UpdateTicketType, and their order in the list."""

from typing import Any

import pytest
from google.protobuf.field_mask_pb2 import FieldMask

from eventhub.catalog.v1 import catalog_pb2 as nouns
from eventhub.catalog.v1 import catalog_service_pb2 as pb
from eventhub.catalog.v1.catalog_events_pb2 import EventChanged
from eventhub.common.v1.money_pb2 import Money
from eventhub.inventory.v1 import inventory_service_pb2 as inventory
from eventhub.refusals import CapacityBelowSold, CurrencyMismatch, InvalidRequest, TicketTypeTooLarge
from services.kit.values.clock import SECOND_US, to_timestamp
from tests.catalog.requests import EVENT, STARTS_S, TYPE, an_id, brl, file_of, half, hall, seated, ticket
from tests.catalog.world import World, open_world
from tests.stage import Stage, outcome

SECOND = an_id("tkt", 2)
THIRD = an_id("tkt", 3)


def update(type_id: str = TYPE, event_id: str = EVENT, **fields: Any) -> pb.UpdateTicketTypeRequest:
    """A change of the named fields."""
    mask = FieldMask(paths=list(fields))
    given = {name: value for name, value in fields.items() if value is not None}
    return pb.UpdateTicketTypeRequest(event_id=event_id, ticket_type_id=type_id, update_mask=mask, **given)


async def change(world: World, type_id: str = TYPE, **fields: Any) -> nouns.Event:
    """Changes the named fields of a type. None clears a field."""
    return (await world.hub.catalog.UpdateTicketType(update(type_id, **fields))).event


def found(event: nouns.Event, type_id: str = TYPE) -> nouns.TicketType:
    return next(each for each in event.ticket_types if each.ticket_type_id == type_id)


def spec(world: World, type_id: str = TYPE) -> inventory.TypeSpec:
    """What inventory was told of a type last."""
    request: inventory.ProvisionRequest = world.inventory.of(inventory.ProvisionRequest)[-1]
    return next(each for each in request.types if each.ticket_type_id == type_id)


async def told(world: World, count: int) -> EventChanged:
    """The last of so many facts."""
    return EventChanged.FromString((await world.facts(count))[-1].payload)


EVERYTHING: dict[str, Any] = {
    "name": "Camarote",
    "description": "Com vista para o palco.\nInclui estacionamento.",
    "price": brl(9000),
    "capacity": 30,
    "per_order_min": 2,
    "per_order_max": 6,
    "hidden": True,
    "access_codes": ["fan-clube", "IMPRENSA"],
    "sales_start_at": to_timestamp((STARTS_S - 9000) * SECOND_US),
    "sales_end_at": to_timestamp((STARTS_S - 60) * SECOND_US),
}


@pytest.mark.parametrize("published", [False, True])
async def test_all_fields_of_a_type_change(stage: Stage, published: bool) -> None:
    world = await open_world(stage)
    before = await (world.on_sale() if published else world.draft())
    event = await change(world, **EVERYTHING)

    changed = found(event)
    assert event.version == before.version + 1
    assert await world.get() == event
    assert {name: getattr(changed, name) for name in EVERYTHING} == EVERYTHING | {
        "access_codes": ["FAN-CLUBE", "IMPRENSA"]
    }
    assert changed.needs_access_code
    assert await change(world, **EVERYTHING) == event, "a repeat changes nothing"
    cleared = found(await change(world, description=None, per_order_min=None, hidden=None, sales_start_at=None))
    assert (cleared.description, cleared.per_order_min, cleared.hidden, cleared.HasField("sales_start_at")) == (
        *("", 0, False),
        False,
    )
    assert cleared.name == "Camarote", "a field that is not named stays"


async def test_inventory_is_told_of_the_terms_of_a_published_type(stage: Stage) -> None:
    world = await open_world(stage)
    await world.on_sale()
    await change(world, **EVERYTHING)

    sold = spec(world)
    assert (sold.per_order_min, sold.per_order_max, sold.hidden, len(sold.access_code_hashes)) == (2, 6, True, 2)
    assert (sold.sales_start_at, sold.sales_end_at) == (EVERYTHING["sales_start_at"], EVERYTHING["sales_end_at"])
    assert "FAN-CLUBE" not in str(world.inventory.requests).upper()
    request = world.inventory.of(inventory.ProvisionRequest)[-1]
    assert [(pool.name, pool.capacity) for pool in request.pools] == [(TYPE, 30), ("places", 100)]


async def test_a_published_change_is_announced_field_by_field(stage: Stage) -> None:
    world = await open_world(stage)
    before = await world.on_sale()
    await change(world, name="Camarote", price=brl(9000), access_codes=["FAN"], hidden=True)

    fact = await told(world, 2)
    assert fact.event.version == before.version + 1
    assert not found(fact.event).access_codes
    path = f"ticket_types.{TYPE}"
    assert [(each.field, each.old_value, each.new_value) for each in fact.changes] == [
        (f"{path}.name", found(before).name, "Camarote"),
        (f"{path}.price", "5001 BRL", "9000 BRL"),
        (f"{path}.hidden", "", "true"),
        (f"{path}.access_codes", "", ""),
    ]


async def test_a_draft_changes_in_silence(stage: Stage) -> None:
    world = await open_world(stage)
    await world.draft()
    await change(world, price=brl(1))
    assert world.inventory.requests == []
    await world.publish()
    await world.facts(1)


WRONG: dict[str, tuple[pb.UpdateTicketTypeRequest, str]] = {
    "an unknown field": (update(colour=None), "update_mask"),
    "a part of a field": (pb.UpdateTicketTypeRequest(event_id=EVENT, ticket_type_id=TYPE), "update_mask"),
    "no field": (update(), "update_mask"),
    "no name": (update(name=""), "name"),
    "a blank name": (update(name=" "), "name"),
    "a link as a name": (update(name="www.evil.example"), "name"),
    "no price": (update(price=None), "price"),
    "the price of half price": (update(SECOND, price=brl(1)), "price"),
    "an unknown category": (update(seat_categories=["Roof"]), "seat_categories"),
    "more at least than an order may have": (update(per_order_min=11), "per_order_min"),
    "more at least than at most": (update(per_order_min=4, per_order_max=3), "per_order_max"),
    "an end before the beginning": (
        update(sales_start_at=to_timestamp(20 * SECOND_US), sales_end_at=to_timestamp(10 * SECOND_US)),
        "sales_end_at",
    ),
    "a time that does not exist": (update(sales_end_at=to_timestamp(-SECOND_US)), "sales_end_at"),
    "a code of two letters": (update(access_codes=["ab"]), "access_codes"),
    "no position": (update(list_position=0), "list_position"),
}


@pytest.mark.parametrize("case", WRONG)
async def test_a_change_that_does_not_fit_changes_nothing(stage: Stage, case: str) -> None:
    world = await open_world(stage)
    await world.draft()
    before = await world.type(half(SECOND))
    request, field = WRONG[case]
    with pytest.raises(InvalidRequest) as refused:
        await world.hub.catalog.UpdateTicketType(request)
    assert [path.partition("[")[0] for path in refused.value.fields] == [field]
    assert await world.get() == before


@pytest.mark.parametrize("published", [False, True])
async def test_a_refused_change_changes_nothing(stage: Stage, published: bool) -> None:
    world = await open_world(stage)
    await world.draft()
    before = await world.type(half(SECOND, name="Meia"))
    if published:
        before = await world.publish()
    with pytest.raises(TicketTypeTooLarge) as refused:
        await change(world, capacity=101)
    assert refused.value.limit == "100"
    with pytest.raises(CurrencyMismatch):
        await change(world, price=Money(minor=1, currency="EUR"))
    assert await outcome(change(world, name="MEIA ")) == "TICKET_TYPE_NAME_IN_USE"
    assert await outcome(change(world, THIRD, name="Outro")) == "TICKET_TYPE_NOT_FOUND"
    small = await outcome(change(world, SECOND, capacity=39))
    assert small == ("HALF_PRICE_LOT_TOO_SMALL" if published else "done")
    world.hub = stage.member("org_other")
    assert await outcome(change(world, name="Outro")) == "EVENT_NOT_FOUND"
    world.hub = stage.member()
    if published:
        assert await world.get() == before
        await world.facts(1)


async def test_inventory_has_the_last_word(stage: Stage) -> None:
    world = await open_world(stage)
    before = await world.on_sale()
    world.inventory.refuses["Provision"] = CapacityBelowSold(name=TYPE, taken=7, wanted=5)
    for _ in range(2):
        with pytest.raises(CapacityBelowSold):
            await change(world, capacity=5)
        with pytest.raises(CapacityBelowSold):
            await world.type(ticket(SECOND))
    assert await world.get() == before
    world.inventory.refuses.clear()
    assert len((await world.type(ticket(SECOND, name="Another", capacity=3))).ticket_types) == 2
    assert spec(world, SECOND).pool_ids == [f"{SECOND}.lot", f"{EVENT}.places"]
    await world.facts(2)


async def test_the_types_of_an_event_that_is_over_stay(stage: Stage) -> None:
    world = await open_world(stage)
    before = await world.on_sale()
    stage.clock.advance(STARTS_S + 7200 - stage.clock.now_us() // SECOND_US)
    world.hub = stage.member()
    calls = world.hub.catalog
    named = {"event_id": EVENT, "ticket_type_id": TYPE}
    assert await outcome(change(world, name="Outro")) == "EVENT_STATE"
    assert await outcome(world.type(ticket(SECOND))) == "EVENT_STATE"
    assert await outcome(calls.ArchiveTicketType(pb.ArchiveTicketTypeRequest(**named))) == "EVENT_STATE"
    assert await change(world, name=found(before).name) == before, "nothing changes"


async def test_types_move_in_the_list(stage: Stage) -> None:
    world = await open_world(stage)
    await world.draft()
    for type_id in (SECOND, THIRD):
        await world.type(ticket(type_id))

    def order(event: nouns.Event) -> list[str]:
        return [each.ticket_type_id for each in event.ticket_types]

    assert order(await change(world, THIRD, list_position=1)) == [THIRD, TYPE, SECOND]
    assert order(await change(world, THIRD, list_position=50)) == [TYPE, SECOND, THIRD]
    assert order(await world.publish()) == [TYPE, SECOND, THIRD]
    event = await change(world, SECOND, list_position=1, name="Primeiro")
    assert order(event) == [SECOND, TYPE, THIRD] == order(await world.get())
    assert await change(world, SECOND, list_position=1, name="Primeiro") == event
    await world.type(ticket(an_id("tkt", 4)))
    assert order(await world.get())[-1] == an_id("tkt", 4)


async def test_the_categories_of_a_type_change(stage: Stage) -> None:
    world = await open_world(stage)
    await world.venue()
    await world.plan(file_of(hall()))
    await world.event(seated())
    await world.type(ticket(seat_categories=["VIP"], capacity=1))
    await world.publish()
    assert await outcome(change(world, capacity=2)) == "TICKET_TYPE_TOO_LARGE"
    event = await change(world, capacity=5, seat_categories=["Stalls"])
    assert list(found(event).seat_categories) == list(spec(world).seat_categories) == ["Stalls"]
    assert list(found(await change(world, seat_categories=None)).seat_categories) == []
