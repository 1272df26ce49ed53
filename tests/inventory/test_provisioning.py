"""InventoryMesh as catalog calls it: an event's stock comes in once, even if catalog repeats its calls, and cannot be
replaced after sales have opened."""

import asyncio

import pytest

from eventhub import refusals
from eventhub.common.v1.options_pb2 import ROLE_BOX_OFFICE
from eventhub.inventory.v1 import inventory_service_pb2 as pb
from eventhub.inventory.v1.inventory_service_pb2_grpc import InventoryMeshStub
from services.kit.values.clock import to_timestamp
from tests.inventory.world import (
    ANA,
    EMPTY,
    EVENT,
    HALF,
    OPEN,
    ORGANIZER,
    SALES_LAST_S,
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
    seats,
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


async def test_of_sixteen_ends_of_sales_one_holds(stage: Stage) -> None:
    await open_theatre(stage)
    catalog = InventoryMeshStub(stage.channel("catalog"))
    ends = [stage.clock.now_us() + n * 1_000_000 for n in range(1, 17)]

    await asyncio.gather(
        *(catalog.SetSalesEnd(pb.SetSalesEndRequest(event_id=EVENT, sales_end_at=to_timestamp(us))) for us in ends)
    )

    ((kept,),) = await rows(stage, "SELECT sales_end_us FROM event_sale")
    assert kept in ends


async def test_other_stock_replaces_what_is_not_on_sale_yet(stage: Stage) -> None:
    catalog = await build_theatre(stage)
    await catalog.Provision(program(stage))
    await catalog.ProvisionSeats(all_seats())

    await catalog.Provision(program(stage, standing=7))
    assert await counts(stage) == {"places": (7, 0, 0), "half": (4, 0, 0)}
    await catalog.ProvisionSeats(pb.ProvisionSeatsRequest(event_id=EVENT, seats=[seat(0, 1)]))
    await catalog.OpenSales(pb.OpenSalesRequest(event_id=EVENT, seat_count=1))

    assert await available(stage.anyone()) == {"tkt_stalls": 1, "tkt_balcony": 0, STANDING: 7, HALF: 4}


async def test_other_stock_is_refused_once_on_sale(stage: Stage) -> None:
    await open_theatre(stage)
    await hold(stage.buyer(ANA), hld(1), seats("A-05"), places(2), places(1, HALF))
    catalog = InventoryMeshStub(stage.channel("catalog"))

    for call in (catalog.Provision(program(stage, standing=7)), catalog.ProvisionSeats(all_seats())):
        with pytest.raises(refusals.EventState) as refused:
            await call
        assert refused.value.state == "OPEN"
    assert await counts(stage) == {"places": (100, 3, 0), "half": (4, 1, 0), "seats": (20, 1, 0)}


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
    end = to_timestamp(stage.clock.now_us())

    for call in (
        catalog.ProvisionSeats(all_seats()),
        catalog.OpenSales(OPEN),
        catalog.SetSalesEnd(pb.SetSalesEndRequest(event_id=EVENT, sales_end_at=end)),
    ):
        with pytest.raises(refusals.EventNotFound):
            await call


async def test_a_late_repeat_of_provision_does_not_change_the_end_of_sales(stage: Stage) -> None:
    await open_theatre(stage)
    catalog = InventoryMeshStub(stage.channel("catalog"))
    soon = stage.clock.now_us() + 60_000_000

    await catalog.SetSalesEnd(pb.SetSalesEndRequest(event_id=EVENT, sales_end_at=to_timestamp(soon)))
    await catalog.Provision(program(stage))  # a late repeat, with the old end

    await hold(stage.buyer(ANA), hld(1), places(1))
    stage.clock.pass_unseen(60)
    with pytest.raises(refusals.EventNotOnSale):
        await hold(stage.buyer(ANA), hld(2), places(1))
    later = to_timestamp(soon + SALES_LAST_S * 1_000_000)
    await catalog.SetSalesEnd(pb.SetSalesEndRequest(event_id=EVENT, sales_end_at=later))
    await hold(stage.buyer(ANA), hld(2), places(1))


async def test_the_organizer_sells_at_the_counter_until_the_event_ends(stage: Stage) -> None:
    await open_theatre(stage)
    begins, ends = stage.clock.now_us() + 60_000_000, stage.clock.now_us() + 120_000_000
    times = pb.SetSalesEndRequest(
        event_id=EVENT, sales_end_at=to_timestamp(begins), counter_sales_end_at=to_timestamp(ends)
    )
    await InventoryMeshStub(stage.channel("catalog")).SetSalesEnd(times)
    clerk = stage.member(ORGANIZER, ROLE_BOX_OFFICE)
    stage.clock.pass_unseen(60)

    await hold(clerk, hld(1), places(1))
    for other in (stage.buyer(ANA), stage.member("org_other", ROLE_BOX_OFFICE)):
        with pytest.raises(refusals.EventNotOnSale):
            await hold(other, hld(2), places(1))
    stage.clock.pass_unseen(60)
    with pytest.raises(refusals.EventNotOnSale):
        await hold(clerk, hld(3), places(1))


async def test_the_counter_does_not_close_before_sales_end_for_all(stage: Stage) -> None:
    await open_theatre(stage)
    end = to_timestamp(stage.clock.now_us() + 60_000_000)
    await InventoryMeshStub(stage.channel("catalog")).SetSalesEnd(
        pb.SetSalesEndRequest(event_id=EVENT, sales_end_at=end)
    )

    await hold(stage.member(ORGANIZER, ROLE_BOX_OFFICE), hld(1), places(1))
