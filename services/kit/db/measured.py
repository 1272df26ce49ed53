"""A context's database with a watch: how long writes take until they are durable, and how many wait for that."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Concatenate, ParamSpec, TypeVar

from services.kit.db.database import Database, Tx
from services.kit.observe.metrics import Metrics
from services.kit.values.clock import Clock

P = ParamSpec("P")
T = TypeVar("T")


class MeasuredDatabase:
    """A Database whose writes are measured, whichever driver is behind it."""

    def __init__(self, database: Database, metrics: Metrics, clock: Clock) -> None:
        """database: the one that does it."""
        self.name = database.name
        self.dialect = database.dialect
        self.migrate = database.migrate
        self.read = database.read
        self.read_long = database.read_long
        self.ready = database.ready
        self.lease = database.lease
        self.listen = database.listen
        self.close = database.close
        self._database = database
        self._writes = metrics.writes(database.name)
        self._monotonic = clock.monotonic

    async def write(self, work: Callable[Concatenate[Tx, P], Awaitable[T]], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """As the database."""
        self._writes.waiting += 1
        asked_s = self._monotonic()
        try:
            return await self._database.write(work, *args, **kwargs)
        finally:
            self._writes.ended(self._monotonic() - asked_s)

    async def write_in_turn(
        self,
        keys: Sequence[str],
        work: Callable[Concatenate[Tx, P], Awaitable[T]],
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """As the database."""
        self._writes.waiting += 1
        asked_s = self._monotonic()
        try:
            return await self._database.write_in_turn(keys, work, *args, **kwargs)
        finally:
            self._writes.ended(self._monotonic() - asked_s)

    async def write_long(
        self, work: Callable[Concatenate[Tx, P], Awaitable[T]], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """As the database."""
        self._writes.waiting += 1
        asked_s = self._monotonic()
        try:
            return await self._database.write_long(work, *args, **kwargs)
        finally:
            self._writes.ended(self._monotonic() - asked_s)
