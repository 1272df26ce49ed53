"""A small theatre on stage: two rows of ten numbered seats, and standing places. Then the steps of a sale as orders
takes them, for the first hold unless a test names another."""

from typing import TYPE_CHECKING

from eventhub.client import EventHub
from eventhub.inventory.v1 import inventory_pb2 as nouns
from eventhub.inventory.v1 import inventory_service_pb2 as pb
from eventhub.inventory.v1.inventory_service_pb2_grpc import InventoryMeshStub
from services.inventory import count_store, store
from services.inventory.holds import HOLD_TTL_US
from services.inventory.stock import PoolNow
from services.inventory.wiring import build
from services.kit.db.database import Row, Tx
from services.kit.values.clock import to_timestamp
from tests.fakes.identity import FakeIdentity
from tests.stage import Stage

if TYPE_CHECKING:
    from eventhub.inventory.v1.inventory_service_pb2_grpc import InventoryMeshAsyncStub

EVENT, ORGANIZER, PLAN = "evt_theatre", "org_casa", "pln_theatre"
STALLS, BALCONY, STANDING, HALF = "tkt_stalls", "tkt_balcony", "tkt_standing", "tkt_half"
SALES_LAST_S = 30 * 24 * 3600
ANA, ORDER = "gst_ana", "ord_1"
TTL_S = HOLD_TTL_US / 1_000_000
OPEN = pb.OpenSalesRequest(event_id=EVENT, seat_count=20)
HELD = {"places": (100, 3, 0), "half": (4, 1, 0), "seats": (20, 1, 0)}
EMPTY = {"places": (100, 0, 0), "half": (4, 0, 0), "seats": (20, 0, 0)}


def seat(row: int, number: int) -> pb.SeatSpec:
    """Row 0 is the stalls, row 1 the balcony. The middle of the stage is between seats 5 and 6."""
    return pb.SeatSpec(
        seat_id=f"{'AB'[row]}-{number:02d}",
        zone="Stalls" if row == 0 else "Balcony",
        row="AB"[row],
        number=str(number),
        category="stalls" if row == 0 else "balcony",
        row_index=row,
        seat_index=number,
        distance=abs(2 * number - 11) + 100 * row,
        position=10 * row + number - 1,
    )


def program(stage: Stage, *, standing: int = 100, half: int = 4) -> pb.ProvisionRequest:
    """The provision of the theatre."""
    return pb.ProvisionRequest(
        event_id=EVENT,
        organizer_id=ORGANIZER,
        sales_end_at=to_timestamp(stage.clock.now_us() + SALES_LAST_S * 1_000_000),
        tickets_per_order_max=10,
        plan_id=PLAN,
        seat_count=20,
        pools=[
            pb.PoolSpec(pool_id="evt_theatre.places", name="places", capacity=standing),
            pb.PoolSpec(pool_id="evt_theatre.half", name="half", capacity=half),
        ],
        types=[
            pb.TypeSpec(ticket_type_id=STALLS, seated=True, seat_categories=["stalls"]),
            pb.TypeSpec(ticket_type_id=BALCONY, seated=True, seat_categories=["balcony"]),
            pb.TypeSpec(ticket_type_id=STANDING, pool_ids=["evt_theatre.places"]),
            pb.TypeSpec(ticket_type_id=HALF, pool_ids=["evt_theatre.half", "evt_theatre.places"]),
        ],
    )


def all_seats() -> pb.ProvisionSeatsRequest:
    """Every seat of the theatre."""
    return pb.ProvisionSeatsRequest(event_id=EVENT, seats=[seat(row, n) for row in (0, 1) for n in range(1, 11)])


async def build_theatre(stage: Stage) -> "InventoryMeshAsyncStub":
    """Puts inventory on stage with nothing in it; the mesh stub as catalog calls it."""
    await stage.add(build)
    stage.script("identity", IdentityMesh=FakeIdentity())
    await stage.start()
    return InventoryMeshStub(stage.channel("catalog"))


async def open_theatre(stage: Stage, *, standing: int = 100, half: int = 4) -> "InventoryMeshAsyncStub":
    """Puts inventory on stage with the theatre on sale; the mesh stub as orders calls it."""
    await build_theatre(stage)
    return await open_sales(stage, standing=standing, half=half)


