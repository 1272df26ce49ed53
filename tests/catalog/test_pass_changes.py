"""Passes change after they were added: UpdatePass and ArchivePass."""

from typing import Any

import pytest
from google.protobuf.field_mask_pb2 import FieldMask

from eventhub.catalog.v1 import catalog_pb2 as nouns
from eventhub.catalog.v1 import catalog_service_pb2 as pb
from eventhub.catalog.v1.catalog_events_pb2 import EventChanged, EventPublished
from eventhub.common.v1.money_pb2 import Money
from services.catalog.ticket_types.prices import PRICE_NOTICE_US, PRICES_MAX
from services.kit.values.clock import SECOND_US, from_timestamp, to_timestamp
from tests.catalog.organizer import ORGANIZER, OTHER, Organizer, open_organizer
from tests.catalog.requests import HOUR_S, STARTS_S, an_id, brl
from tests.catalog.test_passes import PASS, SERIES, add, mesh_of, on_sale, seen
from tests.fakes.clock import START_US
from tests.stage import Stage, outcome

SECOND = an_id("tkt", 9_000_001)
EVERYTHING: dict[str, Any] = {
    "name": "Passe de verão",
    "description": "Todas as noites.\nLugares livres.",
    "price": brl(9000),
    "capacity": 7,
    "per_order_min": 2,
    "per_order_max": 4,
    "hidden": True,
    "sales_start_at": to_timestamp((STARTS_S - 9000) * SECOND_US),
    "sales_end_at": to_timestamp((STARTS_S - 60) * SECOND_US),
}


def update(ticket_type_id: str = PASS, **fields: Any) -> pb.UpdatePassRequest:
    """A change of the named fields. None clears a field."""
    given = {name: value for name, value in fields.items() if value is not None}
    return pb.UpdatePassRequest(
        series_id=SERIES, ticket_type_id=ticket_type_id, update_mask=FieldMask(paths=list(fields)), **given
    )


async def change(organizer: Organizer, ticket_type_id: str = PASS, **fields: Any) -> nouns.Event:
    return (await organizer.hub.catalog.UpdatePass(update(ticket_type_id, **fields))).event


async def archive(organizer: Organizer, ticket_type_id: str = PASS, *, restore: bool = False) -> nouns.Event:
    request = pb.ArchivePassRequest(series_id=SERIES, ticket_type_id=ticket_type_id, restore=restore)
    return (await organizer.hub.catalog.ArchivePass(request)).event


async def with_pass(stage: Stage) -> tuple[Organizer, nouns.Event]:
    """An organizer whose series has a pass, and the series."""
    organizer = await open_organizer(stage)
    await on_sale(organizer)
    return organizer, await add(organizer)


def found(event: nouns.Event, ticket_type_id: str = PASS) -> nouns.TicketType:
    return next(each for each in event.ticket_types if each.ticket_type_id == ticket_type_id)


async def own(organizer: Organizer) -> nouns.Event:
    """The series as its organizer sees it."""
    return (await organizer.hub.catalog.GetEvent(pb.GetEventRequest(event_id=SERIES))).event


async def in_mesh(stage: Stage) -> nouns.Event:
    """The series as other contexts see it."""
    return (await mesh_of(stage).BatchGetEvents(pb.BatchGetEventsRequest(event_ids=[SERIES]))).events[0]


async def test_all_fields_of_a_pass_change(stage: Stage) -> None:
    organizer, before = await with_pass(stage)

    event = await change(organizer, **EVERYTHING)

    assert event.version == before.version + 1
    assert {name: getattr(found(event), name) for name in EVERYTHING} == EVERYTHING
    assert found(event).night_ids == found(before).night_ids
    assert await own(organizer) == event
    assert await change(organizer, **EVERYTHING) == event, "a repeat changes nothing"
    cleared = found(await change(organizer, description=None, per_order_min=None, hidden=None, sales_start_at=None))
    assert (cleared.description, cleared.per_order_min, cleared.hidden, cleared.HasField("sales_start_at")) == (
        *("", 0, False),
        False,
    )
    assert cleared.name == "Passe de verão", "a field that is not named stays"


async def test_inventory_is_told_of_what_it_must_know(stage: Stage) -> None:
    organizer, _ = await with_pass(stage)
    first = organizer.inventory.provisions[SERIES]

    await change(organizer, **EVERYTHING)

    told = organizer.inventory.provisions[SERIES]
    (spec,) = told.types
    assert told.version > first.version
    assert [(pool.name, pool.capacity, pool.released_capacity) for pool in told.pools] == [(PASS, 7, 7)]
    assert (spec.per_order_min, spec.per_order_max, spec.hidden, spec.archived) == (2, 4, True, False)
    assert (spec.sales_start_at, spec.sales_end_at) == (EVERYTHING["sales_start_at"], EVERYTHING["sales_end_at"])
    assert list(spec.nights) == list(first.types[0].nights)
    count = len(organizer.inventory.requests)
    await change(organizer, name="Passe", price=brl(1))
    assert len(organizer.inventory.requests) == count, "names and prices are none of its affairs"


async def test_a_new_price_begins_when_no_copy_is_older(stage: Stage) -> None:
    organizer, _ = await with_pass(stage)
    stage.clock.advance(10)

    event = await change(organizer, price=brl(9000))

    first, second = found(event).prices
    assert (first.HasField("from_at"), first.price, second.price) == (False, brl(12000), brl(9000))
    assert from_timestamp(second.from_at) == START_US + 10 * SECOND_US + PRICE_NOTICE_US
    assert list(found(await in_mesh(stage)).prices) == [first, second]
    for n in range(PRICES_MAX - 2):
        await change(organizer, price=brl(n))
    assert await outcome(change(organizer, price=brl(9999))) == "TOO_MANY_REQUESTS"


