"""Network addresses as holds store them: keyed hashes, good for telling addresses apart and for nothing else."""

import hashlib
from functools import lru_cache

from services.inventory import hold_store
from services.kit.db import Database


class Addresses:
    """Hashes addresses under a key that lies in the database, so all replicas hash alike."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._key = b""

    async def number(self, address: str) -> int:
        """The number by which holds of an address are counted; 0 for an empty address."""
        if not address:
            return 0
        if not self._key:
            self._key = (await self._database.read(hold_store.address_key)).encode()
        return hashed(address, self._key)


@lru_cache(maxsize=10_000)
def hashed(address: str, key: bytes) -> int:
    """The keyed hash of an address: a signed integer of 64 bits."""
    digest = hashlib.blake2b(address.encode(), key=key[: hashlib.blake2b.MAX_KEY_SIZE], digest_size=8).digest()
    return int.from_bytes(digest, signed=True)
