"""The transactions of series. Each claims an id or locks the series first, and its events after it."""

from collections.abc import Mapping
from dataclasses import replace

from eventhub.refusals import EventInSeries, IdInUse, SeriesNotFound, SeriesTooLong
from services.catalog import event_store, events, type_store, walltime
from services.catalog import transactions as event_transactions
from services.catalog.events import Event, State
from services.catalog.search import transactions as search
from services.catalog.series import store
from services.catalog.series.rule import NIGHTS_MAX
from services.catalog.series.series import Series, derived_id, night_of
from services.kit.db import Tx

TYPE_NAMES_MAX = 200


class ModelChanged(Exception):
    """A model was changed while its copies were being prepared."""


async def own_series(tx: Tx, series_id: str, organizer_id: str) -> Series:
    """An organizer's series. Raises SeriesNotFound."""
    series = await store.find_series(tx, series_id, organizer_id)
    if series is None:
        raise SeriesNotFound
    return series


async def repeated_series(tx: Tx, series_id: str, organizer_id: str, content_hash: str) -> tuple[Series, int] | None:
    """The series that an earlier request with the same content created, and the number of its nights; None if the id is
    new. Raises IdInUse if the content or the organizer differs."""
    known = await store.series_hash(tx, series_id)
    if known is None:
        return None
    if known != (organizer_id, content_hash):
        raise IdInUse
    return await own_series(tx, series_id, organizer_id), await store.count_nights(tx, series_id)


async def create_series(
    tx: Tx, series: Series, model: Event, times: Mapping[str, int], content_hash: str
) -> tuple[Series, int]:
    """Creates a series and drafts of its nights; a repeat changes nothing. Returns the series and the number of its
    nights. times: the instant of each night by its local time. Raises IdInUse, EventNotFound, EventInSeries, and
    ModelChanged if the model has changed since it was read."""
    if not await store.claim_series(tx, series, content_hash):
        known = await repeated_series(tx, series.series_id, series.organizer_id, content_hash)
        assert known is not None, "its id is taken"
        return known
    now = await event_transactions.locked_event(tx, model.event_id, model.organizer_id)
    if now.series_id:
        raise EventInSeries
    if now.version != model.version:
        raise ModelChanged
    if model.starts_local in times:
        await join(tx, replace(model, series_id=series.series_id, version=model.version + 1))
    for local, starts_us in times.items():
        if local != model.starts_local:
            event_id = derived_id("evt", series.series_id, local)
            await add_draft(tx, night_of(series, model, event_id, local, starts_us), content_hash)
    return series, await store.count_nights(tx, series.series_id)


async def join(tx: Tx, model: Event) -> None:
    """Makes the model, which is locked, a night of its series."""
    await store.join_series(tx, model)
    if model.state == State.PUBLISHED:
        await search.index(tx, model)


async def add_draft(tx: Tx, night: Event, content_hash: str) -> None:
    """Saves a draft and its ticket types. Raises IdInUse."""
    if not await event_store.claim_event(tx, night, content_hash):
        raise IdInUse
    for place, ticket_type in enumerate(night.types):
        if not await type_store.claim_type(tx, night, ticket_type, content_hash, place=place):
            raise IdInUse
    await type_store.save_types(tx, (), night.types)


async def add_night(
    tx: Tx, series_id: str, organizer_id: str, event_id: str, *, starts_local: str, content_hash: str, now_us: int
) -> Event:
    """Adds a draft of a night to a series; a repeat returns the night's current state. Raises SeriesNotFound, IdInUse,
    SeriesTooLong, EventNotFound, EventInPast, TimeZoneUnknown, InvalidRequest."""
    series = await store.lock_series(tx, series_id, organizer_id)
    if series is None:
        raise SeriesNotFound
    known = await event_transactions.repeated_event(tx, event_id, organizer_id, content_hash)
    if known is not None:
        return known
    if await store.count_nights(tx, series_id) >= NIGHTS_MAX:
        raise SeriesTooLong(limit=NIGHTS_MAX)
    model = await event_transactions.own_event(tx, series.model_id, organizer_id)
    starts_us = walltime.instant_us(starts_local, model.time_zone)
    events.check_future(starts_us, now_us)
    night = night_of(series, model, event_id, starts_local, starts_us)
    await add_draft(tx, night, content_hash)
    return night


async def shown_series(tx: Tx, series_id: str, organizer_id: str) -> tuple[Series, bool]:
    """A series, and whether the caller is its organizer. organizer_id: the caller's, empty for a buyer. Raises
    SeriesNotFound, for others also if none of its nights is published."""
    series = await store.find_series(tx, series_id)
    if series is None:
        raise SeriesNotFound
    own = bool(organizer_id) and series.organizer_id == organizer_id
    if not own and not await store.is_shown(tx, series_id):
        raise SeriesNotFound
    return series, own


async def terms(tx: Tx, series_id: str) -> tuple[str, str, list[str]]:
    """The organizer, the currency and the names of the ticket types of a series. Raises SeriesNotFound."""
    series = await store.find_series(tx, series_id)
    nights = await store.nights_after(tx, series_id, event_store.FIRST_KEY, 1)
    if series is None or not nights:
        raise SeriesNotFound
    return series.organizer_id, nights[0].currency, await store.type_names(tx, series_id, TYPE_NAMES_MAX)
