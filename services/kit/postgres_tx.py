"""A transaction on PostgreSQL, and what its errors mean."""

from collections.abc import Callable
from typing import Any, cast

import asyncpg
from google.protobuf.message import Message

from services.kit import outbox
from services.kit.db import Row, StatementRefused

# Whatever the driver raises; what a transaction function raises by itself is none of these.
DRIVER = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError, TimeoutError)
# Two transactions were in each other's way, or a statement was prepared before the schema changed: done again.
AGAIN = (
    asyncpg.TransactionRollbackError,
    asyncpg.InvalidCachedStatementError,
    asyncpg.OutdatedSchemaCacheError,
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


def meaning(error: BaseException, *, lost: bool) -> Exception:
    """What a driver's error means. lost: whether the connection is gone. Nothing of the error's text is kept: it may
    hold personal data."""
    if lost or isinstance(error, AGAIN):
        return Again(type(error).__name__)
    if isinstance(error, OUT_OF_ORDER):
        return OutOfOrder(type(error).__name__)
    return StatementRefused(type(error).__name__, getattr(error, "constraint_name", None) or "")


class PostgresTx:
    """A transaction on one connection."""

    def __init__(self, connection: Any, limit_s: float, answered: Callable[[], None]) -> None:
        """limit_s: how long the answer to a statement is waited for. answered: told of each answer."""
        self._connection = connection
        self._limit_s = limit_s
        self._answered = answered
        self.announced = False

    async def all(self, sql: str, *args: object) -> list[Row]:
        """Every row."""
        rows = await self._connection.fetch(sql, *args, timeout=self._limit_s)
        self._answered()
        return [tuple(row) for row in rows]

    async def one(self, sql: str, *args: object) -> Row | None:
        """The first row."""
        rows = await self._connection.fetch(sql, *args, timeout=self._limit_s)
        self._answered()
        return tuple(rows[0]) if rows else None

    async def lock(self, sql: str, *args: object) -> list[Row]:
        """Every row, locked."""
        return await self.all(f"{sql} FOR UPDATE", *args)

    async def run(self, sql: str, *args: object) -> int:
        """How many rows were changed."""
        told = cast("str", await self._connection.execute(sql, *args, timeout=self._limit_s))
        self._answered()
        count = told.rpartition(" ")[2]
        return int(count) if count.isdigit() else 0

    async def announce(self, fact: Message, *, about: str, organizer_id: str = "", topic: str = "", at_us: int) -> None:
        """Writes a fact into the outbox. It gets its position after the commit."""
        await self.run(outbox.ANNOUNCE, *outbox.row(fact, about, organizer_id, topic or about, at_us))
        self.announced = True
