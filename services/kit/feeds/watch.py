"""The loop of a watch: when to look for news, when to send a heartbeat, when to end."""

from collections.abc import AsyncGenerator

from eventhub.common.v1.feed_pb2 import Revision
from eventhub.refusals import Draining, RevisionUnknown, TokenExpired, TokenRevoked
from services.kit.db.database import Database
from services.kit.rpc.call import Call

HEARTBEAT_S = 15.0
LOOK_S = 1.0


def resumes(start: Revision, now: Revision) -> bool:
    """Whether a reader continues from the revision start; False if start is empty, so that it begins. Raises
    RevisionUnknown for a revision of another history, or one that this history has not reached.

    now: the last revision of the history.
    """
    if not start.epoch and not start.position:
        return False
    if start.epoch != now.epoch or not 0 <= start.position <= now.position:
        raise RevisionUnknown(epoch=now.epoch)
    return True


def check_goes_on(call: Call) -> None:
    """Checks that a watch may go on. Raises Draining if the process is shutting down, TokenExpired or TokenRevoked if
    the caller's token is no longer valid."""
    if call.draining():
        raise Draining
    if call.caller.expires_at_us and call.clock.now_us() > call.caller.expires_at_us:
        raise TokenExpired
    if call.is_revoked(call.caller):
        raise TokenRevoked


def goes_on(call: Call) -> bool:
    """Whether a watch may go on; False if check_goes_on() would raise."""
    try:
        check_goes_on(call)
    except (Draining, TokenExpired, TokenRevoked):
        return False
    return True


async def watch_topic(database: Database, topic: str, call: Call) -> AsyncGenerator[bool, None]:
    """Yields True at once and whenever there may be news on a topic, and False when a heartbeat is due. Ends with the
    errors of check_goes_on(); the client then continues from the last revision it has seen."""
    with database.listen(topic) as listener:
        yield True
        quiet_s = 0.0
        while True:
            check_goes_on(call)
            if await listener.wait(LOOK_S):
                quiet_s = 0.0
                yield True
                continue
            quiet_s += LOOK_S
            if quiet_s >= HEARTBEAT_S:
                quiet_s = 0.0
                yield False
