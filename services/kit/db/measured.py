"""Measures the writes of a context's database: how long each takes until it is durable, and how many are waiting."""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Concatenate, ParamSpec, TypeVar

from services.kit.db.database import Database, Tx
from services.kit.observe.metrics import Metrics
from services.kit.values.clock import Clock

P = ParamSpec("P")
T = TypeVar("T")


class MeasuredDatabase:
    """A Database that forwards every call to another one and measures its writes."""

    def __init__(self, database: Database, metrics: Metrics, clock: Clock) -> None:
        """database: the database that does the work."""
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
        """Forwards a write and measures it."""
        with self._measured():
            return await self._database.write(work, *args, **kwargs)

    async def write_serialized(
        self,
        keys: Sequence[str],
        work: Callable[Concatenate[Tx, P], Awaitable[T]],
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Forwards a serialized write and measures it, including the time it waits for its keys."""
        with self._measured():
            return await self._database.write_serialized(keys, work, *args, **kwargs)

    async def write_long(
        self, work: Callable[Concatenate[Tx, P], Awaitable[T]], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Forwards a long write and measures it."""
        with self._measured():
            return await self._database.write_long(work, *args, **kwargs)

    @contextmanager
    def _measured(self) -> Iterator[None]:
        self._writes.waiting += 1
        asked_s = self._monotonic()
        try:
            yield
        finally:
            self._writes.ended(self._monotonic() - asked_s)
