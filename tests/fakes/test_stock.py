"""One suite for inventory and for its fake: the stock of events, as catalog and pricing use it."""

from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from eventhub import refusals
from eventhub.inventory.v1 import inventory_service_pb2 as pb
from eventhub.inventory.v1.inventory_service_pb2_grpc import InventoryMeshStub
from services.kit.values.clock import to_timestamp
from tests.fakes import test_inventory
from tests.fakes.inventory import HELD_UNTIL_US
from tests.inventory.world import ORGANIZER
from tests.stage import Stage, outcome

if TYPE_CHECKING:
    from eventhub.inventory.v1.inventory_service_pb2_grpc import InventoryMeshAsyncStub as Mesh

NEW = "evt_new"


async def real(stage: Stage) -> "Mesh":
    return (await test_inventory.real(stage)).catalog


async def fake(stage: Stage) -> "Mesh":
    return (await test_inventory.fake(stage)).catalog


@pytest_asyncio.fixture(params=[real, fake])
async def catalog(request: pytest.FixtureRequest, stage: Stage) -> "Mesh":
    opened: Mesh = await request.param(stage)
    return opened


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


async def test_stock_comes_in_before_sales_open(catalog: "Mesh") -> None:
    for call in (
        catalog.ProvisionSeats(two_seats()),
        catalog.OpenSales(OPENING),
    ):
        assert await outcome(call) == "EVENT_NOT_FOUND"
    for _ in range(2):
        await catalog.Provision(provision())
    assert await outcome(catalog.Provision(provision(organizer_id="org_else"))) == "EVENT_NOT_FOUND"
    with pytest.raises(refusals.EventIncomplete) as refused:
        await catalog.OpenSales(OPENING)
    assert refused.value.facts == {"missing": "2 seats"}

    for _ in range(2):
        await catalog.ProvisionSeats(two_seats())
    for _ in range(2):
        await catalog.OpenSales(OPENING)


async def test_another_provision_drops_the_seats_of_the_first(catalog: "Mesh") -> None:
    await catalog.Provision(provision())
    await catalog.ProvisionSeats(two_seats())
    await catalog.Provision(provision(tickets_per_order_max=4))

    assert await outcome(catalog.OpenSales(OPENING)) == "EVENT_INCOMPLETE"


async def test_only_a_newer_provision_changes_what_is_on_sale(catalog: "Mesh") -> None:
    async def in_force(**other: object) -> bool:
        return (await catalog.Provision(provision(**other))).in_force

    await catalog.Provision(provision(version=2))
    await catalog.ProvisionSeats(two_seats())
    await catalog.OpenSales(OPENING)

    with pytest.raises(refusals.EventState) as refused:
        await catalog.ProvisionSeats(two_seats())
    assert refused.value.facts == {"state": "OPEN"}
    assert await in_force(), "the same content has any version"
    assert not await in_force(tickets_per_order_max=4, version=1)
    assert not await in_force(tickets_per_order_max=4, version=2)
    assert await in_force(tickets_per_order_max=4, version=3)
    assert not await in_force(version=2)
    assert await in_force(tickets_per_order_max=4, version=5)
    assert not await in_force(version=4), "the same content with version 5 came before"


async def test_tickets_are_split_by_lot(catalog: "Mesh", stage: Stage) -> None:
    request = provision()
    several = [pb.LotSpec(lot_id="lot_1", version=1, quantity=2), pb.LotSpec(lot_id="lot_2", version=3, quantity=9)]
    request.types.add(ticket_type_id="tkt_inteira", lots=several, lots_of="tkt_inteira")
    request.types.add(ticket_type_id="tkt_meia", lots_of="tkt_inteira")
    await catalog.Provision(request)
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


async def test_the_tickets_left_of_events_on_sale_are_told(catalog: "Mesh") -> None:
    await catalog.Provision(provision())
    await catalog.ProvisionSeats(two_seats())
    asked = pb.BatchGetAvailabilityRequest(event_ids=[NEW, "evt_unknown"])
    assert not (await catalog.BatchGetAvailability(asked)).events, "it is not on sale"
    await catalog.OpenSales(OPENING)

    told = (await catalog.BatchGetAvailability(asked)).events

    assert [event.event_id for event in told] == [NEW]
    assert told[0].available > 0
