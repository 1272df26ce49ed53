"""Parked facts: those of other contexts that could not be applied, kept for an operator."""

from eventhub.common.v1.feed_pb2 import Fact
from services.kit.db.database import Tx


async def parked_aggregates(tx: Tx, producer: str) -> set[str]:
    """The aggregates with parked facts. Later facts about them are parked too, because effects must keep their order.
    The set is expected to be small: an operator looks after parked facts."""
    rows = await tx.all("SELECT DISTINCT aggregate_id FROM parked_fact WHERE producer = $1", producer)
    return {row[0] for row in rows}


async def park(tx: Tx, producer: str, fact: Fact, why: str) -> None:
    """Stores a fact that could not be applied. why: the type of the error, for the operator."""
    await tx.run(
        "INSERT INTO parked_fact (producer, pos, type, aggregate_id, payload, why) VALUES ($1, $2, $3, $4, $5, $6)",
        producer,
        fact.position,
        fact.type,
        fact.aggregate_id,
        fact.payload,
        why,
    )
