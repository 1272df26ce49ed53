"""inventory's SQL about relocations, and about the holds that they freeze and move."""

from collections.abc import Sequence

import msgspec

from services.inventory.hold_store import place_of, written
from services.inventory.holds import Place
from services.inventory.passes import store as pass_store
from services.inventory.relocation.relocations import NextHold, Relocation, Step, TakenSeat, type_in
from services.inventory.stock import SeatState
from services.kit.db import Tx


async def find(tx: Tx, event_id: str, relocation_id: str) -> Relocation | None:
    """A relocation. The caller has locked the event's sale, as all writes about relocations do first."""
    row = await tx.one(
        "SELECT step, reached, moved FROM relocation WHERE event_id = $1 AND relocation_id = $2",
        event_id,
        relocation_id,
    )
    if row is None:
        return None
    return Relocation(event_id=event_id, relocation_id=relocation_id, step=Step(row[0]), reached=row[1], moved=row[2])


async def save(tx: Tx, relocation: Relocation) -> None:
    """Writes a relocation, new or changed."""
    await tx.run(
        """INSERT INTO relocation (event_id, relocation_id, step, reached, moved) VALUES ($1, $2, $3, $4, $5)
           ON CONFLICT (event_id, relocation_id) DO UPDATE
           SET step = excluded.step, reached = excluded.reached, moved = excluded.moved""",
        relocation.event_id,
        relocation.relocation_id,
        relocation.step,
        relocation.reached,
        relocation.moved,
    )


async def set_moving(tx: Tx, event_id: str, *, moving: bool) -> None:
    """Stops the sale of an event, or lets it go on as before."""
    await tx.run("UPDATE event_sale SET moving = $2 WHERE event_id = $1", event_id, int(moving))


async def save_plan(tx: Tx, event_id: str, plan_id: str, seat_count: int) -> None:
    """Writes the plan to which an event has moved. Holds and watches notice it by the revision."""
    await tx.run(
        "UPDATE event_sale SET plan_id = $2, plan_seats = $3, revision = revision + 1 WHERE event_id = $1",
        event_id,
        plan_id,
        seat_count,
    )


async def lock_next_holds(tx: Tx, event_ids: Sequence[str], after: str, limit: int) -> list[NextHold]:
    """The next holds in force of some events, locked in the order of their ids' bytes, as Python sorts. after: the hold
    before them."""
    marks = ", ".join(f"${n}" for n in range(3, len(event_ids) + 3))
    rows = await tx.lock(
        f"""SELECT hold_id, event_id, places_revision, places, returned FROM hold
            WHERE event_id IN ({marks}) AND state IN ('HELD', 'LOCKED', 'SOLD') AND hold_id COLLATE "binary" > $1
            ORDER BY hold_id COLLATE "binary" LIMIT $2
            """,
        after,
        limit,
        *event_ids,
    )
    return [
        NextHold(
            hold_id=hold_id,
            event_id=event_id,
            places_revision=revision,
            places=places_in(places),
            returned=tuple(msgspec.json.decode(returned)) if returned else (),
        )
        for hold_id, event_id, revision, places, returned in rows
    ]


def places_in(text: str) -> tuple[Place, ...]:
    """The places in a hold's column "places"."""
    return tuple(place_of(*place) for place in msgspec.json.decode(text))


async def count_frozen(tx: Tx, hold_ids: Sequence[str], by: int) -> None:
    """Adds to the number of relocations that have frozen some holds, whose rows are locked."""
    if hold_ids:
        marks = ", ".join(f"${n}" for n in range(2, len(hold_ids) + 2))
        await tx.run(f"UPDATE hold SET frozen = frozen + $1 WHERE hold_id IN ({marks})", by, *hold_ids)


async def save_places(tx: Tx, moved: Sequence[tuple[str, Sequence[Place]]]) -> None:
    """Writes the places of locked holds, by their ids, after they have moved. The seats that the holds left alone once
    are others now."""
    if moved:
        rows = ", ".join(f"(CAST(${n} AS TEXT), CAST(${n + 1} AS TEXT))" for n in range(1, 2 * len(moved), 2))
        await tx.run(
            f"""UPDATE hold SET places = m.column2, places_revision = places_revision + 1, orphans = ''
                FROM (VALUES {rows}) AS m WHERE hold_id = m.column1""",
            *(value for hold_id, places in moved for value in (hold_id, written(places))),
        )


async def taken_after(tx: Tx, event_id: str, after: str, limit: int) -> list[TakenSeat]:
    """The next seats of an event that are held, sold or blocked, by id. after: the seat before them."""
    stands_for, _ = await pass_store.passes_in(tx, event_id)
    rows = await tx.all(
        """SELECT s.seat_id, s.state, s.hold_id, h.order_id, h.event_id, h.places
           FROM seat s LEFT JOIN hold h ON h.hold_id = s.hold_id
           WHERE s.event_id = $1 AND s.seat_id > $2 AND s.state || '' <> 'FREE' ORDER BY s.seat_id LIMIT $3""",
        event_id,
        after,
        limit,
    )
    found, known = [], dict[str, tuple[Place, ...]]()
    for seat_id, state, hold_id, order_id, owner, places in rows:
        if hold_id and hold_id not in known:
            known[hold_id] = places_in(places)
        of_pass = bool(hold_id) and owner != event_id
        type_id = type_in(known[hold_id], seat_id, stands_for, of_pass=of_pass) if hold_id else ""
        seat = TakenSeat(
            seat_id=seat_id,
            state=SeatState(state),
            hold_id=hold_id,
            order_id=order_id or "",
            ticket_type_id=type_id,
            of_pass=of_pass,
        )
        found.append(seat)
    return found
