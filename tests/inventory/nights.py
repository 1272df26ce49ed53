"""A series of two nights on sale, each with two numbered seats and standing places, and passes for both. Or halls of
numbered seats, and passes for these."""

from typing import TYPE_CHECKING

from eventhub.client import EventHub
from eventhub.inventory.v1 import inventory_pb2 as nouns
from eventhub.inventory.v1 import inventory_service_pb2 as pb
from eventhub.inventory.v1.inventory_service_pb2_grpc import InventoryMeshStub
from services.inventory import count_store, store
from services.kit.db.database import Tx
from services.kit.values.clock import to_timestamp
from tests.inventory.halls import hall_seats
from tests.inventory.world import ORGANIZER, SALES_LAST_S, build_theatre, seat
from tests.stage import Stage

if TYPE_CHECKING:
    from eventhub.inventory.v1.inventory_service_pb2_grpc import InventoryMeshAsyncStub

SERIES, FRIDAY, SATURDAY = "ser_summer", "evt_friday", "evt_saturday"
NIGHTS = (FRIDAY, SATURDAY)
PASS, SEAT_PASS = "tkt_pass", "tkt_seat_pass"
COUNTED = {"places": (10, 0, 0), "seats": (2, 0, 0)}


def standing(night: str) -> str:
    """The type of a night's standing places."""
    return f"tkt_{night}_standing"


def seated(night: str) -> str:
    """The type of a night's numbered seats."""
    return f"tkt_{night}_seated"


def night(stage: Stage, event_id: str, *, places: int = 10, version: int = 1) -> pb.ProvisionRequest:
    """The provision of a night."""
    return pb.ProvisionRequest(
        event_id=event_id,
        organizer_id=ORGANIZER,
        version=version,
        sales_end_at=to_timestamp(stage.clock.now_us() + SALES_LAST_S * 1_000_000),
        tickets_per_order_max=10,
        plan_id="pln_theatre",
        seat_count=20,
        pools=[pb.PoolSpec(pool_id=f"{event_id}.places", name="places", capacity=places)],
        types=[
            pb.TypeSpec(ticket_type_id=standing(event_id), pool_ids=[f"{event_id}.places"]),
            pb.TypeSpec(ticket_type_id=seated(event_id), seated=True, seat_categories=["stalls"]),
        ],
    )


def series(stage: Stage, *, passes: int = 5, version: int = 1) -> pb.ProvisionRequest:
    """The provision of the series."""
    return pb.ProvisionRequest(
        event_id=SERIES,
        organizer_id=ORGANIZER,
        version=version,
        sales_end_at=to_timestamp(stage.clock.now_us() + 10 * SALES_LAST_S * 1_000_000),
        tickets_per_order_max=10,
        pools=[
            pb.PoolSpec(pool_id=f"{PASS}.lot", name=PASS, capacity=passes),
            pb.PoolSpec(pool_id=f"{SEAT_PASS}.lot", name=SEAT_PASS, capacity=passes),
        ],
        types=[
            pb.TypeSpec(
                ticket_type_id=PASS,
                pool_ids=[f"{PASS}.lot"],
                nights=[pb.PassNight(event_id=each, ticket_type_id=standing(each)) for each in NIGHTS],
            ),
            pb.TypeSpec(
                ticket_type_id=SEAT_PASS,
                seated=True,
                pool_ids=[f"{SEAT_PASS}.lot"],
                nights=[pb.PassNight(event_id=each, ticket_type_id=seated(each)) for each in NIGHTS],
            ),
        ],
    )


async def open_series(stage: Stage, *, places: int = 10, passes: int = 5) -> "InventoryMeshAsyncStub":
    """Puts both nights and their passes on sale; the mesh stub as orders calls it."""
    catalog = await build_theatre(stage)
    for event_id in NIGHTS:
        await catalog.Provision(night(stage, event_id, places=places))
        await catalog.ProvisionSeats(pb.ProvisionSeatsRequest(event_id=event_id, seats=[seat(0, 1), seat(0, 2)]))
        await catalog.OpenSales(pb.OpenSalesRequest(event_id=event_id, seat_count=2))
    await catalog.Provision(series(stage, passes=passes))
    await catalog.OpenSales(pb.OpenSalesRequest(event_id=SERIES))
    return InventoryMeshStub(stage.channel("orders"))


async def open_halls(stage: Stage, *rows: str, **rules: nouns.OrphanRule.ValueType) -> "InventoryMeshAsyncStub":
    """Puts both nights on sale in a hall drawn as in halls.py, and passes for its seats; the mesh stub as orders calls
    it. rules: friday, saturday; none by default."""
    catalog, seats = await build_theatre(stage), hall_seats(*rows)
    for event_id in NIGHTS:
        wanted = night(stage, event_id)
        wanted.orphan_rule = rules.get(event_id.removeprefix("evt_"), nouns.ORPHAN_RULE_UNSPECIFIED)
        wanted.types[1].seat_categories[:] = ["hall"]
        await catalog.Provision(wanted)
        await catalog.ProvisionSeats(pb.ProvisionSeatsRequest(event_id=event_id, seats=seats))
        await catalog.OpenSales(pb.OpenSalesRequest(event_id=event_id, seat_count=len(seats)))
    await catalog.Provision(series(stage, passes=50))
    await catalog.OpenSales(pb.OpenSalesRequest(event_id=SERIES))
    return InventoryMeshStub(stage.channel("orders"))


def passes(quantity: int) -> pb.HoldItem:
    return pb.HoldItem(ticket_type_id=PASS, quantity=quantity)


def seat_passes(*seat_ids: str) -> pb.HoldItem:
    return pb.HoldItem(ticket_type_id=SEAT_PASS, seat_ids=seat_ids)


def single_seats(event_id: str, *seat_ids: str) -> pb.HoldItem:
    return pb.HoldItem(ticket_type_id=seated(event_id), seat_ids=seat_ids)


def single(event_id: str, quantity: int = 1) -> pb.HoldItem:
    return pb.HoldItem(ticket_type_id=standing(event_id), quantity=quantity)


async def hold(client: EventHub, hold_id: str, event_id: str, *items: pb.HoldItem) -> pb.HoldResponse:
    return await client.inventory.Hold(pb.HoldRequest(hold_id=hold_id, event_id=event_id, items=items))


async def left(client: EventHub, event_id: str = SERIES) -> dict[str, int]:
    """How many tickets are left, by ticket type id."""
    answer = await client.inventory.GetAvailability(pb.GetAvailabilityRequest(event_id=event_id))
    return {each.ticket_type_id: each.available for each in answer.types}


async def counts(stage: Stage, event_id: str) -> dict[str, tuple[int, int, int]]:
    """Capacity, held and sold of each pool of an event, and of its numbered seats."""

    async def read(tx: Tx) -> dict[str, tuple[int, int, int]]:
        seats = await count_store.count_seats(tx, event_id)
        pools = [*await store.find_pools(tx, event_id), *([seats] if seats else [])]
        return {pool.name: (pool.capacity, pool.held, pool.sold) for pool in pools}

    return await stage.platform.contexts[0].database.read(read)
