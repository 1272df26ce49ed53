"""The outbox on PostgreSQL: positions are given after the commit, and every process hears of them.

Neither the order of ids nor that of transactions is the order of commits, so a reader that counted by them would lose
what commits late. Facts are written without a position; whoever has committed some gives all of them positions, under
the lock of the one row that knows the last. Readers see only facts that have one. What a process that died has left
without is found by the next look of any other.
"""

import asyncio
import contextvars

from services.kit.db.database import Database, Tx
from services.kit.db.listeners import Listeners
from services.kit.observe import log

# How often it is looked for what other processes have committed: while somebody listens, and otherwise.
LOOK_S = 0.1
IDLE_LOOK_S = 1.0
# Under a rush, facts that are committed within this time get their positions together.
GATHER_S = 0.005
STAMPED_AT_ONCE = 1_000
# More news than this, and everybody is told to look instead of being told which topics.
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
    """Gives positions to what was committed without. The position before, and the topics in any order. The lock comes
    in a statement of its own: only the next one's snapshot is sure to hold all that was committed before the lock."""
    rows = await tx.lock("SELECT pos FROM feed_head")
    return rows[0][0], [row[0] for row in await tx.all(STAMP, rows[0][0])]


async def look(tx: Tx, heard: int) -> tuple[int, bool, list[str] | None]:
    """The last position, whether anything is without one, and the topics after heard; None: too many."""
    rows = await tx.all("SELECT pos, EXISTS (SELECT 1 FROM outbox WHERE pos IS NULL) FROM feed_head")
    position, unstamped = rows[0]
    if position - heard > TOPICS_MAX:
        return position, unstamped, None
    if position == heard:
        return position, unstamped, []
    topics = await tx.all("SELECT DISTINCT topic FROM outbox WHERE pos > $1 AND pos <= $2", heard, position)
    return position, unstamped, [row[0] for row in topics]


class Positioner:
    """Gives facts their positions and tells this process's listeners of them. Begins once there is something to tell,
    or somebody to be told."""

    def __init__(self, database: Database, listeners: Listeners) -> None:
        """Heard of nothing yet: the first to listen are told to look."""
        self._database = database
        self._ears = listeners
        self._log = log.get(database.name)
        self._task: asyncio.Task[None] | None = None
        self._woken = asyncio.Event()
        self._fresh = False
        self._heard = 0
        self._sick = False

    def stamp_now(self) -> None:
        """Something was committed."""
        self._fresh = True
        self.look_now()

    def look_now(self) -> None:
        """Somebody listens."""
        self._woken.set()
        if self._task is None:
            self._task = asyncio.create_task(self._run(), context=contextvars.Context())

    async def stop(self) -> None:
        """Ends, after it has given positions to what was committed last, if that can be done now; another process does
        it otherwise."""
        if self._task is None:
            return
        self._task.cancel()
        await asyncio.wait([self._task])
        if self._fresh and not self._sick:
            try:
                await self._stamp()
            except Exception as error:  # noqa: BLE001 - nothing is lost by it
                self._log.warning("last positions not given", **log.error_location(error))

    async def _run(self) -> None:
        while True:
            try:
                await self._round()
                self._sick = False
            except Exception as error:  # noqa: BLE001 - the database may be away for a while; looking goes on
                if not self._sick:
                    self._log.error("giving positions failed", **log.error_location(error))
                self._sick = True
            try:
                async with asyncio.timeout(LOOK_S if self._ears and not self._sick else IDLE_LOOK_S):
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
            self._ears.tell_all()
        else:
            self._ears.tell(topics)
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
                self._ears.tell(topics)
            else:
                await self._look()
            full = len(topics) == STAMPED_AT_ONCE
