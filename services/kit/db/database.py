"""The port to a context's database. Contexts know Tx and Database, never a driver.

A transaction is a coroutine function of a Tx, handed to Database.write or Database.read. The SQL text serves SQLite and
PostgreSQL: parameters are $1, $2, ...; times are integer microseconds, ids text. Rules for a write, so that it is
right on both: its first statement claims its id (INSERT ... ON CONFLICT DO NOTHING RETURNING) so that it may run again;
what a decision rests on is read by lock() or decided in a conditional UPDATE ... RETURNING; it never catches a driver's
error; it awaits nothing but its Tx.
"""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from contextvars import ContextVar
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

from google.protobuf.message import Message

P = ParamSpec("P")
T = TypeVar("T")
Row = tuple[Any, ...]

# Whether a transaction that may write is under way: none calls a neighbour, since nobody could undo that call.
inside: ContextVar[bool] = ContextVar("inside_transaction", default=False)

# The lease that work is done under: of which database, and its number. Writes there under an old number are refused.
fence: ContextVar[tuple[str, int]] = ContextVar("fence", default=("", 0))


class Suspended(Exception):
    """A transaction awaited something other than its Tx."""


class StatementRefused(Exception):
    """The database refused a statement: its text is wrong, or a constraint that code should have kept is broken. A
    mistake of ours, never an answer; nothing was changed. Says which kind, and nothing of the values."""


class Tx(Protocol):
    """A transaction under way."""

    async def all(self, sql: str, *args: object) -> list[Row]:
        """Every row a statement answers, RETURNING included."""

    async def one(self, sql: str, *args: object) -> Row | None:
        """The first row a statement answers, None without one."""

    async def lock(self, sql: str, *args: object) -> list[Row]:
        """Every row a SELECT answers, locked until the transaction ends. Order them: ORDER BY the key."""

    async def run(self, sql: str, *args: object) -> int:
        """Runs a statement; how many rows it changed."""

    async def defer(self, sql: str, *args: object) -> None:
        """Runs a statement whose outcome nothing here rests on: before the next one that is no such, at the latest
        before the commit. Those that come together travel in one round trip, together with what is announced, and touch
        no row twice: each an INSERT ... VALUES, or a change of a row that is locked."""

    async def announce(
        self, fact: Message, *, aggregate_id: str, organizer_id: str = "", topic: str = "", at_us: int
    ) -> None:
        """Writes a fact into the outbox, to be told to other contexts once the transaction has committed.

        aggregate_id: what the fact is about. topic: what this context's own streams listen to, by default aggregate_id.
        Announce after the aggregate's row is locked or changed, so that facts about it keep their order.
        """


class Listener(Protocol):
    """Hears of commits on one topic."""

    async def wait(self, seconds: float) -> bool:
        """Waits for news, at most some seconds. True if there was some since the last wait or since listening began."""


class Lease(Protocol):
    """The right to do what only one replica does, in the database and by its clock."""

    async def take(self, holder: str) -> int | None:
        """Takes it if nobody has it. Its number, larger than any before; None where somebody has it."""

    async def keep(self, number: int) -> bool:
        """Has it last on. False where somebody else has taken it."""

    async def give_up(self, number: int) -> None:
        """Lets the next one have it at once."""


class Database(Protocol):
    """A context's own database. dialect: "sqlite" or "postgres"."""

    name: str
    dialect: str

    async def write(self, work: Callable[Concatenate[Tx, P], Awaitable[T]], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Runs a transaction that may write, and answers once it is durable. For work of at most 5 ms. It finishes even
        if the caller is cancelled. Raises what work raises, with nothing changed; Overloaded when too many wait;
        Unavailable when the database cannot be written; StatementRefused for a mistake in it."""

    async def write_in_turn(
        self,
        keys: Sequence[str],
        work: Callable[Concatenate[Tx, P], Awaitable[T]],
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """As write; of those that name one of the same keys each begins after the one before it has ended. For what is
        decided by a count of rows, which locking rows does not keep from growing."""

    async def write_long(
        self, work: Callable[Concatenate[Tx, P], Awaitable[T]], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """As write, for work that takes longer than a few milliseconds: off the event loop."""

    async def migrate(
        self, work: Callable[Concatenate[Tx, P], Awaitable[T]], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """As write, for work that changes tables: it may take long, and others do not wait behind it for what somebody
        has locked."""

    async def read(self, work: Callable[Concatenate[Tx, P], Awaitable[T]], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Runs a transaction that only reads, all of it in one snapshot. For work of at most 5 ms."""

    async def read_long(
        self, work: Callable[Concatenate[Tx, P], Awaitable[T]], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """As read, for work that takes longer: off the event loop."""

    async def ready(self) -> bool:
        """Whether it can be used now. Asks it, for at most a second."""

    def lease(self) -> Lease | None:
        """The lease of this context's loops; None where no other process can use the database."""

    def listen(self, topic: str) -> AbstractContextManager[Listener]:
        """Listens to a topic; "" hears of every fact."""

    async def close(self) -> None:
        """Finishes the writes under way and closes."""


def batches(items: list[T], size: int) -> Iterator[list[T]]:
    """The items in runs of at most size."""
    for start in range(0, len(items), size):
        yield items[start : start + size]
