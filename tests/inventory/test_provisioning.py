"""InventoryMesh as catalog calls it: an event's stock comes in once, even if catalog repeats its calls."""

import asyncio

import pytest

from eventhub import refusals
from eventhub.inventory.v1 import inventory_service_pb2 as pb
from eventhub.inventory.v1.inventory_service_pb2_grpc import InventoryMeshStub
from tests.inventory.world import (
    ANA,
    EMPTY,
    EVENT,
    HALF,
    OPEN,
    STANDING,
    all_seats,
    available,
    build_theatre,
    counts,
    hld,
    hold,
    open_theatre,
    places,
    program,
    rows,
    seat,
)
from tests.stage import Stage

# How many facts tell of events. Besides them the sweeper tells counts of seats, at any time.
TOLD = "SELECT count(*) FROM outbox WHERE topic <> '#counts'"


async def test_a_repeat_adds_no_stock(stage: Stage) -> None:
    catalog = await build_theatre(stage)

    for _ in range(2):
        await catalog.Provision(program(stage))
        await catalog.ProvisionSeats(all_seats())
    for _ in range(2):
        await catalog.OpenSales(OPEN)
        await catalog.Provision(program(stage))

    assert await counts(stage) == EMPTY
    assert await rows(stage, TOLD) == [(1,)]


async def test_of_sixteen_provisions_at_once_one_adds_the_stock(stage: Stage) -> None:
    catalog = await build_theatre(stage)

    await asyncio.gather(*(catalog.Provision(program(stage)) for _ in range(16)))
    await asyncio.gather(*(catalog.ProvisionSeats(all_seats()) for _ in range(16)))
    await asyncio.gather(*(catalog.OpenSales(OPEN) for _ in range(16)))

    assert await counts(stage) == EMPTY
    assert await rows(stage, TOLD) == [(1,)]


async def test_other_stock_replaces_what_is_not_on_sale_yet(stage: Stage) -> None:
    catalog = await build_theatre(stage)
    await catalog.Provision(program(stage))
    await catalog.ProvisionSeats(all_seats())

    await catalog.Provision(program(stage, standing=7))
    assert await counts(stage) == {"places": (7, 0, 0), "half": (4, 0, 0)}
    await catalog.ProvisionSeats(pb.ProvisionSeatsRequest(event_id=EVENT, seats=[seat(0, 1)]))
    await catalog.OpenSales(pb.OpenSalesRequest(event_id=EVENT, seat_count=1))

    assert await available(stage.anyone()) == {"tkt_stalls": 1, "tkt_balcony": 0, STANDING: 7, HALF: 4}


async def test_seats_are_refused_once_on_sale(stage: Stage) -> None:
    await open_theatre(stage)

    with pytest.raises(refusals.EventState) as refused:
        await InventoryMeshStub(stage.channel("catalog")).ProvisionSeats(all_seats())

    assert refused.value.state == "OPEN"


async def test_an_organizer_cannot_take_over_another_organizers_event(stage: Stage) -> None:
    catalog = await build_theatre(stage)
    await catalog.Provision(program(stage))
    rival = program(stage)
    rival.organizer_id = "org_rival"

    with pytest.raises(refusals.EventNotFound):
        await catalog.Provision(rival)


async def test_sales_open_once_every_seat_has_arrived(stage: Stage) -> None:
    catalog = await build_theatre(stage)
    await catalog.Provision(program(stage))
    some = all_seats()
    del some.seats[13:]
    await catalog.ProvisionSeats(some)

    with pytest.raises(refusals.EventIncomplete) as refused:
        await catalog.OpenSales(OPEN)
    assert refused.value.missing == "7 seats"
    with pytest.raises(refusals.EventNotOnSale):
        await hold(stage.buyer(ANA), hld(1), places(1))

    await catalog.ProvisionSeats(all_seats())
    await catalog.OpenSales(OPEN)
    await hold(stage.buyer(ANA), hld(1), places(1))


async def test_an_event_without_a_provision_is_not_found(stage: Stage) -> None:
    catalog = await build_theatre(stage)

    for call in (catalog.ProvisionSeats(all_seats()), catalog.OpenSales(OPEN)):
        with pytest.raises(refusals.EventNotFound):
            await call
