"""How transactions on PostgreSQL begin, and how long they may take."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b

# A process that stands still in the middle of a transaction keeps its locks no longer than this.
IDLE_S = 5
LOCK_S = 3


@dataclass(frozen=True, slots=True)
class Kind:
    """How a transaction begins, and how long each of its statements may take."""

    begin: str
    limit_s: float
    writes: bool


def kind(isolation: str, seconds: int, *, writes: bool, lock_s: int = 0) -> Kind:
    """A kind of transaction. The server ends a statement first; the client only where the server is out of reach.
    lock_s: how long it waits for a lock; 0: as long as for anything."""
    begin = (
        f"BEGIN ISOLATION LEVEL {isolation}; SET LOCAL statement_timeout = '{seconds}s';"
        f" SET LOCAL idle_in_transaction_session_timeout = '{IDLE_S}s'; SET LOCAL lock_timeout = '{lock_s}s'"
    )
    return Kind(begin, seconds + 1.0, writes)


WRITE = kind("READ COMMITTED READ WRITE", 5, writes=True)
WRITE_LONG = kind("READ COMMITTED READ WRITE", 60, writes=True)
MIGRATE = kind("READ COMMITTED READ WRITE", 1_500, writes=True, lock_s=LOCK_S)
READ = kind("REPEATABLE READ READ ONLY", 5, writes=False)
READ_LONG = kind("REPEATABLE READ READ ONLY", 60, writes=False)


def in_turn(keys: Sequence[str]) -> Kind:
    """A brief write that takes advisory locks as it begins, all in one order, in the same round trip."""
    numbers = sorted({int.from_bytes(blake2b(key.encode(), digest_size=8).digest(), signed=True) for key in keys})
    locks = "".join(f"; SELECT pg_advisory_xact_lock({number})" for number in numbers)
    return replace(WRITE, begin=f"{WRITE.begin}{locks}")
