"""Entries, by which events are found, and the terms of a search. Pure."""

import hashlib
from dataclasses import dataclass

from services.catalog.events import Admission, Event, TicketType
from services.catalog.search.words import words_of
from services.catalog.ticket_types import showing
from services.kit.values import SECOND_US, folded

# Events last at most 30 days, so an index can skip older ones.
MONTH_US = 30 * 24 * 3600 * SECOND_US
# How often inventory is asked whether an event is sold out: every minute, and more often if a fifth or less is left.
FAR_US = 60 * SECOND_US
NEAR_US = 5 * SECOND_US
NEAR_SHARE = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A published event as the search finds it. title: its words with spaces around each. words: all words by which it
    is found. organizer_name: the one in the words. prices: those that buyers see, the least first. has_lots: whether a
    ticket type is sold in lots."""

    event_id: str
    organizer_id: str
    series_id: str
    version: int
    title: str
    words: tuple[str, ...]
    city_folded: str
    organizer_name: str
    kind: int
    online: bool
    starts_local: str
    starts_us: int
    ends_us: int
    sales_end_us: int
    currency: str
    prices: tuple[int, ...]
    has_lots: bool
    capacity: int

    @property
    def cheapest_minor(self) -> int:
        """The least price; 0 if buyers see no ticket type."""
        return self.prices[0] if self.prices else 0

    @property
    def dearest_minor(self) -> int:
        """The largest price; 0 if buyers see no ticket type."""
        return self.prices[-1] if self.prices else 0

    @property
    def content_key(self) -> str:
        """A hash of all that a search looks at, apart from the times and whether the event is sold out. Nights of a
        series that have the same one share an entry."""
        place = self.city_folded, self.kind, self.online, self.currency
        content = self.title, self.words, *place, self.prices, self.has_lots
        return hashlib.blake2b(repr(content).encode(), digest_size=16).hexdigest()


def entry_of(event: Event, organizer_name: str) -> Entry:
    """The entry of an event."""
    venue, types = event.venue, showing.for_buyers(event).types
    prices = {price for each in types for price in prices_of(each)}
    place = (venue.name, venue.city) if venue else ()
    own_words = (*event.details.categories, *event.details.tags)
    return Entry(
        event_id=event.event_id,
        organizer_id=event.organizer_id,
        series_id=event.series_id,
        version=event.version,
        title=f" {' '.join(words_of(event.title))} ",
        words=tuple(words_of(event.title, event.description, *place, organizer_name, *own_words)),
        city_folded=folded(venue.city) if venue else "",
        organizer_name=organizer_name,
        kind=event.kind,
        online=event.admission is Admission.ONLINE,
        starts_local=event.starts_local,
        starts_us=event.starts_us,
        ends_us=event.ends_us,
        sales_end_us=event.sales_end_us,
        currency=event.currency,
        prices=tuple(sorted(prices)),
        has_lots=any(each.lots for each in types),
        capacity=event.capacity,
    )


def prices_of(ticket_type: TicketType) -> list[int]:
    """The prices of a ticket type: those of its lots, if it has some."""
    return [lot.price_minor for lot in ticket_type.lots] or [ticket_type.price_minor]


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """The events that a search asks for. words: beginnings of words, all of which an event has; None: the text has no
    word, so no event fits. until_us: 0 for no end. kind: 0 for all. currency: of the prices; empty if any price fits.
    price_max_minor: -1 for no limit."""

    words: tuple[str, ...] | None
    city_folded: str
    from_us: int
    until_us: int
    kind: int
    currency: str
    price_min_minor: int
    price_max_minor: int
    free_only: bool
    online_only: bool
    available_only: bool
    by_relevance: bool

    @property
    def is_plain(self) -> bool:
        """Whether the search only lists events by date, so that it reads no more entries than it returns."""
        narrowed = self.words, self.city_folded, self.kind, self.currency, self.free_only, self.online_only
        return not any((*narrowed, self.available_only))


def next_look_us(available: int, capacity: int, now_us: int) -> int:
    """When to ask inventory about an event again. available: the tickets left of the type that has most left."""
    return now_us + (NEAR_US if available * NEAR_SHARE <= capacity else FAR_US)
