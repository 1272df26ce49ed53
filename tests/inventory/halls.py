"""Small halls on sale, drawn as letters: "o" is a seat, "." a gap, "W", "R" and "B" an accessible seat, "c" the seat of
the companion of the accessible one beside it, and "x" a seat in the boxes."""

from typing import TYPE_CHECKING

from eventhub.client import EventHub
from eventhub.inventory.v1 import inventory_pb2 as nouns
from eventhub.inventory.v1 import inventory_service_pb2 as pb
from eventhub.inventory.v1.inventory_service_pb2_grpc import InventoryMeshStub
from services.inventory.wiring import build
from services.kit.values.clock import to_timestamp
from tests.fakes.identity import FakeIdentity
from tests.inventory.world import EVENT, ORGANIZER, SALES_LAST_S
from tests.stage import Stage

if TYPE_CHECKING:
    from eventhub.inventory.v1.inventory_service_pb2_grpc import InventoryMeshAsyncStub

HALL, BOXES, HALF_HALL = "tkt_hall", "tkt_boxes", "tkt_half_hall"
MADE_FOR = {
    "W": nouns.ACCESSIBILITY_WHEELCHAIR,
    "R": nouns.ACCESSIBILITY_REDUCED_MOBILITY,
    "B": nouns.ACCESSIBILITY_OBESE,
}


def seat_id(row: int, index: int) -> str:
    return f"{row}-{index:02d}"


def companion_of(row: int, index: int, marks: str) -> str:
    """The accessible seat beside a companion's."""
    beside = next(n for n in (index - 1, index + 1) if marks[n : n + 1] in MADE_FOR)
    return seat_id(row, beside)


def hall_seats(*rows: str) -> list[pb.SeatSpec]:
    """The seats of a hall whose stage is before the middle of its first row. A row is a zone."""
    placed = [(row, index, mark) for row, marks in enumerate(rows) for index, mark in enumerate(marks) if mark != "."]
    return [
        pb.SeatSpec(
            seat_id=seat_id(row, index),
            zone=f"Zone {row}",
            row=str(row),
            number=str(index),
            category="box" if mark == "x" else "hall",
            row_index=row,
            seat_index=index,
            distance=abs(2 * index - len(rows[row])) + 100 * row,
            position=position,
            accessible=MADE_FOR.get(mark, nouns.ACCESSIBILITY_UNSPECIFIED),
            companion_of=companion_of(row, index, rows[row]) if mark == "c" else "",
        )
        for position, (row, index, mark) in enumerate(placed)
    ]


async def open_hall(stage: Stage, *rows: str, **terms: object) -> "InventoryMeshAsyncStub":
    """Puts a hall on sale. terms: more fields of its provision. Returns the mesh stub as orders calls it."""
    await stage.add(build)
    stage.script("identity", IdentityMesh=FakeIdentity())
    await stage.start()
    seats, catalog = hall_seats(*rows), InventoryMeshStub(stage.channel("catalog"))
    provision = pb.ProvisionRequest(
        event_id=EVENT,
        organizer_id=ORGANIZER,
        sales_end_at=to_timestamp(stage.clock.now_us() + SALES_LAST_S * 1_000_000),
        tickets_per_order_max=10,
        plan_id="pln_hall",
        seat_count=len(seats),
        types=[
            pb.TypeSpec(ticket_type_id=HALL, seated=True, seat_categories=["hall"]),
            pb.TypeSpec(ticket_type_id=HALF_HALL, seated=True, seat_categories=["hall"]),
            pb.TypeSpec(ticket_type_id=BOXES, seated=True, seat_categories=["box"]),
        ],
    )
    provision.MergeFrom(pb.ProvisionRequest(**terms))  # type: ignore[arg-type] # the test knows the fields
    await catalog.Provision(provision)
    await catalog.ProvisionSeats(pb.ProvisionSeatsRequest(event_id=EVENT, seats=seats))
    await catalog.OpenSales(pb.OpenSalesRequest(event_id=EVENT, seat_count=len(seats)))
    return InventoryMeshStub(stage.channel("orders"))


async def propose(client: EventHub, quantity: int = 0, ticket_type_id: str = HALL, **wish: object) -> list[list[str]]:
    """Calls FindBestSeats. Returns the seats of each group."""
    request = pb.FindBestSeatsRequest(event_id=EVENT, ticket_type_id=ticket_type_id, quantity=quantity)
    request.MergeFrom(pb.FindBestSeatsRequest(**wish))  # type: ignore[arg-type] # the test knows the fields
    answer = await client.inventory.FindBestSeats(request)
    groups = [[seat.seat_id for seat in group.seats] for group in answer.groups]
    assert [seat.seat_id for seat in answer.seats] == [seat_id for group in groups for seat_id in group]
    return groups
