"""Feeds: how facts leave a context, and how another takes them in exactly once.

A follower's cursor moves in the same transaction as the effect, and only from where the follower believes it to be. So
two followers at once, a repeat or a crash can waste work but cannot apply a fact twice or skip one.
"""

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Mapping
from typing import Any, Protocol

from google.protobuf.message import Message

from eventhub.common.v1.feed_pb2 import Fact, FactBatch, Revision
from eventhub.refusal import Refusal
from eventhub.refusals import Draining, Overloaded, Unavailable
from services.kit.db.database import Database, Tx
from services.kit.feeds.lag import Lag
from services.kit.feeds.watch import resumes
from services.kit.observe import log, tracing
from services.kit.values.clock import Clock, to_timestamp

FACTS_MAX = 500
BATCH_BYTES_MAX = 1024 * 1024
HEARTBEAT_S = 15.0
LOOK_S = 1.0
# Where facts come thick and fast they are told together: many small batches cost more than what is in them.
GATHER_S = 0.05
GATHER_BELOW = 100
RETRY_S = 1.0

Take = Callable[[Tx, Any, Fact], Awaitable[None]]
DecodedFact = tuple[Any, Fact]
Prepare = Callable[[Tx, list[DecodedFact]], Awaitable[None]]


class FeedRequest(Protocol):
    """What every Feed RPC is asked with."""

    consumer: str

    @property
    def after(self) -> Revision:
        """Where the reader stands."""


async def unprepared(tx: Tx, told: list[DecodedFact]) -> None:
    """For batches whose facts need nothing in common."""


async def ignore(tx: Tx, message: Message, fact: Fact) -> None:
    """For facts that a follower knows and has no use for."""


def ignoring(*kinds: type[Message]) -> dict[type[Message], Take]:
    """Several types of facts that a follower has no use for."""
    return dict.fromkeys(kinds, ignore)


async def head(tx: Tx) -> Revision:
    """Where this context's history stands, in the transaction's snapshot."""
    row = await tx.one("SELECT epoch, (SELECT coalesce(max(pos), 0) FROM outbox) FROM feed_head")
    assert row is not None, "the database has been migrated"
    return Revision(epoch=row[0], position=row[1])


async def facts_after(tx: Tx, after: int, topic: str = "") -> FactBatch:
    """The next facts, of one topic if given, at most FACTS_MAX and about BATCH_BYTES_MAX."""
    now = await head(tx)
    columns = "pos, type, aggregate_id, organizer_id, at_us, payload, trace"
    if topic:
        wanted = f"SELECT {columns} FROM outbox WHERE topic = $3 AND pos > $1 ORDER BY pos LIMIT $2"
        rows = await tx.all(wanted, after, FACTS_MAX, topic)
    else:
        wanted = f"SELECT {columns} FROM outbox WHERE pos > $1 ORDER BY pos LIMIT $2"
        rows = await tx.all(wanted, after, FACTS_MAX)
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
    return batch


async def without_position(tx: Tx, topic: str) -> list[Fact]:
    """The facts on a topic that are in the transaction's snapshot and have no position in its history yet: a picture
    of that snapshot shows more than its revision says. On SQLite there are none."""
    rows = await tx.all("SELECT type, payload FROM outbox WHERE topic = $1 AND pos IS NULL", topic)
    return [Fact(type=kind, payload=payload) for kind, payload in rows]


async def check_start(database: Database, start: Revision) -> int:
    """The position to go on from. Raises RevisionUnknown for another history's, or one that has not been yet."""
    return start.position if resumes(start, await database.read(head)) else 0


async def batches(database: Database, request: FeedRequest, draining: Callable[[], bool]) -> AsyncIterator[FactBatch]:
    """Serves a Feed RPC: the facts after a position, for ever, with empty batches as heartbeats."""
    position = await check_start(database, request.after)
    with database.listen("") as listener:
        quiet_s = 0.0
        while True:
            batch = await database.read(facts_after, position)
            if batch.facts:
                quiet_s = 0.0
                position = batch.facts[-1].position
                yield batch
                busy = len(batch.facts) > 1
                if busy and len(batch.facts) < GATHER_BELOW:
                    await asyncio.sleep(GATHER_S)
                continue
            if draining():
                raise Draining
            if await listener.wait(LOOK_S):
                continue
            quiet_s += LOOK_S
            if quiet_s >= HEARTBEAT_S:
                quiet_s = 0.0
                yield batch


