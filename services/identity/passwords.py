"""Passwords: Argon2id, in threads and few at a time."""

import base64
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from hmac import compare_digest

from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from services.identity.accounts import Account
from services.identity.fair_pool import FairPool
from services.identity.fair_queue import Lane
from services.identity.password_rules import normalize

AT_ONCE = 2
HASH_BYTES = 32
MEMORY_KIB, PASSES, LANES = 19 * 1024, 2, 1


class Passwords:
    """Hashes and compares passwords. Each costs about 30 ms of one core, which callers share fairly."""

    def __init__(self, threads: ThreadPoolExecutor | None = None) -> None:
        """The pool is small, so that sign-ins never take all cores. threads: as many as work at once."""
        self._threads = threads or ThreadPoolExecutor(AT_ONCE, "passwords")
        self._pool = FairPool(self._threads, AT_ONCE)

    async def hash(self, password: str, salt: bytes, lane: Lane) -> str:
        """The PHC form of a password. Raises TooManyRequests if the lane has too many passwords waiting."""
        return await self._pool.run(lane, derive, normalize(password), salt)

    async def accounts_with(self, password: str, accounts: Sequence[Account], salt: bytes, lane: Lane) -> list[Account]:
        """The accounts of one address that have this password.

        The time does not reveal how many accounts there are, or whether there are any. salt: the address's. Raises
        TooManyRequests as hash does.
        """
        return await self._pool.run(lane, accounts_with, normalize(password), accounts, salt)

    def close(self) -> None:
        """Ends the pool without waiting for its work."""
        self._threads.shutdown(wait=False)


def derive(password: str, salt: bytes) -> str:
    """The PHC form of a password: Argon2id with the parameters that OWASP recommends."""
    kdf = Argon2id(salt=salt, length=HASH_BYTES, iterations=PASSES, lanes=LANES, memory_cost=MEMORY_KIB)
    return kdf.derive_phc_encoded(password.encode())


def accounts_with(password: str, accounts: Sequence[Account], salt: bytes) -> list[Account]:
    """The accounts that have this password."""
    derived = [derive(password, each) for each in salts_of(accounts, salt)]
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
