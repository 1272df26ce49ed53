"""The theatre with lots: its standing places, or the seats of one type, are sold one lot after the other. Half price
follows standing places."""

from collections import Counter
from typing import TYPE_CHECKING

from eventhub.inventory.v1 import inventory_pb2 as nouns
from eventhub.inventory.v1 import inventory_service_pb2 as pb
from eventhub.inventory.v1.inventory_service_pb2_grpc import InventoryMeshStub
from services.inventory import hold_store, lot_store
from services.inventory.holds import Hold, HoldState
from services.inventory.lots import Lots
from services.kit.db.database import Tx
from services.kit.values.clock import SECOND_US, to_timestamp
from tests.fakes.clock import START_US
from tests.inventory.world import EVENT, HALF, STANDING, all_seats, build_theatre, program
from tests.stage import Stage

if TYPE_CHECKING:
    from eventhub.inventory.v1.inventory_service_pb2_grpc import InventoryMeshAsyncStub

FIRST, NEXT, LAST = "lot_first", "lot_next", "lot_last"


def lot(lot_id: str, quantity: int, *, version: int = 1, ends_s: int = 0, unlimited: bool = False) -> pb.LotSpec:
    """A lot. ends_s: seconds from the beginning of the test until its turn ends; 0: never."""
    ends_at = to_timestamp(START_US + ends_s * SECOND_US) if ends_s else None
    return pb.LotSpec(lot_id=lot_id, version=version, quantity=quantity, unlimited=unlimited, ends_at=ends_at)


def theatre(
    stage: Stage, *several: pb.LotSpec, type_id: str = STANDING, version: int = 0, standing: int = 100
) -> pb.ProvisionRequest:
    """The provision of the theatre with lots of one type."""
    request = program(stage, standing=standing)
    request.version = version
    for ticket_type in request.types:
        if ticket_type.ticket_type_id == type_id:
            ticket_type.lots.extend(several)
            ticket_type.lots_of = type_id if several else ""
        elif ticket_type.ticket_type_id == HALF and type_id == STANDING:
            ticket_type.lots_of = type_id if several else ""
    return request


async def on_sale(
    stage: Stage, *several: pb.LotSpec, request: pb.ProvisionRequest | None = None, built: bool = False
) -> "InventoryMeshAsyncStub":
    """Puts the theatre on sale with lots; the mesh stub as orders calls it. built: whether it is on stage already."""
    catalog = InventoryMeshStub(stage.channel("catalog")) if built else await build_theatre(stage)
    await catalog.Provision(request or theatre(stage, *several))
    await catalog.ProvisionSeats(all_seats())
    await catalog.OpenSales(pb.OpenSalesRequest(event_id=EVENT, seat_count=20))
    return InventoryMeshStub(stage.channel("orders"))


async def provide(stage: Stage, request: pb.ProvisionRequest) -> bool:
    """Calls Provision as catalog does. Returns whether the content is in force."""
    return (await InventoryMeshStub(stage.channel("catalog")).Provision(request)).in_force


Row = tuple[str, int, int, int, bool]


async def lots(stage: Stage) -> list[Row]:
    """Id, capacity, held, sold and closed of each lot, in order."""
    return (await both(stage))[0]


async def both(stage: Stage) -> tuple[list[Row], dict[str, tuple[int, int]]]:
    """The lots as lots() tells them, and at the same moment held and sold of each lot of which holds in force have
    tickets, counted from these holds."""

    async def read(tx: Tx) -> tuple[dict[str, Lots], list[Hold | None]]:
        ids = await tx.all("SELECT hold_id FROM hold WHERE state IN ('HELD', 'LOCKED', 'SOLD') ORDER BY hold_id")
        return await lot_store.find_lots(tx, EVENT), [await hold_store.find_hold(tx, hold_id) for (hold_id,) in ids]

    found, holds = await stage.platform.contexts[0].database.read(read)
    held, sold = Counter[str](), Counter[str]()
    for hold in holds:
        assert hold is not None
        (sold if hold.state == HoldState.SOLD else held).update(place.lot.lot_id for place in hold.places if place.lot)
    several = [lot for lots_of_type in found.values() for lot in lots_of_type]
    return (
        [(lot.spec.lot_id, lot.capacity, lot.held, lot.sold, lot.closed) for lot in several],
        {lot_id: (held[lot_id], sold[lot_id]) for lot_id in held | sold},
    )


def given(hold: nouns.Hold) -> list[tuple[str, str, int]]:
    """The type and lot of each place of a hold."""
    return [(place.ticket_type_id, place.lot_id, place.lot_version) for place in hold.places]
