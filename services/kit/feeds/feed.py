"""Feeds: a context streams its facts to the contexts that follow it. See follower for the other side."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Protocol

from eventhub.common.v1.feed_pb2 import Fact, FactBatch, Revision
from eventhub.refusals import Draining
from services.kit.db.database import Database, Tx
from services.kit.feeds.watch import resumes
from services.kit.values.clock import to_timestamp

FACTS_MAX = 500
BATCH_BYTES_MAX = 1024 * 1024
HEARTBEAT_S = 15.0
LOOK_S = 1.0
# Under load, facts of this time are sent together: the cost of a batch is larger than that of its facts.
GATHER_S = 0.05
GATHER_BELOW = 100
# A reader that ignores facts gets the others this much later at most: it looks this often while only ignored ones
# arrive.
SKIPPED_S = 0.25
# How many positions one read goes through for such a reader. A long history may have nothing for it.
LOOKED_THROUGH_MAX = 5_000


class FeedRequest(Protocol):
    """The request of every Feed RPC."""

    consumer: str

    @property
    def after(self) -> Revision:
        """The last revision that the reader has applied."""

    @property
    def ignored_types(self) -> Sequence[str]:
        """The full names of the types of facts that the reader is not sent."""


async def head(tx: Tx) -> Revision:
    """The last revision of this context's history in the transaction's snapshot."""
    row = await tx.one("SELECT epoch, (SELECT coalesce(max(pos), 0) FROM outbox) FROM feed_head")
    assert row is not None, "the database has been migrated"
    return Revision(epoch=row[0], position=row[1])


async def facts_after(tx: Tx, after: int, topic: str = "", ignored: Sequence[str] = ()) -> FactBatch:
    """The next facts after a position, at most FACTS_MAX and about BATCH_BYTES_MAX.

    after: position of the last fact that the reader has.
    topic: reads the facts of one topic only; empty for all.
    ignored: leaves out the facts of these types, and then goes through at most LOOKED_THROUGH_MAX positions. Not
    together with topic.
    """
    now = await head(tx)
    wanted, values, end = "pos > $1", list[object](), now.position
    if topic:
        wanted, values = "topic = $3 AND pos > $1", [topic]
    elif ignored:
        end = min(now.position, after + LOOKED_THROUGH_MAX)
        marks = ", ".join(f"${n}" for n in range(4, len(ignored) + 4))
        wanted, values = f"pos > $1 AND pos <= $3 AND type NOT IN ({marks})", [end, *ignored]
    columns = "pos, type, aggregate_id, organizer_id, at_us, payload, trace"
    query = f"SELECT {columns} FROM outbox WHERE {wanted} ORDER BY pos LIMIT $2"
    rows = await tx.all(query, after, FACTS_MAX, *values)
    batch, size = FactBatch(epoch=now.epoch, head=now.position), 0
    for pos, kind, aggregate_id, organizer_id, at_us, payload, trace in rows:
        size += len(payload)
        if batch.facts and size > BATCH_BYTES_MAX:
            break
        batch.facts.add(
            position=pos,
            type=kind,
            aggregate_id=aggregate_id,
            organizer_id=organizer_id,
            occurred_at=to_timestamp(at_us),
            payload=payload,
            trace=trace,
        )
    last = batch.facts[-1].position if batch.facts else after
    batch.read_to = last if len(rows) == FACTS_MAX or len(batch.facts) < len(rows) else max(last, end)
    return batch


async def without_position(tx: Tx, topic: str) -> list[Fact]:
    """The facts of a topic that are committed in the transaction's snapshot but have no position yet. A snapshot
    contains their effects although its revision is older. On SQLite there are none."""
    rows = await tx.all("SELECT type, payload FROM outbox WHERE topic = $1 AND pos IS NULL", topic)
    return [Fact(type=kind, payload=payload) for kind, payload in rows]


async def check_start(database: Database, start: Revision) -> int:
    """The position from which a reader continues; 0 if it begins. Raises RevisionUnknown for a revision of another
    history, or one that this history has not reached."""
    return start.position if resumes(start, await database.read(head)) else 0


async def batches(database: Database, request: FeedRequest, draining: Callable[[], bool]) -> AsyncIterator[FactBatch]:
    """Serves a Feed RPC: yields the facts after the request's revision, for ever, with empty batches as heartbeats.
    Raises Draining when the process shuts down.

    draining: whether the process is shutting down.
    """
    position = await check_start(database, request.after)
    with database.listen("") as listener:
        quiet_s = 0.0
        while True:
            batch = await database.read(facts_after, position, "", request.ignored_types)
            skipped, position = not batch.facts and batch.read_to > position, batch.read_to
            if batch.facts:
                quiet_s = 0.0
                yield batch
                busy = len(batch.facts) > 1
                if busy and len(batch.facts) < GATHER_BELOW:
                    await asyncio.sleep(GATHER_S)
                continue
            if draining():
                raise Draining
            if position < batch.head:
                yield batch  # tells how far it has gone through a long history
                continue
            if skipped:
                await asyncio.sleep(SKIPPED_S)
            elif await listener.wait(LOOK_S):
                continue
            # A look that skips facts counts as a whole one: it may have waited for the first of them.
            quiet_s += LOOK_S
            if quiet_s >= HEARTBEAT_S:
                quiet_s = 0.0
                yield batch
