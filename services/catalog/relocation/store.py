"""catalog's SQL for relocations."""

import msgspec

from services.catalog.relocation.relocation import Refused, Relocation, Step, Target
from services.kit.db import Row, Tx

RELOCATION = """relocation_id, organizer_id, target, state, seats, moved, created_us, ended_us, refused"""
TARGETS = msgspec.json.Decoder(Target)
REFUSALS = msgspec.json.Decoder(Refused)


def _relocation(row: Row) -> Relocation:
    return Relocation(
        relocation_id=row[0],
        organizer_id=row[1],
        target=TARGETS.decode(row[2]),
        step=Step(row[3]),
        seats=row[4],
        moved=row[5],
        created_us=row[6],
        ended_us=row[7],
        refused=REFUSALS.decode(row[8]) if row[8] else None,
    )


async def claim(tx: Tx, new: Relocation, content_hash: str, *, due_us: int) -> bool:
    """Saves a new relocation of a locked event that has no open one. False if its id is taken."""
    claimed = await tx.one(
        """INSERT INTO relocation
           (relocation_id, event_id, organizer_id, content_hash, target, state, created_us, ended_us, due_us)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (relocation_id) DO NOTHING RETURNING 1""",
        new.relocation_id,
        new.target.event_id,
        new.organizer_id,
        content_hash,
        msgspec.json.encode(new.target).decode(),
        new.step,
        new.created_us,
        new.ended_us,
        due_us,
    )
    return claimed is not None


async def find(tx: Tx, relocation_id: str) -> Relocation | None:
    """A relocation of any organizer."""
    row = await tx.one(f"SELECT {RELOCATION} FROM relocation WHERE relocation_id = $1", relocation_id)
    return _relocation(row) if row else None


async def hash_of(tx: Tx, relocation_id: str) -> tuple[str, str] | None:
    """The organizer of a relocation, and the hash of the request for it."""
    row = await tx.one("SELECT organizer_id, content_hash FROM relocation WHERE relocation_id = $1", relocation_id)
    return (row[0], row[1]) if row else None


async def is_moving(tx: Tx, event_id: str) -> bool:
    """Whether a relocation of an event has not ended."""
    return await tx.one("SELECT 1 FROM relocation WHERE event_id = $1 AND ended_us = 0", event_id) is not None


async def lock(tx: Tx, relocation_id: str) -> Relocation:
    """A relocation that exists, locked until the end of the transaction."""
    rows = await tx.lock(
        f"SELECT {RELOCATION} FROM relocation WHERE relocation_id = $1 ORDER BY relocation_id", relocation_id
    )
    return _relocation(rows[0])


async def save(tx: Tx, now: Relocation, *, due_us: int) -> None:
    """Saves how far a locked relocation has come. due_us: when the worker is to go on with it."""
    await tx.run(
        """UPDATE relocation SET state = $2, seats = $3, moved = $4, ended_us = $5, refused = $6, due_us = $7
           WHERE relocation_id = $1""",
        now.relocation_id,
        now.step,
        now.seats,
        now.moved,
        now.ended_us,
        msgspec.json.encode(now.refused).decode() if now.refused else "",
        due_us,
    )


async def due(tx: Tx, now_us: int, limit: int) -> list[str]:
    """Ids of relocations that the worker is to go on with now, the longest overdue first."""
    rows = await tx.all(
        """SELECT relocation_id FROM relocation WHERE ended_us = 0 AND due_us <= $1
           ORDER BY due_us, relocation_id LIMIT $2""",
        now_us,
        limit,
    )
    return [row[0] for row in rows]
