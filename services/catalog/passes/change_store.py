"""catalog's SQL for changes of passes that inventory is being told of. The caller has locked the series."""

from dataclasses import dataclass

import msgspec

from services.catalog.passes.passes import Offer, Pass
from services.kit.db import Tx

PASSES = msgspec.json.Decoder(Pass)


@dataclass(frozen=True, slots=True)
class PassChange:
    """A change of a pass that inventory is being told of. number: of the provision that tells it. wanted: the pass
    after the change. offer: its series with the pass as it is wanted."""

    number: int
    wanted: Pass
    offer: Offer

    @property
    def series_id(self) -> str:
        """The series."""
        return self.offer.series.series_id


async def next_number(tx: Tx, series_id: str) -> int:
    """The number of a series' next provision."""
    row = await tx.one(
        "UPDATE series SET provisions = provisions + 1 WHERE series_id = $1 RETURNING provisions", series_id
    )
    assert row is not None, "the series is locked"
    return int(row[0])


async def find_wanted(tx: Tx, series_id: str) -> Pass | None:
    """The pass of a series as a change that is not completed yet wants it."""
    row = await tx.one("SELECT wanted FROM pass_change WHERE series_id = $1", series_id)
    return PASSES.decode(row[0]) if row else None


async def save_change(tx: Tx, change: PassChange, *, due_us: int) -> None:
    """Writes a change, or its new number. due_us: when the worker is to complete it."""
    await tx.run(
        """INSERT INTO pass_change (series_id, number, wanted, due_us) VALUES ($1, $2, $3, $4)
           ON CONFLICT (series_id) DO UPDATE SET number = excluded.number, due_us = excluded.due_us""",
        change.series_id,
        change.number,
        msgspec.json.encode(change.wanted).decode(),
        due_us,
    )


async def delete_change(tx: Tx, series_id: str) -> None:
    """Deletes the change of a series."""
    await tx.run("DELETE FROM pass_change WHERE series_id = $1", series_id)


async def drop_change(tx: Tx, change: PassChange) -> bool:
    """Deletes a change. False if another attempt has given it a new number, or has ended it."""
    deleted = await tx.run(
        "DELETE FROM pass_change WHERE series_id = $1 AND number = $2", change.series_id, change.number
    )
    return deleted > 0


async def due_changes(tx: Tx, now_us: int, limit: int) -> list[str]:
    """Ids of series of which a pass is to be changed now, the longest overdue first."""
    rows = await tx.all(
        "SELECT series_id FROM pass_change WHERE due_us <= $1 ORDER BY due_us, series_id LIMIT $2", now_us, limit
    )
    return [row[0] for row in rows]
