"""The SQL of refunds."""

from collections.abc import Sequence
from dataclasses import fields

from services.kit.db import Row, Tx, of_shards
from services.kit.values import shard_of
from services.orders.refunds.refund import Refund, RefundGround, RefundState

NAMES = tuple(field.name for field in fields(Refund))
COLUMNS = ", ".join(NAMES)
PARAMETERS = ", ".join(f"${n}" for n in range(1, len(NAMES) + 3))
FLAGS = ("even_if_used", "keep_coupon", "whole")
# When a refund was made, and its id.
SortKey = tuple[int, str]


async def claim(tx: Tx, refund: Refund, *, look_us: int) -> bool:
    """Writes a new refund. False if its id is in use. look_us: when a replica picks it up if it is still PENDING."""
    values = {name: getattr(refund, name) for name in NAMES}
    values |= {flag: int(values[flag]) for flag in FLAGS} | {"line_ids": " ".join(refund.line_ids)}
    claimed = await tx.one(
        f"""INSERT INTO order_refund ({COLUMNS}, next_try_us, shard) VALUES ({PARAMETERS})
            ON CONFLICT (refund_id) DO NOTHING RETURNING 1""",
        *values.values(),
        look_us,
        shard_of(refund.event_id),
    )
    return claimed is not None


async def find(tx: Tx, refund_id: str) -> Refund | None:
    """A refund."""
    row = await tx.one(f"SELECT {COLUMNS} FROM order_refund WHERE refund_id = $1", refund_id)
    return refund_of(row) if row else None


async def of_order(tx: Tx, order_id: str) -> tuple[Refund, ...]:
    """The refunds of an order, oldest first."""
    rows = await tx.all(
        f"SELECT {COLUMNS} FROM order_refund WHERE order_id = $1 ORDER BY created_us, refund_id", order_id
    )
    return tuple(map(refund_of, rows))


def refund_of(row: Row) -> Refund:
    """The refund in a row of COLUMNS."""
    values = dict(zip(NAMES, row, strict=True))
    values |= {flag: bool(values[flag]) for flag in FLAGS} | {"line_ids": tuple(values["line_ids"].split())}
    values["state"], values["ground"] = RefundState(values["state"]), RefundGround(values["ground"])
    return Refund(**values)


async def save(tx: Tx, refund: Refund) -> None:
    """Writes the new state of a refund, whose order is locked."""
    await tx.run(
        "UPDATE order_refund SET state = $1, ended_us = $2, failure = $3, note = $4 WHERE refund_id = $5",
        refund.state,
        refund.ended_us,
        refund.failure,
        refund.note,
        refund.refund_id,
    )


async def due(tx: Tx, shards: Sequence[int], *, now_us: int, limit: int) -> list[tuple[str, int]]:
    """(id, shard) of refunds of some shards whose saga is due, longest due first."""
    in_order = "ORDER BY next_try_us, refund_id LIMIT $2"
    of_shard = f"""
        SELECT refund_id, shard, next_try_us FROM order_refund
        WHERE {{in_shard}} AND state = 'PENDING' AND next_try_us <= $1 {in_order}
    """
    wanted = f"SELECT refund_id, shard FROM ({of_shards(of_shard, shards)}) AS due {in_order}"
    return [(row[0], row[1]) for row in await tx.all(wanted, now_us, limit)]


async def put_off(tx: Tx, refund_id: str, at_us: int) -> None:
    """Puts the saga of a refund off until a time."""
    await tx.run("UPDATE order_refund SET tries = tries + 1, next_try_us = $1 WHERE refund_id = $2", at_us, refund_id)


async def make_due(tx: Tx, refund_id: str) -> None:
    """Makes the saga of a refund due now, if it is not over."""
    await tx.run(
        "UPDATE order_refund SET next_try_us = 0, tries = 0 WHERE refund_id = $1 AND state = 'PENDING'", refund_id
    )


async def unfinished(tx: Tx) -> tuple[int, int | None, int]:
    """How many refunds are under way, when the oldest of them was made, and how many are owed."""
    row = await tx.one("SELECT count(*), min(created_us) FROM order_refund WHERE state = 'PENDING'")
    owed = await tx.one("SELECT count(*) FROM order_refund WHERE state = 'OWED'")
    assert row is not None, "a count has a row"
    assert owed is not None, "a count has a row"
    return row[0], row[1], owed[0]


async def page(
    tx: Tx, organizer_id: str, event_id: str, *, owed_only: bool, before: SortKey, limit: int
) -> list[tuple[Refund, str, str]]:
    """An organizer's refunds, each with the number and the currency of its order, newest first. event_id: empty for all
    events. before: the key of the last one of the page before."""
    columns = ", ".join(f"r.{name}" for name in NAMES)
    rows = await tx.all(
        f"""SELECT {columns}, o.number, o.currency FROM order_refund r JOIN customer_order o ON o.order_id = r.order_id
            WHERE r.organizer_id = $1 AND ($2 = '' OR r.event_id = $2) {"AND r.state = 'OWED'" if owed_only else ""}
              AND (r.created_us < $3 OR (r.created_us = $3 AND r.refund_id < $4))
            ORDER BY r.created_us DESC, r.refund_id DESC LIMIT $5""",
        organizer_id,
        event_id,
        *before,
        limit,
    )
    return [(refund_of(row[:-2]), row[-2], row[-1]) for row in rows]
