"""The outbox on PostgreSQL: facts get their positions after the commit, and every process hears of them.

Ids cannot serve as positions, because transactions do not commit in the order of their ids. Example: A takes id 7, B
takes id 8 and commits first. A reader that has read up to 8 would never see 7, which commits a moment later.

So facts are written without a position. The process that committed them then gives positions to all facts that have
none, under the lock of the one row that holds the last position. Readers see only facts with a position. If a process
dies between its commit and this step, another process finds its facts the next time it looks.
"""

import asyncio
import contextvars

from services.kit.db.database import Database, Tx
from services.kit.db.listeners import Listeners
from services.kit.observe import log

# How often to look for commits of other processes: while this process has listeners, and while it has none.
LOOK_S = 0.1
IDLE_LOOK_S = 1.0
# Under load, facts that are committed within this time get their positions together.
GATHER_S = 0.005
STAMPED_AT_ONCE = 1_000
# With more new facts than this, all listeners wake; the topics are not read one by one.
TOPICS_MAX = 1_000

STAMP = f"""
WITH fresh AS (
    SELECT id, row_number() OVER (ORDER BY id) AS n
    FROM (SELECT id FROM outbox WHERE pos IS NULL ORDER BY id LIMIT {STAMPED_AT_ONCE}) AS unstamped
),
done AS (UPDATE outbox SET pos = $1 + fresh.n FROM fresh WHERE outbox.id = fresh.id RETURNING outbox.topic),
moved AS (UPDATE feed_head SET pos = pos + (SELECT count(*) FROM done) WHERE EXISTS (SELECT 1 FROM done))
SELECT topic FROM done
"""


async def stamp(tx: Tx) -> tuple[int, list[str]]:
    """Gives positions to committed facts that have none. Returns the last position before, and the facts' topics in any
    order. The lock is a separate statement: at READ COMMITTED each statement has its own snapshot, and only one taken
    after the lock is sure to contain every fact that was committed before it."""
    rows = await tx.lock("SELECT pos FROM feed_head")
    return rows[0][0], [row[0] for row in await tx.all(STAMP, rows[0][0])]


async def look(tx: Tx, heard: int) -> tuple[int, bool, list[str] | None]:
    """Returns the last position, whether any fact has none yet, and the topics of the facts after position heard; None
    for the topics if there are too many facts."""
    rows = await tx.all("SELECT pos, EXISTS (SELECT 1 FROM outbox WHERE pos IS NULL) FROM feed_head")
    position, unstamped = rows[0]
    if position - heard > TOPICS_MAX:
        return position, unstamped, None
    if position == heard:
        return position, unstamped, []
    topics = await tx.all("SELECT DISTINCT topic FROM outbox WHERE pos > $1 AND pos <= $2", heard, position)
    return position, unstamped, [row[0] for row in topics]


class Positioner:
    """Gives facts their positions and wakes this process's listeners. Its task starts with the first commit or the
    first listener."""

    def __init__(self, database: Database, listeners: Listeners) -> None:
        """Starts before the first position, so the first look wakes every listener that has facts to read."""
        self._database = database
        self._listeners = listeners
        self._log = log.get(database.name)
        self._task: asyncio.Task[None] | None = None
        self._woken = asyncio.Event()
        self._fresh = False
        self._heard = 0
        self._sick = False

    def stamp_now(self) -> None:
        """Call after a commit that announced facts: gives them positions soon."""
        self._fresh = True
        self.look_now()

    def look_now(self) -> None:
        """Looks for new facts without waiting for the next regular look."""
        self._woken.set()
        if self._task is None:
            self._task = asyncio.create_task(self._run(), context=contextvars.Context())

    async def stop(self) -> None:
        """Stops, and gives positions to the facts committed last. If the database is away, another process does so
        later."""
        if self._task is None:
            return
        self._task.cancel()
        await asyncio.wait([self._task])
        if self._fresh and not self._sick:
            try:
                await self._stamp()
            except Exception as error:  # noqa: BLE001 - nothing is lost: another process gives them
                self._log.warning("last positions not given", **log.error_location(error))

    async def _run(self) -> None:
        while True:
            try:
                await self._round()
                self._sick = False
            except Exception as error:  # noqa: BLE001 - the database may be away for a while, so the loop goes on
                if not self._sick:
                    self._log.error("giving positions failed", **log.error_location(error))
                self._sick = True
            try:
                async with asyncio.timeout(LOOK_S if self._listeners and not self._sick else IDLE_LOOK_S):
                    await self._woken.wait()
            except TimeoutError:
                continue
            self._woken.clear()

    async def _round(self) -> None:
        if not self._fresh:
            self._fresh = await self._look()
        if self._fresh:
            await self._stamp()
            await asyncio.sleep(GATHER_S)

    async def _look(self) -> bool:
        position, unstamped, topics = await self._database.read(look, self._heard)
        self._heard = position
        if topics is None:
            self._listeners.tell_all()
        else:
            self._listeners.tell(topics)
        return unstamped

    async def _stamp(self) -> None:
        full = True
        while full:
            self._fresh = False
            try:
                before, topics = await self._database.write(stamp)
            except BaseException:
                self._fresh = True
                raise
            if before == self._heard:
                self._heard += len(topics)
                self._listeners.tell(topics)
            else:
                await self._look()
            full = len(topics) == STAMPED_AT_ONCE
