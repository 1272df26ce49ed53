"""A transaction on PostgreSQL, and what its errors mean."""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any, cast

import asyncpg
from google.protobuf.message import Message

from eventhub.refusals import InvalidRequest
from services.kit.db import outbox
from services.kit.db.database import Row, StatementRefused

# Whatever the driver raises; what a transaction function raises by itself is none of these.
DRIVER = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError, TimeoutError)
# Two transactions were in each other's way, a lock was not to be had, or a statement was prepared before the schema
# changed: done again.
AGAIN = (
    asyncpg.TransactionRollbackError,
    asyncpg.InvalidCachedStatementError,
    asyncpg.OutdatedSchemaCacheError,
    asyncpg.LockNotAvailableError,
)
# The server cannot now: it stops, starts, is a replica, is full, or has waited long enough.
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


# Statements that travel together at most: each number of rows is another text to be prepared.
TOGETHER_MAX = 32
VALUES = re.compile(r"VALUES\s*(\([^()]*\))\s*$")
PARAMETER = re.compile(r"\$(\d+)")


def together(kept: list[tuple[str, tuple[object, ...]]]) -> tuple[tuple[tuple[str, int], ...], list[object]]:
    """Statements as fused() takes them, those of one text side by side, with the arguments of all."""
    by_text: dict[str, list[tuple[object, ...]]] = {}
    for sql, args in kept:
        by_text.setdefault(sql, []).append(args)
    texts = tuple((sql, len(rows)) for sql, rows in by_text.items())
    return texts, [arg for rows in by_text.values() for args in rows for arg in args]


@lru_cache(maxsize=500)
def fused(texts: tuple[tuple[str, int], ...]) -> str:
    """One statement that does what some do, each so many times: the rows of an INSERT in their order in one of it, and
    all in one WITH."""
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
    """A text whose parameters are numbered from by + 1 on."""
    return PARAMETER.sub(lambda found: f"${int(found[1]) + by}", sql)


class Again(Exception):
    """A transaction was undone, or nobody knows whether it was committed. It may run again, and so it does."""


class OutOfOrder(Exception):
    """The server cannot do it now. The connection is not to be used again."""


def is_lost(connection: Any) -> bool:
    """Whether a connection of a pool is gone."""
    try:
        return cast("bool", connection.is_closed())
    except asyncpg.InterfaceError:  # so much so that the pool has taken it back
        return True


# A text with a character that PostgreSQL does not keep: NUL.
UNFIT = (asyncpg.CharacterNotInRepertoireError, asyncpg.UntranslatableCharacterError)


def meaning(error: BaseException, *, lost: bool) -> Exception:
    """What a driver's error means. lost: whether the connection is gone. Nothing of the error's text is kept: it may
    hold personal data."""
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
        """limit_s: how long the answer to a statement is waited for. answered: told of each answer."""
        self._connection = connection
        self._limit_s = limit_s
        self._answered = answered
        self._later: list[tuple[str, tuple[object, ...]]] = []
        self.announced = False

    async def all(self, sql: str, *args: object) -> list[Row]:
        """Every row."""
        await self.catch_up()
        rows = await self._connection.fetch(sql, *args, timeout=self._limit_s)
        self._answered()
        return [tuple(row) for row in rows]

    async def one(self, sql: str, *args: object) -> Row | None:
        """The first row."""
        await self.catch_up()
        rows = await self._connection.fetch(sql, *args, timeout=self._limit_s)
        self._answered()
        return tuple(rows[0]) if rows else None

    async def lock(self, sql: str, *args: object) -> list[Row]:
        """Every row, locked."""
        return await self.all(f"{sql} FOR UPDATE", *args)

    async def run(self, sql: str, *args: object) -> int:
        """How many rows were changed."""
        await self.catch_up()
        told = cast("str", await self._connection.execute(sql, *args, timeout=self._limit_s))
        self._answered()
        count = told.rpartition(" ")[2]
        return int(count) if count.isdigit() else 0

    async def announce(
        self, fact: Message, *, aggregate_id: str, organizer_id: str = "", topic: str = "", at_us: int
    ) -> None:
        """Writes a fact into the outbox. It gets its position after the commit."""
        await self.defer(outbox.ANNOUNCE, *outbox.row(fact, aggregate_id, organizer_id, topic or aggregate_id, at_us))
        self.announced = True

    async def defer(self, sql: str, *args: object) -> None:
        """Keeps a statement, to be sent with others."""
        self._later.append((sql, args))
        if len(self._later) == TOGETHER_MAX:
            await self.catch_up()

    async def catch_up(self) -> None:
        """Sends what was kept, in one statement."""
        if self._later:
            (texts, args), self._later = together(self._later), []
            await self._connection.execute(fused(texts), *args, timeout=self._limit_s)
            self._answered()