async def open_sales(stage: Stage, *, standing: int = 100, half: int = 4) -> "InventoryMeshAsyncStub":
    """Puts the theatre on sale; the mesh stub as orders calls it."""
    catalog = InventoryMeshStub(stage.channel("catalog"))
    await catalog.Provision(program(stage, standing=standing, half=half))
    await catalog.ProvisionSeats(all_seats())
    await catalog.OpenSales(pb.OpenSalesRequest(event_id=EVENT, seat_count=20))
    return InventoryMeshStub(stage.channel("orders"))


def seats(*seat_ids: str, ticket_type_id: str = STALLS) -> pb.HoldItem:
    """The part of a wish that asks for numbered seats."""
    return pb.HoldItem(ticket_type_id=ticket_type_id, seat_ids=seat_ids)


def places(quantity: int, ticket_type_id: str = STANDING) -> pb.HoldItem:
    """The part of a wish that asks for places without numbers."""
    return pb.HoldItem(ticket_type_id=ticket_type_id, quantity=quantity)


async def hold(client: EventHub, hold_id: str, *items: pb.HoldItem) -> pb.HoldResponse:
    """Calls Hold for the theatre."""
    return await client.inventory.Hold(pb.HoldRequest(hold_id=hold_id, event_id=EVENT, items=items))


async def available(client: EventHub) -> dict[str, int]:
    """How many tickets are left, by ticket type id."""
    answer = await client.inventory.GetAvailability(pb.GetAvailabilityRequest(event_id=EVENT))
    return {left.ticket_type_id: left.available for left in answer.types}


def hld(n: int) -> str:
    """The n-th hold's id."""
    return f"hld_{n:026d}"


async def rows(stage: Stage, sql: str) -> list[Row]:
    """Runs a query on inventory's tables."""

    async def read(tx: Tx) -> list[Row]:
        return await tx.all(sql)

    return await stage.platform.contexts[0].database.read(read)


async def counts(stage: Stage) -> dict[str, tuple[int, int, int]]:
    """Capacity, held and sold of each pool and of all numbered seats."""

    async def read(tx: Tx) -> list[PoolNow | None]:
        return [*await store.find_pools(tx, EVENT), await count_store.count_seats(tx, EVENT)]

    pools = await stage.platform.contexts[0].database.read(read)
    return {pool.name: (pool.capacity, pool.held, pool.sold) for pool in pools if pool is not None}


def lock(order_id: str = ORDER, *, n: int = 1, buyer_id: str = ANA) -> pb.LockHoldRequest:
    return pb.LockHoldRequest(hold_id=hld(n), buyer_id=buyer_id, order_id=order_id)


def unlock(order_id: str = ORDER, *, n: int = 1) -> pb.UnlockHoldRequest:
    return pb.UnlockHoldRequest(hold_id=hld(n), order_id=order_id)


def confirm(order_id: str = ORDER, *, n: int = 1) -> pb.ConfirmHoldRequest:
    return pb.ConfirmHoldRequest(hold_id=hld(n), order_id=order_id)


def give_back(order_id: str = ORDER, *, n: int = 1) -> pb.ReturnSoldRequest:
    return pb.ReturnSoldRequest(hold_id=hld(n), order_id=order_id)


def describe(n: int = 1, buyer_id: str = ANA) -> pb.DescribeHoldRequest:
    return pb.DescribeHoldRequest(hold_id=hld(n), buyer_id=buyer_id)


async def held(stage: Stage) -> "InventoryMeshAsyncStub":
    """The theatre on sale; Ana holds a seat, two places and a half-price place."""
    orders = await open_theatre(stage)
    await hold(stage.buyer(ANA), hld(1), seats("A-05"), places(2), places(1, HALF))
    return orders


async def state(stage: Stage, n: int = 1) -> str:
    answer = await stage.buyer(ANA).inventory.GetHold(pb.GetHoldRequest(hold_id=hld(n)))
    return nouns.HoldState.Name(answer.hold.state).removeprefix("HOLD_STATE_")
