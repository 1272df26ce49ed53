"""Followers: a context applies each fact of another context's feed exactly once.

A follower's cursor moves in the same transaction as the effects of the facts, and only if it still is at the position
that the follower started from. So two followers at once, a repeated batch or a crash may waste work, but cannot apply a
fact twice or skip one.
"""

from collections.abc import AsyncIterable, Awaitable, Callable, Mapping
from typing import Any

from google.protobuf.message import Message

from eventhub.common.v1.feed_pb2 import Fact, FactBatch, Revision
from eventhub.refusal import Refusal, TransientRefusal
from services.kit.db.database import Database, Tx
from services.kit.feeds.lag import Lag
from services.kit.feeds.parked import park, parked_aggregates
from services.kit.observe import log, tracing
from services.kit.values.clock import Clock

RETRY_S = 1.0
# A batch of so few facts takes less than 5 ms. On SQLite a thread would fight the event loop for the interpreter with
# each of its statements, which costs more than the work itself.
SHORT_MAX = 16

Take = Callable[[Tx, Any, Fact], Awaitable[None]]
DecodedFact = tuple[Any, Fact]
Prepare = Callable[[Tx, list[DecodedFact]], Awaitable[None]]


async def unprepared(tx: Tx, told: list[DecodedFact]) -> None:
    """Does nothing: the default of Follower's parameter prepare."""


async def ignore(tx: Tx, message: Message, fact: Fact) -> None:
    """Does nothing: the effect of a fact that a follower knows but does not need."""


def ignoring(*types: type[Message]) -> dict[type[Message], Take]:
    """Maps several types of facts to ignore(), for Follower's parameter takes."""
    return dict.fromkeys(types, ignore)


class Follower:
    """Applies the facts of one producer's feed."""

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
        """producer: name of the context that owns the feed.
        open_feed: calls the producer's Feed RPC from a revision on; each answer has a field batch.
        takes: the effect of each type of fact, which runs in the transaction that moves the cursor. Must contain every
        type that the producer announces; use ignore for those without an effect.
        then: runs after each batch is applied, for example to wake a Runner.
        condense: drops facts of a batch that later ones make superfluous. Example: of ten changes of one event, only
        the last matters.
        prepare: runs before the effects of a batch, for example to lock all rows that they change, in order.
        """
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

    @property
    def loop(self) -> tuple[str, Callable[[], Awaitable[None]]]:
        """run, with the key that tells which replica follows; see Context.loops."""
        return self.producer, self.run

    async def run(self) -> None:
        """Follows for ever; opens a broken stream again from the cursor."""
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
                    elif answer.batch.read_to > start.position:
                        start = await self._database.write(self._skip, answer.batch, start)
                    self.lag.heard(answer.batch, start.position)
            except TransientRefusal as gone:
                self._log.info("feed ended", reason=gone.reason)
            except Moved:
                self._log.info("cursor moved by another reader")
            except UnknownFact as unknown:
                self._log.error("feed stopped at a fact of unknown type", type=str(unknown))
            except Refusal as refused:
                self._log.error("feed stopped", reason=refused.reason, facts=refused.facts)
            await self._clock.sleep(RETRY_S)

    async def take(self, batch: FactBatch, start: Revision) -> Revision:
        """Applies a batch in one transaction. If a fact fails, applies them one by one and parks those that fail.
        Returns the new cursor."""
        try:
            # On PostgreSQL a short batch may wait for the locks of a long one.
            short = len(batch.facts) <= SHORT_MAX and self._database.dialect == "sqlite"
            write = self._database.write if short else self._database.write_long
            return await write(self._apply, batch.epoch, list(batch.facts), start, batch.read_to)
        except PASSING:
            raise
        except Exception:  # noqa: BLE001 - the facts are applied one by one, to find the one that fails
            for fact in batch.facts:
                start = await self._take_or_park(batch.epoch, fact, start)
            return start

    async def _take_or_park(self, epoch: str, fact: Fact, start: Revision) -> Revision:
        try:
            return await self._database.write_long(self._apply, epoch, [fact], start)
        except PASSING:
            raise
        except Exception as error:  # noqa: BLE001 - one fact must not stop the facts about other aggregates
            self._log.error("fact parked", type=fact.type, position=fact.position, **log.error_location(error))
            return await self._database.write(self._park, epoch, fact, start, type(error).__name__)

    async def _skip(self, tx: Tx, batch: FactBatch, start: Revision) -> Revision:
        end = Revision(epoch=batch.epoch, position=batch.read_to)
        return await move_cursor(tx, self.producer, start, end)

    async def _apply(self, tx: Tx, epoch: str, facts: list[Fact], start: Revision, read_to: int = 0) -> Revision:
        last = max(facts[-1].position, read_to)
        end = await move_cursor(tx, self.producer, start, Revision(epoch=epoch, position=last))
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
    """The last revision of a producer's feed that this context has applied."""
    row = await tx.one("SELECT epoch, pos FROM feed_cursor WHERE producer = $1", producer)
    return Revision(epoch=row[0], position=row[1]) if row else Revision()


async def move_cursor(tx: Tx, producer: str, start: Revision, end: Revision) -> Revision:
    """Moves the cursor from start to end. Raises Moved if the cursor is not at start."""
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
    """A fact has a type that this context does not know, from a newer release of the producer. Skipping it would lose
    its effect, so the feed stops until this context is updated."""


class Moved(Exception):
    """Another replica has moved the cursor, or the feed has a new history. Open the feed again from the cursor."""


# Errors that say nothing about the fact itself: the batch is read again.
PASSING = (TransientRefusal, Moved, UnknownFact)
