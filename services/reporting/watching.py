"""Decides when a dashboard's stream sends its next message.

reporting publishes no facts, so no news wakes its streams. Each stream reads its event's revision once a second, which
costs one row, and sums up only if the revision has changed.
"""

from collections.abc import AsyncIterator

from services.kit.db import Database
from services.kit.feeds import HEARTBEAT_S, LOOK_S, check_goes_on
from services.kit.rpc import Call
from services.reporting import transactions
from services.reporting.sales import Dashboard


async def snapshots(database: Database, event_id: str, call: Call) -> AsyncIterator[Dashboard | None]:
    """Yields the event's dashboard now and after each change, at most once in LOOK_S; None after HEARTBEAT_S without a
    change. Raises EventNotFound, and the refusals of check_goes_on."""
    organizer_id = call.caller.organizer_id
    shown: Dashboard | None = None
    revision, spoken_at = 0, call.clock.monotonic()
    while True:
        check_goes_on(call)
        known = await database.read(transactions.existing_event, event_id, organizer_id)
        now = shown
        if known.revision != revision:
            # A replica that lags answers an older revision, or none; the next look asks again.
            newer = await database.read_behind_long(transactions.dashboard, event_id, organizer_id, after=revision)
            if newer is not None:
                now, revision = newer, newer.revision
        if now != shown or call.clock.monotonic() - spoken_at >= HEARTBEAT_S:
            spoken_at = call.clock.monotonic()
            yield now if now != shown else None
            shown = now
        await call.clock.sleep(LOOK_S)
