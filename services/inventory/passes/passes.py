"""Passes. Decisions only.

A series is an event on sale whose ticket types are passes. A pass draws on a pool of its own, and in each of its nights
on the pools of the ticket type that it stands for there. A hold of passes is one row; its parts are what it has in the
series and in each night, and each part is then treated as any hold of that event.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from services.inventory.holds import Claims, Hold, Place, TicketType, Wish, drawn_by

Types = Mapping[str, TicketType]


def nights_of(wish: Wish, types: Types) -> list[str]:
    """The nights of the passes that a wish names, each once, in the order in which transactions lock them. Empty for
    other tickets."""
    wished = [types[item.ticket_type_id] for item in wish.items if item.ticket_type_id in types]
    return sorted({night.event_id for ticket_type in wished for night in ticket_type.nights})


def with_nights(types: Types) -> Types:
    """Ticket types by id, with those that passes stand for in their nights."""
    nights = {
        night.ticket_type.ticket_type_id: night.ticket_type
        for ticket_type in types.values()
        for night in ticket_type.nights
    }
    return {**types, **nights} if nights else types


def parts(hold: Hold, types: Types) -> list[Hold]:
    """What a hold has in each event, by event id. Only a hold of passes has more than one part."""
    if not any(types[place.ticket_type_id].nights for place in hold.places):
        return [hold]
    places: dict[str, list[Place]] = {}
    for place in hold.places:
        nights = types[place.ticket_type_id].nights
        places.setdefault(hold.event_id, []).append(replace(place, seat_id="", label="") if nights else place)
        for night in nights:
            there = replace(place, ticket_type_id=night.ticket_type.ticket_type_id)
            places.setdefault(night.event_id, []).append(there)
    return [replace(hold, event_id=event_id, places=tuple(places[event_id])) for event_id in sorted(places)]


def drawn(held: Iterable[Hold], types: Types) -> tuple[tuple[str, int], ...]:
    """The quantity that each pool gives for several holds, or for parts of them, in the order of holds.draws."""
    return drawn_by([place for hold in held for place in hold.places], with_nights(types))


def by_night(claims: Claims) -> dict[str, Claims]:
    """The seats that passes claim in each night, for the night's ticket types, in the order in which nights are
    locked."""
    seats: dict[str, list[tuple[str, TicketType]]] = {}
    for seat_id, ticket_type in claims.seats:
        for night in ticket_type.nights:
            seats.setdefault(night.event_id, []).append((seat_id, night.ticket_type))
    return {event_id: Claims(tuple(seats[event_id]), (), ()) for event_id in sorted(seats)}


def place_of(pool_id: str, wished: Sequence[str], types: Types) -> tuple[str, str]:
    """Which wished pass draws on a pool, and in which night; no night for a pool of the pass itself."""
    places = [
        (type_id, event_id, pool_ids)
        for type_id in wished
        for event_id, pool_ids in (
            ("", types[type_id].pool_ids),
            *((night.event_id, night.ticket_type.pool_ids) for night in types[type_id].nights),
        )
    ]
    return next((type_id, event_id) for type_id, event_id, pool_ids in places if pool_id in pool_ids)
