"""Network addresses as holds keep them: keyed hashes, that tell one from another and nothing else."""

import hashlib
from functools import lru_cache

from services.inventory import hold_store
from services.kit.db import Database


class Addresses:
    """Hashes addresses under the key of a database, which all replicas share."""

    def __init__(self, database: Database) -> None:
        """database: inventory's own."""
        self._database = database
        self._key = b""

    async def number(self, address: str) -> int:
        """What an address is counted as; 0 without one."""
        if not address:
            return 0
        if not self._key:
            self._key = (await self._database.read(hold_store.address_key)).encode()
        return hashed(address, self._key)


@lru_cache(maxsize=10_000)
def hashed(address: str, key: bytes) -> int:
    """An address's keyed hash, a whole number of 64 bits."""
    digest = hashlib.blake2b(address.encode(), key=key[: hashlib.blake2b.MAX_KEY_SIZE], digest_size=8).digest()
    return int.from_bytes(digest, signed=True)
