"""The beat of a server stream: when to look for news, when to say that nothing happened, when to end."""

from collections.abc import AsyncGenerator

from eventhub.common.v1.feed_pb2 import Revision
from eventhub.refusals import Draining, RevisionUnknown, TokenExpired, TokenRevoked
from services.kit.db.database import Database
from services.kit.rpc.call import Call

HEARTBEAT_S = 15.0
LOOK_S = 1.0


def resumes(start: Revision, now: Revision) -> bool:
    """Whether a reader goes on from a revision, instead of beginning anew; it names none to begin. Raises
    RevisionUnknown for a revision of another history, and for one that this history has not reached."""
    if not start.epoch and not start.position:
        return False
    if start.epoch != now.epoch or not 0 <= start.position <= now.position:
        raise RevisionUnknown(epoch=now.epoch)
    return True


def check_goes_on(call: Call) -> None:
    """Raises what ends a stream: Draining when the server goes down, TokenExpired when the caller's token runs out,
    TokenRevoked once it is revoked."""
    if call.draining():
        raise Draining
    if call.caller.expires_at_us and call.clock.now_us() > call.caller.expires_at_us:
        raise TokenExpired
    if call.is_revoked(call.caller):
        raise TokenRevoked


async def watch_topic(database: Database, topic: str, call: Call) -> AsyncGenerator[bool, None]:
    """Answers True at once and whenever there is news on a topic, False as a heartbeat, for as long as the caller may
    listen. Raises as check_goes_on: the caller goes on from the last revision it saw."""
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