class Follower:
    """Takes in one producer's feed."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        *,
        producer: str,
        open_feed: Callable[[Revision], AsyncIterable[Any]],
        takes: Mapping[type[Message], Take],
        then: Callable[[], None] = lambda: None,
        condense: Callable[[list[DecodedFact]], list[DecodedFact]] = list,
        prepare: Prepare = unprepared,
    ) -> None:
        """producer: the context's name. open_feed: calls its Feed RPC after a revision; its answers carry .batch.
        takes: what to do with each type of fact, inside the transaction that moves the cursor.
        then: called after each batch has been taken in, for example to wake whoever does the work it made.
        condense: what still matters of a batch, where later facts make earlier ones needless.
        prepare: what is done before the first fact of a batch, for example locking what they change, in order."""
        self.producer = producer
        self._consumer = database.name
        self._database = database
        self._clock = clock
        self._open_feed = open_feed
        self._then = then
        self._condense = condense
        self._prepare = prepare
        self._takes = {kind.DESCRIPTOR.full_name: (kind, take) for kind, take in takes.items()}
        self._log = log.get(database.name).bind(producer=producer)
        self.lag = Lag(database.name, producer, clock)

    async def run(self) -> None:
        """Follows for ever; a broken stream is opened again from the cursor."""
        self.lag.begun()
        try:
            await self._follow()
        finally:
            self.lag.ended()

    async def _follow(self) -> None:
        while True:
            try:
                start = await self._database.read(read_cursor, self.producer)
                async for answer in self._open_feed(start):
                    if answer.batch.facts:
                        start = await self.take(answer.batch, start)
                        self._then()
                    self.lag.heard(answer.batch, start.position)
            except (Draining, Overloaded, Unavailable) as gone:
                self._log.info("feed ended", reason=gone.reason)
            except Moved:
                self._log.info("cursor moved by another reader")
            except UnknownFact as unknown:
                self._log.error("feed stopped at a fact of unknown type", type=str(unknown))
            except Refusal as refused:
                self._log.error("feed stopped", reason=refused.reason, facts=refused.facts)
            await self._clock.sleep(RETRY_S)

    async def take(self, batch: FactBatch, start: Revision) -> Revision:
        """Takes in a batch whole or, where a fact fails, fact by fact, parking those that fail. The new cursor."""
        try:
            return await self._database.write_long(self._apply, batch.epoch, list(batch.facts), start)
        except PASSING:
            raise
        except Exception:  # noqa: BLE001 - which fact it was is found out one by one, and nothing is lost
            for fact in batch.facts:
                start = await self._take_or_park(batch.epoch, fact, start)
            return start

    async def _take_or_park(self, epoch: str, fact: Fact, start: Revision) -> Revision:
        try:
            return await self._database.write_long(self._apply, epoch, [fact], start)
        except PASSING:
            raise
        except Exception as error:  # noqa: BLE001 - a fact that cannot be taken in must not stop those about others
            self._log.error("fact parked", type=fact.type, position=fact.position, **log.error_location(error))
            return await self._database.write(self._park, epoch, fact, start, type(error).__name__)

    async def _apply(self, tx: Tx, epoch: str, facts: list[Fact], start: Revision) -> Revision:
        end = await move_cursor(tx, self.producer, start, Revision(epoch=epoch, position=facts[-1].position))
        parked = await parked_aggregates(tx, self.producer)
        told: list[DecodedFact] = []
        for fact in facts:
            if fact.type not in self._takes:
                raise UnknownFact(fact.type)
            if fact.aggregate_id in parked:
                await park(tx, self.producer, fact, "behind a parked fact")
                continue
            kind, _ = self._takes[fact.type]
            told.append((kind.FromString(fact.payload), fact))
        told = self._condense(told)
        await self._prepare(tx, told)
        for message, fact in told:
            _, effect = self._takes[fact.type]
            with tracing.ConsumerSpan(f"{self._consumer} takes {fact.type}", fact.trace):
                await effect(tx, message, fact)
        return end

    async def _park(self, tx: Tx, epoch: str, fact: Fact, start: Revision, why: str) -> Revision:
        end = await move_cursor(tx, self.producer, start, Revision(epoch=epoch, position=fact.position))
        await park(tx, self.producer, fact, why)
        return end


async def read_cursor(tx: Tx, producer: str) -> Revision:
    """How far a producer's feed has been read."""
    row = await tx.one("SELECT epoch, pos FROM feed_cursor WHERE producer = $1", producer)
    return Revision(epoch=row[0], position=row[1]) if row else Revision()


async def move_cursor(tx: Tx, producer: str, start: Revision, end: Revision) -> Revision:
    """Moves the cursor from start to end. Raises Moved where it does not stand at start."""
    if not start.epoch:
        moved = await tx.one(
            "INSERT INTO feed_cursor (producer, epoch, pos) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING RETURNING 1",
            producer,
            end.epoch,
            end.position,
        )
    else:
        moved = await tx.one(
            "UPDATE feed_cursor SET pos = $1 WHERE producer = $2 AND epoch = $3 AND pos = $4 RETURNING 1",
            end.position,
            producer,
            end.epoch,
            start.position,
        )
    if moved is None:
        raise Moved(producer)
    return end


class UnknownFact(Exception):
    """A fact of a type this context was not written for. Going on would lose it."""


class Moved(Exception):
    """Somebody else has read on, or the feed is another history's. Open it again from the cursor."""


async def parked_aggregates(tx: Tx, producer: str) -> set[str]:
    """What facts were parked about; few, or somebody would have looked into it."""
    rows = await tx.all("SELECT DISTINCT aggregate_id FROM parked_fact WHERE producer = $1", producer)
    return {row[0] for row in rows}


async def park(tx: Tx, producer: str, fact: Fact, why: str) -> None:
    """Keeps a fact that could not be taken in."""
    await tx.run(
        "INSERT INTO parked_fact (producer, pos, type, aggregate_id, payload, why) VALUES ($1, $2, $3, $4, $5, $6)",
        producer,
        fact.position,
        fact.type,
        fact.aggregate_id,
        fact.payload,
        why,
    )


# What says nothing about a fact: the batch is read again.
PASSING = (Unavailable, Overloaded, Moved, UnknownFact)
