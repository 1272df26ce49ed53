"""The port to a context's database. Contexts use Tx and Database, never a driver.

A transaction is a coroutine function whose first parameter is a Tx; pass it to Database.write or Database.read. One SQL
text serves SQLite and PostgreSQL: parameters are $1, $2, ...; times are integer microseconds; ids are text.

Five rules make a write correct on both databases:

1. Its first statement claims its id (INSERT ... ON CONFLICT DO NOTHING RETURNING). PostgreSQL may run a transaction
   twice, for example after a deadlock or a lost connection; the second run then finds the row of the first.
2. Rows that decide the outcome are read with lock(), or the decision is a conditional UPDATE ... RETURNING. A plain
   SELECT may be stale by the time of the commit: two buyers would both see the last seat as free.
3. It never catches a driver's error: on PostgreSQL the transaction is broken by then, and must be run again or refused.
4. It awaits nothing but its Tx: no rollback undoes a call to another context. On SQLite any other await raises
   Suspended.
5. It changes nothing outside the database, since it may run more than once.
"""

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from contextvars import Context, ContextVar
from enum import Enum
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

from google.protobuf.message import Message

from services.kit.db.shards import UNFENCED, Fence, Leases, Shards
from services.kit.observe import tracing

P = ParamSpec("P")
T = TypeVar("T")
Row = tuple[Any, ...]
# A transaction of any parameters, and the arguments that it gets after its Tx.
Work = Callable[..., Awaitable[T]]
Args = tuple[object, ...]
KwArgs = Mapping[str, object]

# True while a transaction that may write is running. Calls to other contexts are refused then: no rollback undoes them.
inside: ContextVar[bool] = ContextVar("inside_transaction", default=False)

# The lease that the current work is done under. Its database refuses writes with an old number.
fence: ContextVar[Fence] = ContextVar("fence", default=UNFENCED)


class Shared(str):
    """A key that transactions share and still run at the same time, unless one has it as a plain key: that one runs
    alone among them. Example: all holds of an event share its id, and a change of the event has it as a plain key."""

    __slots__ = ()


class Suspended(Exception):
    """A transaction awaited something other than its Tx."""


class StatementRefused(Exception):
    """The database rejected a statement: its SQL is wrong, or it breaks a constraint. This is a bug in our code, never
    an answer to a caller. Nothing was changed. Its text names the kind of error and leaves out all values."""


class Tx(Protocol):
    """A running transaction. It is committed when the function that received it returns, and rolled back if that
    raises."""

    async def all(self, sql: str, *args: object) -> list[Row]:
        """Returns all rows of a statement, including those of RETURNING."""

    async def one(self, sql: str, *args: object) -> Row | None:
        """Returns the first row of a statement, None if there is none."""

    async def lock(self, sql: str, *args: object) -> list[Row]:
        """Returns all rows of a SELECT and locks them until the transaction ends. Add ORDER BY the key: two
        transactions that lock the same rows in different orders would wait for each other."""

    async def run(self, sql: str, *args: object) -> int:
        """Runs a statement. Returns the number of rows it changed."""

    async def defer(self, sql: str, *args: object) -> None:
        """Runs a statement whose result no later step needs. Deferred statements and announced facts are sent together
        in one round trip, before the next statement that is not deferred or before the commit. They see the same
        snapshot, so no two of them may touch one row: each is an INSERT ... VALUES or changes a row that is locked
        already."""

    async def announce(
        self, fact: Message, *, aggregate_id: str, organizer_id: str = "", topic: str = "", at_us: int
    ) -> None:
        """Writes a fact into the outbox. Other contexts read it once the transaction has committed.

        Announce after the aggregate's row is locked or changed, so that the facts about it keep their order.

        aggregate_id: id of the thing that the fact is about, such as an order.
        organizer_id: the organizer that the fact belongs to; empty for none.
        topic: the topic on which this context's own watches listen; aggregate_id by default.
        at_us: time of the fact, in microseconds.
        """


Transaction = Callable[Concatenate[Tx, P], Awaitable[T]]


class Listener(Protocol):
    """Wakes when a transaction that announced a fact on its topic commits."""

    async def wait(self, seconds: float) -> bool:
        """Waits up to that many seconds for a commit. True if there was one since the last wait, or since listening
        began; False after the time."""


class Mode(Enum):
    """How a transaction runs; each mode has a method of Database."""

    WRITE = "write"
    WRITE_LONG = "write_long"
    MIGRATE = "migrate"
    READ = "read"
    READ_LONG = "read_long"
    READ_BEHIND = "read_behind"
    READ_BEHIND_LONG = "read_behind_long"


