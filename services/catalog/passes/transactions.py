"""Reads of passes, and what their holders are told when a night changes."""

from collections.abc import Sequence

from eventhub.catalog.v1.catalog_events_pb2 import EventChanged
from eventhub.catalog.v1.catalog_pb2 import FieldChange
from services.catalog.events import Event
from services.catalog.passes import convert
from services.catalog.passes import store as pass_store
from services.catalog.passes.passes import Offer, Pass
from services.catalog.series import store as series_store
from services.kit.db import Tx


async def find_offer(tx: Tx, series_id: str) -> Offer | None:
    """A series with its passes; None if it has none."""
    known = await pass_store.passes_of(tx, series_id)
    series = await series_store.find_series(tx, series_id) if known else None
    return Offer(series, known, await pass_store.nights_named(tx, known)) if series else None


async def passes_of(tx: Tx, series_id: str) -> tuple[Sequence[Pass], str]:
    """The passes of a series, and the currency of their prices."""
    offer = await find_offer(tx, series_id)
    return (offer.passes, offer.nights[0].currency) if offer else ((), "")


async def announce_night(tx: Tx, night: Event, changes: Sequence[FieldChange], *, now_us: int) -> None:
    """Announces the change of an event to the holders of passes for it, if it is a night of any."""
    offer = await find_offer(tx, night.series_id) if night.series_id else None
    if offer is not None and night.event_id in {one.event_id for one in offer.nights}:
        await announce_change(tx, offer, changes, now_us=now_us)


async def announce_change(tx: Tx, offer: Offer, changes: Sequence[FieldChange], *, now_us: int) -> None:
    """Announces a series after a change of a pass or of a night."""
    series = offer.series
    fact = EventChanged(event=convert.event_pb(offer), changes=changes)
    await tx.announce(fact, aggregate_id=series.series_id, organizer_id=series.organizer_id, at_us=now_us)