async def test_buyers_see_neither_hidden_nor_archived_passes(stage: Stage) -> None:
    organizer, _ = await with_pass(stage)
    await add(organizer, ticket_type_id=SECOND, name="Outro")
    asked = pb.GetSeriesRequest(series_id=SERIES)

    await change(organizer, hidden=True)
    event = await archive(organizer, SECOND)

    assert (found(event).hidden, found(event, SECOND).archived) == (True, True)
    assert await own(organizer) == event
    assert list((await seen(stage)).ticket_types) == []
    assert (await in_mesh(stage)).ticket_types == event.ticket_types, "orders and gates still know them"
    assert list((await stage.anyone().catalog.GetSeries(asked)).passes) == []
    assert (await organizer.hub.catalog.GetSeries(asked)).passes == event.ticket_types
    await change(organizer, hidden=None)
    await archive(organizer, SECOND, restore=True)
    assert [each.ticket_type_id for each in (await seen(stage)).ticket_types] == [PASS, SECOND]


async def test_a_pass_is_archived_and_restored(stage: Stage) -> None:
    organizer, before = await with_pass(stage)

    event = await archive(organizer)

    assert organizer.inventory.provisions[SERIES].types[0].archived
    assert (event.version, event.capacity) == (before.version + 1, 0)
    assert await archive(organizer) == event, "a repeat changes nothing"
    restored = await archive(organizer, restore=True)
    assert not organizer.inventory.provisions[SERIES].types[0].archived
    assert await archive(organizer, restore=True) == restored
    assert restored.ticket_types == before.ticket_types


async def test_each_change_is_announced_once_field_by_field(stage: Stage) -> None:
    organizer, _ = await with_pass(stage)
    await organizer.facts()

    for _ in range(2):
        await change(organizer, name="Passe de verão", price=brl(9000))
        await archive(organizer)

    told = [fact for fact in await organizer.facts() if isinstance(fact, EventChanged)]
    path = f"ticket_types.{PASS}"
    assert [[(each.field, each.old_value, each.new_value) for each in fact.changes] for fact in told] == [
        [(f"{path}.name", "Passe", "Passe de verão"), (f"{path}.price", "12000 BRL", "9000 BRL")],
        [("capacity", "4", "0"), (f"{path}.archived", "", "true")],
    ]
    assert told[-1].event == await in_mesh(stage)
    published = [fact for fact in await organizer.facts() if isinstance(fact, EventPublished)]
    assert [fact.event.event_id for fact in published].count(SERIES) == 1


WRONG: dict[str, tuple[pb.UpdatePassRequest, str]] = {
    "no field": (update(), "INVALID_REQUEST"),
    "an unknown field": (update(colour=None), "INVALID_REQUEST"),
    "the categories of its nights": (update(seat_categories=None), "INVALID_REQUEST"),
    "no name": (update(name=""), "INVALID_REQUEST"),
    "no capacity": (update(capacity=0), "INVALID_REQUEST"),
    "no price": (update(price=None), "INVALID_REQUEST"),
    "more at least than an order may have": (update(per_order_min=11), "INVALID_REQUEST"),
    "more at least than at most": (update(per_order_min=4, per_order_max=3), "INVALID_REQUEST"),
    "a time that does not exist": (update(sales_end_at=to_timestamp(-SECOND_US)), "INVALID_REQUEST"),
    "another currency": (update(price=Money(minor=1, currency="EUR")), "CURRENCY_MISMATCH"),
    "the name of another pass": (update(name="OUTRO"), "TICKET_TYPE_NAME_IN_USE"),
    "no such pass": (update(an_id("tkt", 7), name="Nova"), "TICKET_TYPE_NOT_FOUND"),
}


@pytest.mark.parametrize("case", WRONG)
async def test_a_change_that_does_not_fit_changes_nothing(stage: Stage, case: str) -> None:
    organizer, _ = await with_pass(stage)
    before = await add(organizer, ticket_type_id=SECOND, name="Outro")
    count = len(organizer.inventory.requests)
    request, reason = WRONG[case]

    assert await outcome(organizer.hub.catalog.UpdatePass(request)) == reason
    assert await own(organizer) == before
    assert len(organizer.inventory.requests) == count


async def test_passes_of_others_and_of_series_without_any_are_not_found(stage: Stage) -> None:
    organizer = await open_organizer(stage)
    await on_sale(organizer)
    archiving = pb.ArchivePassRequest(series_id=SERIES, ticket_type_id=PASS)

    assert await outcome(change(organizer, name="Nova")) == "TICKET_TYPE_NOT_FOUND"
    assert await outcome(archive(organizer)) == "TICKET_TYPE_NOT_FOUND"
    event = await add(organizer)
    rival = stage.member(OTHER).catalog
    assert await outcome(rival.UpdatePass(update(name="Nova"))) == "SERIES_NOT_FOUND"
    assert await outcome(rival.ArchivePass(archiving)) == "SERIES_NOT_FOUND"
    assert await own(organizer) == event


async def test_nothing_changes_after_the_last_night(stage: Stage) -> None:
    organizer, _ = await with_pass(stage)
    stage.clock.advance(12 * 24 * HOUR_S)
    organizer.hub = stage.member(ORGANIZER)

    assert await outcome(change(organizer, name="Nova")) == "EVENT_STATE"
    assert await outcome(archive(organizer)) == "EVENT_STATE"
    assert found(await own(organizer)).name == "Passe"
