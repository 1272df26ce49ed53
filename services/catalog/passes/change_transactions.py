"""The transactions that add and change passes. Each locks the series first.

What inventory sells is written down first, then told to inventory, then saved, as a change of an event is.
"""

from collections.abc import Awaitable, Callable

from eventhub.catalog.v1.catalog_events_pb2 import EventPublished
from eventhub.refusals import SeriesNotFound
from services.catalog import type_store
from services.catalog.attempts import Begun
from services.catalog.change_transactions import COMPLETE_AFTER_US
from services.catalog.differences import differences
from services.catalog.passes import change_store, convert, transactions
from services.catalog.passes import store as pass_store
from services.catalog.passes.change_store import PassChange
from services.catalog.passes.passes import Offer, Pass, event_of, with_pass
from services.catalog.series import store as series_store
from services.catalog.series.series import Series
from services.catalog.ticket_types import prices
from services.kit.db import Tx

# From a series, and its passes if it has any, to one of them as it is wanted; None if it is as wanted. It may read
# more, and raises the reasons for which a change is refused.
Decide = Callable[[Tx, Series, Offer | None], Awaitable[Pass | None]]


async def begin_pass_change(
    tx: Tx, series_id: str, organizer_id: str, decide: Decide, *, now_us: int
) -> Offer | Begun[PassChange]:
    """Decides a change of a pass. Returns the series with its passes if that is all: nothing changes, or inventory need
    not know and the change is saved. Otherwise returns the change that is to be completed: this one, or an earlier one
    that must be completed first. Raises SeriesNotFound, and what decide raises."""
    series = await series_store.lock_series(tx, series_id, organizer_id)
    if series is None:
        raise SeriesNotFound
    earlier = await change_store.find_wanted(tx, series_id)
    known = await transactions.find_offer(tx, series_id)
    if earlier is not None:
        return Begun(await numbered(tx, series, known, earlier, now_us=now_us), own=False)
    wanted = await decide(tx, series, known)
    if wanted is None:
        assert known is not None, "it has the pass"
        return known
    after = await with_wanted(tx, series, known, wanted)
    if known is not None and convert.provision_pb(known) == convert.provision_pb(after):
        return await save(tx, known, wanted, series, now_us=now_us)
    return Begun(await numbered(tx, series, known, wanted, now_us=now_us), own=True)


async def renew_pass_change(tx: Tx, series_id: str, *, now_us: int) -> PassChange | None:
    """Takes over the change of a series' pass, to complete it; None if there is none."""
    series = await series_store.lock_series(tx, series_id)
    wanted = await change_store.find_wanted(tx, series_id)
    if series is None or wanted is None:
        return None
    known = await transactions.find_offer(tx, series_id)
    return await numbered(tx, series, known, wanted, now_us=now_us)


async def numbered(tx: Tx, series: Series, known: Offer | None, wanted: Pass, *, now_us: int) -> PassChange:
    """Writes a change with a number of its own, as change_transactions.numbered."""
    number = await change_store.next_number(tx, series.series_id)
    change = PassChange(number, wanted, await with_wanted(tx, series, known, wanted))
    await change_store.save_change(tx, change, due_us=now_us + COMPLETE_AFTER_US)
    return change


async def with_wanted(tx: Tx, series: Series, known: Offer | None, wanted: Pass) -> Offer:
    """A series with a pass as it is wanted. known: the series with the passes that it has."""
    passes = with_pass(known.passes if known else (), wanted)
    return Offer(series, passes, await pass_store.nights_named(tx, passes))


async def finish_pass_change(tx: Tx, change: PassChange, *, now_us: int) -> Offer:
    """Saves and announces a change that inventory has made, unless another attempt has done so. Returns the series with
    its passes as they are now."""
    series = await series_store.lock_series(tx, change.series_id)
    assert series is not None, "a series stays"
    known = await transactions.find_offer(tx, change.series_id)
    if await change_store.find_wanted(tx, change.series_id) != change.wanted:
        assert known is not None, "another attempt has saved the pass"
        return known
    await change_store.delete_change(tx, change.series_id)
    return await save(tx, known, change.wanted, series, now_us=now_us)


async def drop_pass_change(tx: Tx, change: PassChange) -> bool:
    """Forgets a change that inventory has refused. False if another attempt has taken it over or has ended it."""
    await series_store.lock_series(tx, change.series_id)
    if not await change_store.drop_change(tx, change):
        return False
    await type_store.forget_claims(tx, change.series_id)
    return True


async def save(tx: Tx, known: Offer | None, wanted: Pass, series: Series, *, now_us: int) -> Offer:
    """Saves and announces a pass of a locked series. Returns the series with its passes as they are saved: only now it
    is known from when a new price is in force. known: the series with the passes that it has."""
    passes = known.passes if known else ()
    before, after = ([one.ticket_type for one in some] for some in (passes, with_pass(passes, wanted)))
    await type_store.save_types(tx, before, prices.dated(before, after, now_us))
    await pass_store.save_pass(tx, series.series_id, wanted)
    now = await transactions.find_offer(tx, series.series_id)
    assert now is not None, "it has the pass"
    if known is not None and len(now.passes) == len(known.passes):
        await transactions.announce_change(tx, now, differences(event_of(known), event_of(now)), now_us=now_us)
        return now
    fact = EventPublished(event=convert.event_pb(now))
    await tx.announce(fact, aggregate_id=series.series_id, organizer_id=series.organizer_id, at_us=now_us)
    return now
