"""Measures the writes of a context's database: how long each takes until it is durable, and how many are waiting."""

from collections.abc import Coroutine, Sequence
from contextlib import AbstractContextManager
from typing import Any, TypeVar

from services.kit.db.database import Args, Database, KwArgs, Listener, Mode, Work
from services.kit.db.shards import Leases
from services.kit.observe.metrics import Metrics
from services.kit.values.clock import Clock

T = TypeVar("T")

MEASURED = (Mode.WRITE, Mode.WRITE_LONG)


class MeasuredDatabase(Database):
    """A Database that forwards every call to another one and measures its writes, including their wait for keys."""

    def __init__(self, database: Database, metrics: Metrics, clock: Clock) -> None:
        """database: the database that does the work."""
        self.name = database.name
        self.dialect = database.dialect
        self.shards = database.shards
        self._database = database
        self._writes = metrics.writes(database.name)
        self._monotonic = clock.monotonic

    def run(
        self, mode: Mode, work: Work[T], args: Args, kwargs: KwArgs, keys: Sequence[str] = ()
    ) -> Coroutine[Any, Any, T]:
        """Forwards a transaction, and measures it if it may write. A migration is not measured."""
        run = self._measured if mode in MEASURED else self._database.run
        return run(mode, work, args, kwargs, keys)

    async def _measured(self, mode: Mode, work: Work[T], args: Args, kwargs: KwArgs, keys: Sequence[str]) -> T:
        self._writes.waiting += 1
        asked_s = self._monotonic()
        try:
            return await self._database.run(mode, work, args, kwargs, keys)
        finally:
            self._writes.ended(self._monotonic() - asked_s)

    async def ready(self) -> bool:
        """As the other database."""
        return await self._database.ready()

    def leases(self) -> Leases | None:
        """As the other database."""
        return self._database.leases()

    def listen(self, topic: str) -> AbstractContextManager[Listener]:
        """As the other database."""
        return self._database.listen(topic)

    async def close(self) -> None:
        """Closes the other database."""
        await self._database.close()