class Database(ABC):
    """A context's own database.

    name: its name, such as "orders". dialect: "sqlite" or "postgres". shards: those of the context's background work
    that this process holds.
    """

    name: str
    dialect: str
    shards: Shards

    def write(self, work: Transaction[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Coroutine[Any, Any, T]:
        """Runs a transaction that may write, and returns its result once it is durable. For work of at most 5 ms. It
        finishes even if the caller is cancelled. Raises what work raises, with nothing changed; Overloaded if too many
        transactions wait; Unavailable if the database cannot be written; StatementRefused if a statement is wrong."""
        return self.run(Mode.WRITE, work, args, kwargs)

    def write_serialized(
        self, keys: Sequence[str], work: Transaction[P, T], /, *args: P.args, **kwargs: P.kwargs
    ) -> Coroutine[Any, Any, T]:
        """As write, but transactions that share a key run one after the other. For decisions that count rows: row locks
        do not stop another transaction from inserting one. Example: a buyer may hold eight tickets; without the key,
        two requests at once both count four and both add four more. See Shared for keys of several at once."""
        return self.run(Mode.WRITE, work, args, kwargs, keys)

    def write_long(self, work: Transaction[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Coroutine[Any, Any, T]:
        """As write, for work that takes more than 5 ms: the event loop goes on meanwhile."""
        return self.run(Mode.WRITE_LONG, work, args, kwargs)

    def write_long_serialized(
        self, keys: Sequence[str], work: Transaction[P, T], /, *args: P.args, **kwargs: P.kwargs
    ) -> Coroutine[Any, Any, T]:
        """As write_serialized, for work that takes more than 5 ms."""
        return self.run(Mode.WRITE_LONG, work, args, kwargs, keys)

    def migrate(self, work: Transaction[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Coroutine[Any, Any, T]:
        """As write, for work that changes tables. It may take long. While it waits for a lock, other transactions do
        not queue behind it for more than a few seconds."""
        return self.run(Mode.MIGRATE, work, args, kwargs)

    def read(self, work: Transaction[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Coroutine[Any, Any, T]:
        """Runs a transaction that only reads; all its statements see one snapshot. For work of at most 5 ms."""
        return self.run(Mode.READ, work, args, kwargs)

    def read_long(self, work: Transaction[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Coroutine[Any, Any, T]:
        """As read, for work that takes more than 5 ms: the event loop goes on meanwhile."""
        return self.run(Mode.READ_LONG, work, args, kwargs)

    def read_behind(self, work: Transaction[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Coroutine[Any, Any, T]:
        """As read, from a replica of the database if there is one: the answer may lack the writes of the last three
        seconds, even the caller's own. Never for a read that decides something."""
        return self.run(Mode.READ_BEHIND, work, args, kwargs)

    def read_behind_long(self, work: Transaction[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Coroutine[Any, Any, T]:
        """As read_behind, for work that takes more than 5 ms."""
        return self.run(Mode.READ_BEHIND_LONG, work, args, kwargs)

    @abstractmethod
    def run(
        self, mode: Mode, work: Work[T], args: Args, kwargs: KwArgs, keys: Sequence[str] = ()
    ) -> Coroutine[Any, Any, T]:
        """Runs a transaction. The methods above are this one with a mode, and with types that fit the work.

        keys: transactions that write and share a key run one after the other; see Shared for the exception.
        """

    @abstractmethod
    async def ready(self) -> bool:
        """Whether the database answers. Waits for it at most a second."""

    @abstractmethod
    def leases(self) -> Leases | None:
        """The leases of the context's shards; None if only this process can use the database (SQLite)."""

    @abstractmethod
    def listen(self, topic: str) -> AbstractContextManager[Listener]:
        """Listens to a topic while the with statement runs; the topic "" means every fact."""

    @abstractmethod
    async def close(self) -> None:
        """Finishes running writes and closes all connections."""


def detached() -> Context:
    """A context for work that outlives its caller. It keeps the trace and the lease, but not the caller's deadline."""
    context = Context()
    context.run(fence.set, fence.get())
    context.run(tracing.trace.set, tracing.trace.get())
    context.run(tracing.recorder.set, tracing.recorder.get())
    return context


def batches(items: list[T], size: int) -> Iterator[list[T]]:
    """Splits items into lists of at most size, in order. For statements with one parameter per item."""
    for start in range(0, len(items), size):
        yield items[start : start + size]
