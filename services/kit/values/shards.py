"""The shard of a row of background work: see services.kit.db.shards."""

import zlib

# A constant of the schema: rows store their shard. More replicas than this find nothing to hold.
SHARDS = 16


def shard_of(key: str) -> int:
    """The shard of a key, such as an event's id. It is stored, so it is the same in every process and release."""
    return zlib.crc32(key.encode()) % SHARDS
