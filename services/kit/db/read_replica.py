"""Reads that may be some seconds old, from replicas of a PostgreSQL server.

A replica has applied the primary's log (WAL) up to some position. Once a second at most, this process asks the primary
how far its log is on the disk, and remembers the answer for LAG_MAX_S. A read on a replica first asks how far the
replica has come, in the same transaction, and is right if that is at least a remembered position. So the answer lacks
no write that was confirmed more than LAG_MAX_S ago. This needs no clock of another machine, notices a replica that has
lost its primary, and holds for each of several replicas behind one name.

Clocks of the server (pg_last_xact_replay_timestamp) would not do: on an idle primary they look late, and on a replica
that has lost its primary they look the same.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine, Sequence
from contextlib import AbstractContextManager
from typing import Any, TypeVar

from eventhub.refusals import Unavailable
from services.kit.db.database import Args, Database, KwArgs, Listener, Mode, StatementRefused, Tx, Work
from services.kit.db.shards import Leases
from services.kit.observe import log

T = TypeVar("T")

# The age that an answer may have.
LAG_MAX_S = 3.0
# How often to ask the primary for its position, and to try a replica that could not be used.
LOOK_S = 1.0
# How long a replica may take until it has told its position; a caller waits no longer for one that is away.
PATIENCE_S = 1.0

# The mode of such a read on the primary.
INSTEAD = {Mode.READ_BEHIND: Mode.READ, Mode.READ_BEHIND_LONG: Mode.READ_LONG}
# Positions as numbers of bytes. A server that is no replica answers none.
WRITTEN = "SELECT (pg_current_wal_flush_lsn() - '0/0')::bigint"
APPLIED = "SELECT (pg_last_wal_replay_lsn() - '0/0')::bigint"


class Behind(Exception):
    """The replica lags."""


class Horizon:
    """The positions of the primary's log in the last LAG_MAX_S seconds."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, int]] = deque()

    def add(self, at_s: float, position: int) -> None:
        """Remembers a position that was asked for at a time."""
        self._seen.append((at_s, position))

    def oldest(self, now_s: float) -> tuple[float, int] | None:
        """The age and the position of the oldest look that still counts; None if there is none. A replica that has
        come this far is recent enough."""
        while self._seen and now_s - self._seen[0][0] > LAG_MAX_S:
            self._seen.popleft()
        return (now_s - self._seen[0][0], self._seen[0][1]) if self._seen else None


class ReplicatedDatabase(Database):
    """A Database that reads from a replica if the answer may be some seconds old, and does all else on the primary. If
    the replica is away or lags, the primary answers; one read each LOOK_S then tries whether it is back."""

    def __init__(self, primary: Database, replica: Database, now_s: Callable[[], float]) -> None:
        """now_s: a clock that never goes back, in seconds."""
        self.name = primary.name
        self.dialect = primary.dialect
        self.shards = primary.shards
        self._primary = primary
        self._replica = replica
        self._now_s = now_s
        self._log = log.get(primary.name)
        self._horizon = Horizon()
        self._look_at_s = self._try_at_s = 0.0
        self._away = self._told = False

    def run(
        self, mode: Mode, work: Work[T], args: Args, kwargs: KwArgs, keys: Sequence[str] = ()
    ) -> Coroutine[Any, Any, T]:
        """Runs a transaction on the server that its mode allows."""
        if mode in INSTEAD:
            return self._behind(mode, work, args, kwargs)
        return self._primary.run(mode, work, args, kwargs, keys)

    async def _behind(self, mode: Mode, work: Work[T], args: Args, kwargs: KwArgs) -> T:
        if self._away and self._now_s() < self._try_at_s:
            return await self._primary.run(INSTEAD[mode], work, args, kwargs)
        self._try_at_s = self._now_s() + LOOK_S  # while it is away, other reads do not wait for this one
        age_s, position = await self._wanted()
        try:
            answer = await self._from_replica(mode, position, work, args, kwargs)
        # A statement may be refused because the replica lacks the newest tables. The primary has the last word.
        except (Unavailable, StatementRefused, TimeoutError, Behind) as why:
            # The primary may have written more just now. A replica lags only if it lacks something older than a look.
            self._leave(why, tell=not isinstance(why, Behind) or age_s > LOOK_S)
            return await self._primary.run(INSTEAD[mode], work, args, kwargs)
        self._return()
        return answer

    async def _wanted(self) -> tuple[float, int]:
        """The age and the position that the replica must have reached. Asks the primary if LOOK_S has passed."""
        asked_s = self._now_s()
        oldest = self._horizon.oldest(asked_s)
        if oldest is None or asked_s >= self._look_at_s:
            self._look_at_s = asked_s + LOOK_S
            self._horizon.add(asked_s, await self._primary.read(position_of, WRITTEN))
            oldest = self._horizon.oldest(asked_s)
        assert oldest is not None, "one was added"
        return oldest

    async def _from_replica(self, mode: Mode, position: int, work: Work[T], args: Args, kwargs: KwArgs) -> T:
        """Reads from the replica. Raises Behind if it has not reached a position, TimeoutError if it does not tell."""

        async def checked(tx: Tx) -> T:
            reached = await position_of(tx, APPLIED)
            if patience.expired():
                raise Behind  # the caller has left
            patience.reschedule(None)
            if reached is not None and reached < position:
                raise Behind
            return await work(tx, *args, **kwargs)

        checked.__name__ = work.__name__  # the name in logs
        async with asyncio.timeout(PATIENCE_S) as patience:
            return await self._replica.run(mode, checked, (), {})

    def _leave(self, why: Exception, *, tell: bool) -> None:
        self._away = True
        if tell and not self._told:
            self._told = True
            self._log.warning("replica not used, the primary answers", why=type(why).__name__)

    def _return(self) -> None:
        self._away = False
        if self._told:
            self._told = False
            self._log.warning("replica is used again")

    async def ready(self) -> bool:
        """Whether the primary answers: nothing depends on a replica."""
        return await self._primary.ready()

    def leases(self) -> Leases | None:
        """The primary's."""
        return self._primary.leases()

    def listen(self, topic: str) -> AbstractContextManager[Listener]:
        """Listens on the primary."""
        return self._primary.listen(topic)

    async def close(self) -> None:
        """Closes both."""
        await self._replica.close()
        await self._primary.close()


async def position_of(tx: Tx, sql: str) -> Any:
    """The position of a server's log, in bytes; None for APPLIED on a server that is no replica."""
    row = await tx.one(sql)
    return row[0] if row else None
