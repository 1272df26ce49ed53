"""Passwords: Argon2id, in threads and few at a time."""

import base64
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from hmac import compare_digest

from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from services.identity.accounts import Account
from services.identity.fair_pool import FairPool
from services.identity.fair_queue import Lane
from services.identity.password_rules import normalize

AT_ONCE = 2
HASH_BYTES = 32


@dataclass(frozen=True, slots=True)
class Cost:
    """The work of Argon2id for one hash. memory_kib: the memory that it fills, in KiB. passes: how often it does so."""

    memory_kib: int
    passes: int


# What OWASP recommends for one lane.
RECOMMENDED = Cost(memory_kib=19 * 1024, passes=2)


class Passwords:
    """Hashes and compares passwords. At the recommended cost, each takes about 30 ms of one core, which callers share
    fairly."""

    def __init__(self, threads: ThreadPoolExecutor | None = None, *, cost: Cost = RECOMMENDED) -> None:
        """The pool is small, so that sign-ins never take all cores. threads: as many as work at once."""
        self._cost = cost
        self._threads = threads or ThreadPoolExecutor(AT_ONCE, "passwords")
        self._pool = FairPool(self._threads, AT_ONCE)

    async def hash(self, password: str, salt: bytes, lane: Lane) -> str:
        """The PHC form of a password. Raises TooManyRequests if the lane has too many passwords waiting."""
        return await self._pool.run(lane, derive, normalize(password), salt, self._cost)

    async def accounts_with(self, password: str, accounts: Sequence[Account], salt: bytes, lane: Lane) -> list[Account]:
        """The accounts of one address that have this password.

        The time does not reveal how many accounts there are, or whether there are any. salt: the address's. Raises
        TooManyRequests as hash does.
        """
        return await self._pool.run(lane, accounts_with, normalize(password), accounts, salt, self._cost)

    def close(self) -> None:
        """Ends the pool without waiting for its work."""
        self._threads.shutdown(wait=False)


def derive(password: str, salt: bytes, cost: Cost) -> str:
    """The PHC form of a password, with Argon2id."""
    kdf = Argon2id(salt=salt, length=HASH_BYTES, iterations=cost.passes, lanes=1, memory_cost=cost.memory_kib)
    return kdf.derive_phc_encoded(password.encode())


def accounts_with(password: str, accounts: Sequence[Account], salt: bytes, cost: Cost) -> list[Account]:
    """The accounts that have this password."""
    derived = [derive(password, each, cost) for each in salts_of(accounts, salt)]
    return [account for account in accounts if any(compare_digest(account.password_phc, phc) for phc in derived)]


def salts_of(accounts: Sequence[Account], salt: bytes) -> set[bytes]:
    """The salts to hash a password with.

    The accounts of an address share one salt, except older accounts that have their own. Without accounts it is the
    address's salt, so that the work takes as long.
    """
    return {salt_of(account.password_phc) for account in accounts if account.password_phc} or {salt}


def salt_of(phc: str) -> bytes:
    """The salt in a PHC string, whose base64 has no padding."""
    text = phc.split("$")[-2]
    return base64.b64decode(text + "=" * (-len(text) % 4))
