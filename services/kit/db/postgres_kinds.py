"""The kinds of transactions on PostgreSQL: isolation level, time limits, locks taken at the beginning."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b

from services.kit.db.database import Mode, Shared

# The server ends a transaction whose process sends nothing for this long, for example because it was suspended. Its
# locks would otherwise stop all others.
IDLE_S = 5
# How long a migration waits for a table lock. PostgreSQL queues later transactions behind a waiting one, even readers,
# so a migration gives up early and tries again.
LOCK_S = 3


@dataclass(frozen=True, slots=True)
class Kind:
    """How a transaction begins, and its limits.

    begin: the statements that begin it, sent in one round trip. limit_s: how long the client waits for each statement.
    writes: whether it may write.
    """

    begin: str
    limit_s: float
    writes: bool


def kind(isolation: str, seconds: int, *, writes: bool, lock_s: int = 0) -> Kind:
    """Describes a kind of transaction.

    seconds: limit of each statement. The server enforces it; the client waits a second longer, so its own limit only
    matters when the server does not answer at all.
    lock_s: how long to wait for a lock; 0: as long as the statement may take.
    """
    begin = (
        f"BEGIN ISOLATION LEVEL {isolation}; SET LOCAL statement_timeout = '{seconds}s';"
        f" SET LOCAL idle_in_transaction_session_timeout = '{IDLE_S}s'; SET LOCAL lock_timeout = '{lock_s}s'"
    )
    return Kind(begin, seconds + 1.0, writes)


KINDS = {
    Mode.WRITE: kind("READ COMMITTED READ WRITE", 5, writes=True),
    Mode.WRITE_LONG: kind("READ COMMITTED READ WRITE", 60, writes=True),
    Mode.MIGRATE: kind("READ COMMITTED READ WRITE", 1_500, writes=True, lock_s=LOCK_S),
    Mode.READ: kind("REPEATABLE READ READ ONLY", 5, writes=False),
    Mode.READ_LONG: kind("REPEATABLE READ READ ONLY", 60, writes=False),
    Mode.READ_BEHIND: kind("REPEATABLE READ READ ONLY", 5, writes=False),
    Mode.READ_BEHIND_LONG: kind("REPEATABLE READ READ ONLY", 60, writes=False),
}


def serialized(kind: Kind, keys: Sequence[str]) -> Kind:
    """A kind that first takes an advisory lock for each key, in the same round trip as BEGIN. The locks are sorted so
    that two transactions with the same keys never wait for each other. The server serves them in the order in which
    they were asked for, so one that runs alone does not wait for ever for those that share its key."""
    plain = {number(key) for key in keys if not isinstance(key, Shared)}
    numbers = sorted(plain | {number(key) for key in keys})
    locks = "".join(f"; SELECT pg_advisory_xact_lock{'' if n in plain else '_shared'}({n})" for n in numbers)
    return replace(kind, begin=f"{kind.begin}{locks}")


def number(key: str) -> int:
    """The number of a key's advisory lock."""
    return int.from_bytes(blake2b(key.encode(), digest_size=8).digest(), signed=True)
