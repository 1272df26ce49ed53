"""The transactions of passes. Each locks the series first."""

from collections.abc import Sequence

from eventhub.catalog.v1.catalog_events_pb2 import EventChanged, EventPublished
from eventhub.catalog.v1.catalog_pb2 import FieldChange
from eventhub.refusals import IdInUse, SeriesNotFound
from services.catalog import event_store, type_store
from services.catalog.events import Event
from services.catalog.passes import convert, passes
from services.catalog.passes import store as pass_store
from services.catalog.passes.passes import Offer, Pass, Wanted
from services.catalog.series import store as series_store
from services.catalog.series.rule import NIGHTS_MAX
from services.catalog.series.series import Series
from services.kit.db import Tx


async def add_pass(tx: Tx, wanted: Wanted, organizer_id: str, content_hash: str, *, now_us: int) -> Offer:
    """Saves a new pass, and returns the series with all its passes, for inventory; a repeat changes nothing. Raises
    SeriesNotFound, IdInUse, and as passes.accepted."""
    series = await series_store.lock_series(tx, wanted.series_id, organizer_id)
    if series is None:
        raise SeriesNotFound
    known = await pass_store.pass_hash(tx, wanted.ticket_type_id)
    if known is None:
        await save_pass(tx, series, wanted, content_hash, now_us=now_us)
    elif known != (series.series_id, organizer_id, content_hash):
        raise IdInUse
    offer = await find_offer(tx, series.series_id)
    assert offer is not None, "it has a pass"
    return offer


async def save_pass(tx: Tx, series: Series, wanted: Wanted, content_hash: str, *, now_us: int) -> None:
    """Saves a new pass of a locked series."""
    known = await pass_store.passes_of(tx, series.series_id)
    nights = await series_store.nights_after(tx, series.series_id, event_store.FIRST_KEY, NIGHTS_MAX)
    new = passes.accepted(wanted, known, nights, now_us)
    owner = passes.event_of(Offer(series, (new,), tuple(nights)))
    if not await type_store.claim_type(tx, owner, new.ticket_type, content_hash, place=len(known)):
        raise IdInUse
    types = [one.ticket_type for one in known]
    await type_store.save_types(tx, types, [*types, new.ticket_type])
    await pass_store.save_nights(tx, series.series_id, new)


async def put_on_sale(tx: Tx, offer: Offer, ticket_type_id: str, *, now_us: int) -> Offer:
    """Shows a pass to buyers once inventory sells it, and announces the series as an event."""
    series_id, organizer_id = offer.series.series_id, offer.series.organizer_id
    await series_store.lock_series(tx, series_id, organizer_id)
    shown = await pass_store.set_on_sale(tx, ticket_type_id)
    now = await find_offer(tx, series_id)
    assert now is not None, "it has a pass"
    if shown:
        fact = EventPublished(event=convert.event_pb(now))
        await tx.announce(fact, aggregate_id=series_id, organizer_id=organizer_id, at_us=now_us)
    return now


async def announce_night(tx: Tx, night: Event, changes: Sequence[FieldChange], *, now_us: int) -> None:
    """Announces the change of an event to the holders of passes for it, if it is a night of any."""
    offer = await shown_offer(tx, night.series_id) if night.series_id else None
    if offer is not None and night.event_id in {one.event_id for one in offer.nights}:
        fact = EventChanged(event=convert.event_pb(offer), changes=changes)
        organizer_id = offer.series.organizer_id
        await tx.announce(fact, aggregate_id=night.series_id, organizer_id=organizer_id, at_us=now_us)


async def find_offer(tx: Tx, series_id: str) -> Offer | None:
    """A series with its passes; None if it has none."""
    known = await pass_store.passes_of(tx, series_id)
    series = await series_store.find_series(tx, series_id) if known else None
    return Offer(series, known, await pass_store.nights_named(tx, known)) if series else None


async def shown_offer(tx: Tx, series_id: str) -> Offer | None:
    """As find_offer; None if no pass is on sale."""
    offer = await find_offer(tx, series_id)
    return offer if offer and any(one.on_sale for one in offer.passes) else None


async def shown_passes(tx: Tx, series_id: str) -> tuple[list[Pass], str]:
    """The passes of a series that are on sale, and the currency of their prices."""
    offer = await shown_offer(tx, series_id)
    return ([one for one in offer.passes if one.on_sale], offer.nights[0].currency) if offer else ([], "")
