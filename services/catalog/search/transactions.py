"""The transactions of the search: what it finds, and the entries by which it finds."""

from collections.abc import Mapping
from dataclasses import dataclass

from services.catalog import event_store
from services.catalog.events import Event, State
from services.catalog.search import entry_store, store
from services.catalog.search.entry import Terms, entry_of, next_look_us
from services.catalog.search.store import Found, Key, OtherNight
from services.kit.db import Tx


@dataclass(frozen=True, slots=True)
class Results:
    """A page of a search. versions: those of the events, by id; one that is no longer published is missing. more: the
    other nights of each series, by its id: their number, and the next of them."""

    found: list[Found]
    versions: dict[str, int]
    more: dict[str, tuple[int, list[OtherNight]]]


async def search(tx: Tx, terms: Terms, after: Key, size: int, *, now_us: int, dialect: str) -> Results:
    """The next events that fit, with their versions and nights."""
    found = await store.find(tx, terms, after, size, now_us=now_us, dialect=dialect)
    if not found:
        return Results([], {}, {})
    versions = await event_store.published_versions(tx, [entry.event_id for entry in found])
    series_ids = [entry.series_id for entry in found if entry.series_id]
    more = await store.more_nights(tx, terms, series_ids, now_us=now_us, dialect=dialect) if series_ids else {}
    return Results(found, versions, more)


async def index(tx: Tx, event: Event) -> None:
    """Lets searches find a published event as it is now. The caller has saved the event in the same transaction, or
    holds its lock."""
    await entry_store.save(tx, entry_of(event, await entry_store.organizer_name(tx, event.organizer_id)))


async def follow(tx: Tx, event: Event) -> None:
    """Lets searches find an event that has just changed, if it is published, or find it no longer."""
    if event.state == State.PUBLISHED and not event.archived:
        await index(tx, event)
    else:
        await entry_store.drop(tx, event.event_id)


async def renew(tx: Tx, event_id: str, *, now_us: int) -> None:
    """Brings the entry of an event up to date, or deletes it if the event is over or not published."""
    await tx.lock("SELECT event_id FROM event WHERE event_id = $1 ORDER BY event_id", event_id)
    event = await event_store.find_event(tx, event_id)
    if event is None or event.state != State.PUBLISHED or event.archived or event.ends_us <= now_us:
        await entry_store.drop(tx, event_id)
    else:
        await index(tx, event)


async def save_names(tx: Tx, names: Mapping[str, str], due_us: int) -> bool:
    """Saves organizers' names, and when to ask for them again. True if one has changed."""
    changed = [
        await entry_store.save_name(tx, organizer_id, names[organizer_id], due_us) for organizer_id in sorted(names)
    ]
    return any(changed)


async def save_stock(tx: Tx, asked: Mapping[str, int], available: Mapping[str, int], *, now_us: int) -> None:
    """Saves which events are sold out. asked: the number of places of each event that inventory was asked about.
    available: its answers; it leaves out events that it does not sell, which cannot be sold out."""
    alike: dict[tuple[bool, int], list[str]] = {}
    for event_id, capacity in asked.items():
        left = available.get(event_id, capacity)
        alike.setdefault((left == 0, next_look_us(left, capacity, now_us)), []).append(event_id)
    for (sold_out, due_us), event_ids in sorted(alike.items()):
        await entry_store.save_stock(tx, event_ids, sold_out=sold_out, due_us=due_us)
