"""The read of a reader's stream."""

from dataclasses import dataclass

from eventhub.common.v1.feed_pb2 import Revision
from services.kit.db import Tx
from services.kit.feeds import feed, merges
from services.notifications import store
from services.notifications.notices import Notice

NOTICES_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class WatchUpdate:
    """The notices written for a reader since the last update, each with its revision. revision: the position of the
    next read. more: whether there may be more notices now. person_id: the person that the reader was merged into, or
    the reader; it names the topic that wakes the stream."""

    written: tuple[tuple[Notice, Revision], ...]
    revision: Revision
    more: bool
    person_id: str


async def read_update(tx: Tx, reader_id: str, after: int) -> WatchUpdate:
    """The next notices written for a reader after a position, up to NOTICES_AT_ONCE."""
    now, person_id = await feed.head(tx), await merges.person_of(tx, reader_id)
    found = await store.written_after(tx, reader_id, person_id, after, NOTICES_AT_ONCE)
    written = tuple((notice, Revision(epoch=now.epoch, position=pos)) for notice, pos in found)
    more = len(written) == NOTICES_AT_ONCE
    return WatchUpdate(written, written[-1][1] if more else now, more, person_id)
