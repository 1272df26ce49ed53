"""Passwords: Argon2id, off the event loop and few at a time."""

import base64
import os
from concurrent.futures import ThreadPoolExecutor

from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from services.identity.fair import FairPool, Lane
from services.identity.password_rules import normalized

AT_ONCE = 2
SALT_BYTES, HASH_BYTES = 16, 32
MEMORY_KIB, PASSES, LANES = 19 * 1024, 2, 1


def unpadded(data: bytes) -> str:
    """Base64 as PHC strings have it."""
    return base64.b64encode(data).decode().rstrip("=")


# Verified where there is no account: it costs what any other does, and what it says is not listened to.
NOBODY = (
    f"$argon2id$v=19$m={MEMORY_KIB},t={PASSES},p={LANES}${unpadded(bytes(SALT_BYTES))}${unpadded(bytes(HASH_BYTES))}"
)


class Passwords:
    """Hashes and verifies. Each costs about 30 ms of one core, which callers share fairly."""

    def __init__(self, threads: ThreadPoolExecutor | None = None) -> None:
        """A small pool, so that sign-ins cannot take all cores. threads: as many as work at once."""
        self._threads = threads or ThreadPoolExecutor(AT_ONCE, "passwords")
        self._pool = FairPool(self._threads, AT_ONCE)

    async def hash(self, password: str, lane: Lane) -> str:
        """A password in PHC form. Raises TooManyRequests if the lane asks for too many at once."""
        return await self._pool.run(lane, derive, normalized(password))

    async def fits(self, password: str, phc: str, lane: Lane) -> bool:
        """Whether a password is the one of a PHC string. An empty one never fits, and takes as long to find out. Raises
        TooManyRequests as hash does."""
        fits = await self._pool.run(lane, verify, normalized(password), phc or NOBODY)
        return fits and bool(phc)

    def close(self) -> None:
        """Ends the pool."""
        self._threads.shutdown(wait=False)


def derive(password: str) -> str:
    """Argon2id with OWASP's parameters and a fresh salt."""
    kdf = Argon2id(
        salt=os.urandom(SALT_BYTES), length=HASH_BYTES, iterations=PASSES, lanes=LANES, memory_cost=MEMORY_KIB
    )
    return kdf.derive_phc_encoded(password.encode())


def verify(password: str, phc: str) -> bool:
    """Whether a password is the one of a PHC string."""
    try:
        Argon2id.verify_phc_encoded(password.encode(), phc)
    except InvalidKey:
        return False
    return True
