"""The database port on PostgreSQL: a pool of connections, one transaction per job.

A session keeps nothing beyond its transaction, so a pooler such as PgBouncer may give each transaction another session:
every setting is SET LOCAL, every advisory lock ends with its transaction, and no session listens. Prepared statements
are the exception, which PgBouncer knows from version 1.21 on (max_prepared_statements). Two parameters of the URL are
ours: ?prepare=off for a pooler that cannot keep prepared statements, and ?pool=N for at most N connections.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any, TypeVar

import asyncpg

from eventhub.refusal import TransientRefusal
from eventhub.refusals import Overloaded, Unavailable
from services.kit.db.database import (
    Args,
    Database,
    KwArgs,
    Listener,
    Mode,
    StatementRefused,
    Tx,
    Work,
    fence,
    inside,
)
from services.kit.db.listeners import Listeners
from services.kit.db.postgres_kinds import KINDS, Kind, serialized
from services.kit.db.postgres_leases import PostgresLeases, held
from services.kit.db.postgres_positions import Positioner
from services.kit.db.postgres_tx import DRIVER, Again, OutOfOrder, PostgresTx, is_lost, meaning
from services.kit.db.shards import Shards
from services.kit.db.slots import Slots, Stuck
from services.kit.observe import log
from services.kit.values.database_url import options
from services.kit.values.failpoints import failpoint

T = TypeVar("T")
Jitter = Callable[[float, float], float]
Pool = asyncpg.Pool
AtRest = Callable[[asyncpg.Connection], Awaitable[None]]

WAITING_MAX = 10_000
STATEMENTS_CACHED = 300
CONNECT_S = 1.5
ACQUIRE_S = 2.0
TRIES_MAX = 6
WAIT_S = 0.02
CLOSE_S = 5.0
READY_S = 1.0


async def keep(connection: asyncpg.Connection) -> None:
    """Returns a connection to the pool as it is. The driver's default reset costs a round trip, and a transaction
    leaves nothing behind that would need it."""


class PostgresDatabase(Database):
    """A context's database on a PostgreSQL server."""

    dialect = "postgres"

    def __init__(self, name: str, pool: Pool, jitter: Jitter) -> None:
        """Use opened() instead.

        jitter: returns a random number between two, to spread repeats in time.
        """
        self.name = name
        self.shards = Shards(name, {})
        self._pool = pool
        self._slots = Slots(pool.get_max_size(), lambda: self._loop.time() < self._well_until)
        self._jitter = jitter
        self._loop = asyncio.get_running_loop()
        self._log = log.get(name)
        self._jobs: set[asyncio.Task[Any]] = set()
        self._closed = False
        self._well_until = 0.0
        self._away = False
        self._mistakes: set[tuple[str, str]] = set()
        self._listeners = Listeners()
        self._positioner = Positioner(self, self._listeners)

    @classmethod
    async def opened(cls, name: str, url: str, jitter: Jitter, at_rest: AtRest = keep) -> "PostgresDatabase":
        """Creates the pool without connecting: the server need not run yet. Raises ValueError if the URL is malformed.

        name: the context's name, which also appears in pg_stat_activity.
        jitter: returns a random number between two, to spread repeats in time.
        at_rest: runs on a connection between two transactions.
        """
        dsn, prepare, pool_max = options(url)
        pool = await asyncpg.create_pool(
            dsn,
            min_size=0,
            max_size=pool_max,
            reset=at_rest,
            timeout=CONNECT_S,
            statement_cache_size=STATEMENTS_CACHED if prepare else 0,
            server_settings={"application_name": f"eventhub-{name}"},
        )
        return cls(name, pool, jitter)

    async def run(self, mode: Mode, work: Work[T], args: Args, kwargs: KwArgs, keys: Sequence[str] = ()) -> T:
        """Runs a transaction in its own task, so it goes on if its caller is cancelled. It first takes an advisory lock
        for each key. KINDS tells the isolation level and the limits of each mode."""
        if self._closed:
            raise Unavailable
        if len(self._jobs) >= WAITING_MAX:
            raise Overloaded(retry_after_s=1.0)
        kind = serialized(KINDS[mode], keys) if keys else KINDS[mode]
        job = asyncio.create_task(self._tried(kind, work, args, kwargs))
        self._jobs.add(job)
        job.add_done_callback(self._ended)
        return await asyncio.shield(job)

    async def ready(self) -> bool:
        """Whether the server answers. Does not ask if it has answered within the last second."""
        if self._loop.time() < self._well_until:
            return True
        try:
            async with asyncio.timeout(READY_S):
                await self.read(anything)
        except (TransientRefusal, TimeoutError):
            return False
        return True

    def listen(self, topic: str) -> AbstractContextManager[Listener]:
        """Listens to a topic. The listener also hears of commits by other processes."""
        self._positioner.look_now()
        return self._listeners.listen(topic)

    async def close(self) -> None:
        """Waits up to CLOSE_S for running transactions, gives their facts positions and closes the pool."""
        if self._jobs:
            await asyncio.wait(self._jobs, timeout=CLOSE_S)
        await self._positioner.stop()
        self._closed = True
        for job in self._jobs:
            job.cancel()
        await asyncio.gather(*self._jobs, return_exceptions=True)
        try:
            async with asyncio.timeout(CLOSE_S):
                await self._pool.close()
        except DRIVER:
            self._pool.terminate()

    def _ended(self, job: "asyncio.Task[Any]") -> None:
        self._jobs.discard(job)
        if not job.cancelled():
            job.exception()  # marks it as retrieved: a cancelled caller never looks at it

    async def _tried(self, kind: Kind, work: Work[T], args: Args, kwargs: KwArgs) -> T:
        """Runs a transaction, and again if it was rolled back or its outcome is unknown."""
        if kind.writes:
            inside.set(True)
        tries = 1
        while True:
            try:
                return await self._once(kind, work, args, kwargs)
            except Again as again:
                if tries == TRIES_MAX:
                    self._log.error("gave up", work=work.__name__, error=str(again))
                    raise Unavailable(retry_after_s=1.0) from None
                await asyncio.sleep(self._jitter(0, WAIT_S * 2**tries))
                tries += 1
            except OutOfOrder as broken:
                if not self._away:  # logged once, not by each of many waiting callers
                    self._log.error("database cannot be used", work=work.__name__, error=str(broken))
                self._away = True
                await self._pool.expire_connections()
                raise Unavailable(retry_after_s=1.0) from broken
            except StatementRefused as refused:
                if (work.__name__, str(refused)) not in self._mistakes:  # logged once: a bug repeats with every call
                    self._mistakes.add((work.__name__, str(refused)))
                    self._log.error("statement refused", work=work.__name__, error=refused.args)
                raise

    async def _once(self, kind: Kind, work: Work[T], args: Args, kwargs: KwArgs) -> T:
        connection = await self._connection()
        tx, whole = PostgresTx(connection, kind.limit_s, self._well), False
        try:
            await connection.execute(kind.begin, timeout=kind.limit_s)
            if kind.writes:
                await self._check_fence(tx)
            answer = await work(tx, *args, **kwargs)
            await tx.catch_up()
            if kind.writes:
                failpoint(f"{self.name}.{work.__name__}.before")
            if await connection.execute("COMMIT", timeout=kind.limit_s) != "COMMIT":
                raise StatementRefused("the transaction caught a driver's error and went on")
            whole = True
        except DRIVER as error:
            raise meaning(error, lost=is_lost(connection)) from None
        finally:
            await self._give_back(connection, whole=whole)
        self._well()
        if tx.announced:
            self._positioner.stamp_now()
        if kind.writes:
            failpoint(f"{self.name}.{work.__name__}.after")
        return answer

    async def _check_fence(self, tx: Tx) -> None:
        """Raises Unavailable if this work is done under an old lease: another replica has taken over."""
        lease = fence.get()
        if lease[0] == self.name and not await held(tx, lease):
            raise Unavailable("Another replica holds the lease.", retry_after_s=1.0)

    def leases(self) -> PostgresLeases:
        """The leases of this context's shards."""
        return PostgresLeases(self)

    def _well(self) -> None:
        self._well_until = self._loop.time() + READY_S
        if self._away:
            self._away = False
            self._log.warning("database can be used again")

    async def _connection(self) -> Any:
        """Waits for a slot and takes a connection. Raises Overloaded if all connections stay busy, OutOfOrder if the
        server does not answer."""
        try:
            await self._slots.take(ACQUIRE_S)
        except Stuck:
            raise OutOfOrder("no connection in time") from None
        try:
            return await self._pool.acquire(timeout=ACQUIRE_S)
        except DRIVER as error:
            self._slots.give_back()
            raise OutOfOrder(type(error).__name__) from None
        except asyncio.CancelledError:
            self._slots.give_back()
            raise

    async def _give_back(self, connection: Any, *, whole: bool) -> None:
        if not whole and not is_lost(connection):
            try:
                await connection.execute("ROLLBACK", timeout=READY_S)
            except (*DRIVER, asyncio.CancelledError):
                if not is_lost(connection):
                    connection.terminate()
        try:
            await self._pool.release(connection)
        finally:
            self._slots.give_back()


async def anything(tx: Tx) -> None:
    """Runs the smallest query, to see whether the server answers."""
    await tx.one("SELECT 1")
