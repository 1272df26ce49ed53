"""The theatre moves to an arena, whose plan uses the ids of the theatre's seats for other ones: the stalls, row A,
become row B counted from the other end, and the balcony, row B, becomes row A."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from eventhub.inventory.v1 import inventory_service_pb2 as pb
from eventhub.inventory.v1.inventory_events_pb2 import PlacesMoved
from eventhub.inventory.v1.inventory_service_pb2_grpc import InventoryMeshStub
from services.inventory.relocation.mover import Mover
from services.inventory.relocation.relocations import Move, Sizes, Step
from services.kit.db.database import Row
from tests.facts import told
from tests.inventory.test_history import LEGAL, check_counts, check_holds, hold_blocked, replay
from tests.inventory.world import (
    ANA,
    BALCONY,
    EVENT,
    confirm,
    hld,
    hold,
    lock,
    open_theatre,
    places,
    program,
    rows,
    seats,
)
from tests.stage import Stage

if TYPE_CHECKING:
    from eventhub.inventory.v1.inventory_service_pb2_grpc import InventoryMeshAsyncStub

REL, ARENA, ROW = "rel_1", "pln_arena", 12
FREEZE = pb.FreezeSaleRequest(event_id=EVENT, relocation_id=REL)
THAW = pb.ThawSaleRequest(event_id=EVENT, relocation_id=REL)
MOVE = pb.MoveSeatsRequest(event_id=EVENT, relocation_id=REL, plan_id=ARENA, seat_count=2 * ROW)
# One hold and few seats in each transaction, and one transaction in each call.
SMALL = Sizes(holds=1, seats=5, transactions=1)
# The columns of a hold, without the address, which each database hashes under its own key.
HOLD = """event_id, hold_id, state, expires_us, order_id, places, given_up_by, tickets, orphans, took_blocked, counted,
    frozen, places_revision"""
# As in test_history; and the new seat of a sold one is sold from its first moment on.
MOVED = {**LEGAL, ("FREE", "SOLD"): "new"}


def arena_seat(row: str, number: int) -> pb.SeatSpec:
    """A seat of the arena."""
    index = "BA".index(row)
    return pb.SeatSpec(
        seat_id=f"{row}-{number:02d}",
        zone="Arena" if row == "B" else "Gallery",
        row=row,
        number=str(number),
        category="front" if row == "B" else "back",
        row_index=index,
        seat_index=number,
        distance=abs(2 * number - ROW - 1) + 100 * index,
        position=ROW * index + ROW - number,
    )


def arena() -> list[pb.SeatSpec]:
    return [arena_seat(row, number) for row in "AB" for number in range(1, ROW + 1)]


def target(seat_id: str) -> str:
    """The seat to which one of the theatre moves."""
    return f"{'BA'['AB'.index(seat_id[0])]}-{ROW + 1 - int(seat_id[2:]):02d}"


def label(seat_id: str) -> str:
    """The name of a seat of the arena."""
    return f"{'Arena' if seat_id[0] == 'B' else 'Gallery'} {seat_id[0]}-{int(seat_id[2:])}"


def arena_program(stage: Stage, version: int = 1) -> pb.ProvisionRequest:
    """The provision of the theatre's event in the arena."""
    provision = program(stage)
    provision.version, provision.plan_id, provision.seat_count = version, ARENA, 2 * ROW
    provision.types[0].seat_categories[:] = ["front"]
    provision.types[1].seat_categories[:] = ["back"]
    return provision


def catalog(stage: Stage) -> "InventoryMeshAsyncStub":
    """The mesh stub as catalog calls it."""
    return InventoryMeshStub(stage.channel("catalog"))


async def taken(stage: Stage, event_id: str = EVENT) -> list[pb.TakenSeat]:
    """All taken seats."""
    found, after = list[pb.TakenSeat](), ""
    while True:
        page = await catalog(stage).ListTakenSeats(pb.ListTakenSeatsRequest(event_id=event_id, after_seat_id=after))
        found += page.seats
        after = page.next_after_seat_id
        if not after:
            return found


def staged(
    specs: Sequence[pb.SeatSpec], sources: Mapping[str, str], *, event_id: str = EVENT, relocation_id: str = REL
) -> pb.StageSeatsRequest:
    """Seats to be staged. sources: the taken seat that moves to each, by its id."""
    seats_ = [pb.StagedSeat(seat=spec, from_seat_id=sources.get(spec.seat_id, "")) for spec in specs]
    return pb.StageSeatsRequest(event_id=event_id, relocation_id=relocation_id, seats=seats_)


async def stage_arena(stage: Stage) -> None:
    """Stages the arena in three parts, with the seats that are taken now."""
    sources = {target(seat.seat_id): seat.seat_id for seat in await taken(stage)}
    for first in range(0, 2 * ROW, 8):
        await catalog(stage).StageSeats(staged(arena()[first : first + 8], sources))


