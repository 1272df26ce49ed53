"""A transaction on PostgreSQL, its deferred statements, and the meaning of the driver's errors."""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any, cast

import asyncpg
from google.protobuf.message import Message

from eventhub.refusals import InvalidRequest
from services.kit.db import outbox
from services.kit.db.database import Row, StatementRefused

# All errors that the driver raises. A transaction function raises none of these by itself.
DRIVER = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError, TimeoutError)
# The transaction is run again: it met a deadlock or a concurrent change, waited too long for a lock, or used a
# statement that was prepared before the schema changed.
AGAIN = (
    asyncpg.TransactionRollbackError,
    asyncpg.InvalidCachedStatementError,
    asyncpg.OutdatedSchemaCacheError,
    asyncpg.LockNotAvailableError,
)
# The server cannot work now: it is stopping, starting, read-only, full, or it ended a transaction that was idle.
OUT_OF_ORDER = (
    asyncpg.InsufficientResourcesError,
    asyncpg.OperatorInterventionError,
    asyncpg.PostgresSystemError,
    asyncpg.PostgresConnectionError,
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    OSError,
    TimeoutError,
)


# At most this many deferred statements travel together. Each number of rows is another SQL text for the server to
# prepare.
TOGETHER_MAX = 32
VALUES = re.compile(r"VALUES\s*(\([^()]*\))\s*$")
PARAMETER = re.compile(r"\$(\d+)")


def together(kept: list[tuple[str, tuple[object, ...]]]) -> tuple[tuple[tuple[str, int], ...], list[object]]:
    """Groups deferred statements by their SQL text. Returns the groups as fused() takes them, and all arguments in
    their order."""
    by_text: dict[str, list[tuple[object, ...]]] = {}
    for sql, args in kept:
        by_text.setdefault(sql, []).append(args)
    texts = tuple((sql, len(rows)) for sql, rows in by_text.items())
    return texts, [arg for rows in by_text.values() for args in rows for arg in args]


@lru_cache(maxsize=500)
def fused(texts: tuple[tuple[str, int], ...]) -> str:
    """Combines statements into one, so that they take one round trip.

    texts: (SQL, times) pairs. An INSERT ... VALUES that comes several times becomes one INSERT with several rows; all
    statements are joined in one WITH. Example: two INSERTs into outbox and an UPDATE of order become
    "WITH part0 AS (INSERT INTO outbox ... VALUES ($1, $2), ($3, $4)) UPDATE order SET state = $5 WHERE id = $6".
    """
    parts, first = [], 0
    for sql, times in texts:
        width = max(int(n) for n in PARAMETER.findall(sql))
        row = VALUES.search(sql)
        if row is None:
            copies = [moved(sql, first + n * width) for n in range(times)]
        else:
            rows = ", ".join(moved(row[1], first + n * width) for n in range(times))
            copies = [f"{sql[: row.start(1)]}{rows}"]
        parts += copies
        first += times * width
    named = [f"part{n} AS ({part})" for n, part in enumerate(parts[:-1])]
    return f"WITH {', '.join(named)} {parts[-1]}" if named else parts[-1]


def moved(sql: str, by: int) -> str:
    """The SQL with its parameters renumbered: $1 becomes $(1 + by), and so on."""
    return PARAMETER.sub(lambda found: f"${int(found[1]) + by}", sql)


class Again(Exception):
    """The transaction was rolled back, or its outcome is unknown. It may run again: see the rules in database.py."""


class OutOfOrder(Exception):
    """The server cannot work now. Do not use the connection again."""


def is_lost(connection: Any) -> bool:
    """Whether a connection is closed or was taken back by its pool."""
    try:
        return cast("bool", connection.is_closed())
    except asyncpg.InterfaceError:  # the pool has taken it back
        return True


# A text contains a character that PostgreSQL cannot store: NUL.
UNFIT = (asyncpg.CharacterNotInRepertoireError, asyncpg.UntranslatableCharacterError)


def meaning(error: BaseException, *, lost: bool) -> Exception:
    """Translates a driver's error. Its text is dropped, because it may contain personal data.

    lost: whether the connection is closed.
    """
    if lost or isinstance(error, AGAIN):
        return Again(type(error).__name__)
    if isinstance(error, OUT_OF_ORDER):
        return OutOfOrder(type(error).__name__)
    if isinstance(error, UNFIT):
        return InvalidRequest("A text holds a character that cannot be kept.")
    return StatementRefused(type(error).__name__, getattr(error, "constraint_name", None) or "")


class PostgresTx:
    """A transaction on one connection."""

    def __init__(self, connection: Any, limit_s: float, answered: Callable[[], None]) -> None:
        """limit_s: how long to wait for the answer to each statement. answered: called after each answer."""
        self._connection = connection
        self._limit_s = limit_s
        self._answered = answered
        self._deferred: list[tuple[str, tuple[object, ...]]] = []
        self.announced = False

    async def all(self, sql: str, *args: object) -> list[Row]:
        """Returns all rows of a statement."""
        await self.catch_up()
        rows = await self._connection.fetch(sql, *args, timeout=self._limit_s)
        self._answered()
        return [tuple(row) for row in rows]

    async def one(self, sql: str, *args: object) -> Row | None:
        """Returns the first row of a statement, None if there is none."""
        await self.catch_up()
        rows = await self._connection.fetch(sql, *args, timeout=self._limit_s)
        self._answered()
        return tuple(rows[0]) if rows else None

    async def lock(self, sql: str, *args: object) -> list[Row]:
        """Returns all rows and locks them: FOR UPDATE is appended to the SQL."""
        return await self.all(f"{sql} FOR UPDATE", *args)

    async def run(self, sql: str, *args: object) -> int:
        """Runs a statement. Returns the number of rows it changed."""
        await self.catch_up()
        told = cast("str", await self._connection.execute(sql, *args, timeout=self._limit_s))
        self._answered()
        count = told.rpartition(" ")[2]
        return int(count) if count.isdigit() else 0

    async def announce(
        self, fact: Message, *, aggregate_id: str, organizer_id: str = "", topic: str = "", at_us: int
    ) -> None:
        """Defers the INSERT of a fact into the outbox. The fact gets its position after the commit."""
        await self.defer(outbox.ANNOUNCE, *outbox.row(fact, aggregate_id, organizer_id, topic or aggregate_id, at_us))
        self.announced = True

    async def defer(self, sql: str, *args: object) -> None:
        """Keeps a statement, to send it together with others."""
        self._deferred.append((sql, args))
        if len(self._deferred) == TOGETHER_MAX:
            await self.catch_up()

    async def catch_up(self) -> None:
        """Sends the deferred statements as one."""
        if self._deferred:
            (texts, args), self._deferred = together(self._deferred), []
            await self._connection.execute(fused(texts), *args, timeout=self._limit_s)
            self._answered()