def new_mover(stage: Stage, sizes: Sizes = SMALL) -> Mover:
    """The work of relocations in small parts, as another process would do it."""
    return Mover(stage.platform.contexts[0].database, stage.clock, sizes)


def the_move() -> Move:
    return Move(EVENT, REL, ARENA, 2 * ROW)


async def freeze(stage: Stage) -> None:
    while not (await catalog(stage).FreezeSale(FREEZE)).frozen:
        pass


async def move(stage: Stage) -> pb.MoveSeatsResponse:
    while True:
        answer = await catalog(stage).MoveSeats(MOVE)
        if answer.done:
            return answer


async def move_until(stage: Stage, step: Step) -> None:
    """Moves on in small parts until the relocation has come to a step."""
    while (await new_mover(stage).move(the_move())).step != step:
        pass


async def relocate(stage: Stage) -> pb.MoveSeatsResponse:
    """Moves the theatre's event to the arena, as catalog does."""
    await freeze(stage)
    await catalog(stage).Provision(arena_program(stage))
    await stage_arena(stage)
    return await move(stage)


async def relocate_to(stage: Stage, specs: Sequence[pb.SeatSpec], targets: Mapping[str, str], event_id: str) -> None:
    """Moves an event to other seats, without new terms. targets: where its taken seats move, by their ids."""
    mesh, named = catalog(stage), {"event_id": event_id, "relocation_id": REL}
    while not (await mesh.FreezeSale(pb.FreezeSaleRequest(**named))).frozen:
        pass
    sources = {targets[seat.seat_id]: seat.seat_id for seat in await taken(stage, event_id)}
    await mesh.StageSeats(staged(specs, sources, event_id=event_id))
    while not (await mesh.MoveSeats(pb.MoveSeatsRequest(**named, plan_id="pln_new", seat_count=len(specs)))).done:
        pass


async def busy_theatre(stage: Stage) -> "InventoryMeshAsyncStub":
    """The theatre on sale. Ana has five holds: 1 is held, 2 locked, 3 sold, 4 has general places only, and 5 was
    released. A clerk holds a blocked seat, and another seat is blocked. The mesh stub as orders calls it."""
    orders = await open_theatre(stage)
    ana = stage.buyer(ANA)
    await hold(ana, hld(1), seats("A-06", "A-05"), places(2))
    await hold(ana, hld(2), seats("A-01", "A-02"))
    await orders.LockHold(lock("ord_2", n=2))
    await hold(ana, hld(3), seats("A-10"), seats("B-10", ticket_type_id=BALCONY))
    await orders.LockHold(lock("ord_3", n=3))
    await orders.ConfirmHold(confirm("ord_3", n=3))
    await hold(ana, hld(4), places(3))
    await hold(ana, hld(5), seats("A-08"))
    await ana.inventory.ReleaseHold(pb.ReleaseHoldRequest(hold_id=hld(5)))
    await stage.member().inventory.BlockSeats(
        pb.BlockSeatsRequest(event_id=EVENT, seat_ids=["B-01", "B-02"], label="press", reason="critics")
    )
    await hold_blocked(stage.member(), hld(6), "B-02", ticket_type_id=BALCONY)
    return orders


async def facts_of_moves(stage: Stage) -> dict[str, PlacesMoved]:
    """The last PlacesMoved of each hold."""
    found: dict[str, PlacesMoved] = {}
    for fact in await told(stage.platform.contexts[0].database):
        if fact.type == PlacesMoved.DESCRIPTOR.full_name:
            moved = PlacesMoved.FromString(fact.payload)
            assert moved.places_revision == 1 + (found[moved.hold_id].places_revision if moved.hold_id in found else 0)
            found[moved.hold_id] = moved
    return found


async def check_all(stage: Stage) -> None:
    """Seats, holds, counts and history agree, and the event sells."""
    await replay(stage, MOVED)
    await check_holds(stage)
    await check_counts(stage)
    assert await rows(stage, "SELECT count(*) FROM staged_seat") == [(0,)]
    assert await rows(stage, "SELECT DISTINCT moving FROM event_sale") == [(0,)]
    assert await rows(stage, "SELECT count(*) FROM hold WHERE frozen <> 0") == [(0,)]


async def everything(stage: Stage) -> dict[str, list[Row]]:
    """The rows of all tables that a relocation changes, without the times of history and the sweeper's counts."""
    return {
        name: await rows(stage, f"SELECT {columns} FROM {name} ORDER BY {order}")
        for name, columns, order in (
            ("seat", "*", "event_id, seat_id"),
            ("hold", HOLD, "hold_id"),
            ("seat_block", "*", "event_id, seat_id"),
            ("seat_event", "event_id, seat_id, version, state, hold_id", "event_id, seat_id, version"),
            ("seat_count", "event_id, category, part, free, held, sold, blocked", "event_id, category, part"),
            ("event_sale", "*", "event_id"),
            ("pool", "*", "pool_id"),
            ("staged_seat", "*", "event_id, seat_id"),
            ("outbox WHERE topic <> '#counts'", "type, payload", "type, payload"),
        )
    }
