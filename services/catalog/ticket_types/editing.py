"""Changes of the ticket types of an event. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from services.catalog.events import Event, State, TicketType, check_not_over
from services.catalog.ticket_types import adding, packages, prices

# The fields of UpdateTicketType that may be changed, and those of the ticket type that they change.
FIELDS = {
    "name": "name",
    "description": "description",
    "price": "price_minor",
    "seat_categories": "categories",
    "capacity": "capacity",
    "per_order_min": "per_order_min",
    "per_order_max": "per_order_max",
    "hidden": "hidden",
    "access_codes": "access_codes",
    "sales_start_at": "sales_start_us",
    "sales_end_at": "sales_end_us",
}
LIST_POSITION = "list_position"
LIMITS = frozenset({"per_order_min", "per_order_max", "sales_start_at", "sales_end_at"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """A wanted change of one ticket type.

    mask: the names of the fields that change. wanted: the type with the new values of these fields. currency: of the
    new price; None if there is none. list_position: the new place in the list, counted from 1.
    """

    mask: frozenset[str]
    wanted: TicketType
    currency: str | None
    list_position: int


def edited(event: Event, edit: Edit, seat_counts: Mapping[str, int], now_us: int) -> Event | None:
    """The event after a change of one of its types; None if nothing changes. seat_counts: seats of each category.
    Raises the reasons of UpdateTicketType."""
    known = adding.type_of(event, edit.wanted.ticket_type_id)
    if "price" in edit.mask:
        check_price(event, known, edit)
    wanted = replace(known, **{FIELDS[path]: getattr(edit.wanted, FIELDS[path]) for path in edit.mask & FIELDS.keys()})
    if "seat_categories" in edit.mask:
        wanted = adding.with_categories(wanted, seat_counts)
    types = [repriced(each, wanted) for each in event.types]
    if LIST_POSITION in edit.mask:
        types.remove(wanted)
        types.insert(edit.list_position - 1, wanted)
    changed = replace(event, types=tuple(types))
    if changed == event:
        return None
    check_edited(changed, known, wanted, edit, seat_counts=seat_counts, now_us=now_us)
    return changed


def check_price(event: Event, known: TicketType, edit: Edit) -> None:
    """Raises InvalidRequest if a price is missing or the type has none of its own, CurrencyMismatch."""
    adding.check_own_price(known)
    adding.check_currency(event, edit.currency)


def check_edited(
    changed: Event, known: TicketType, wanted: TicketType, edit: Edit, *, seat_counts: Mapping[str, int], now_us: int
) -> None:
    """Raises the reasons of UpdateTicketType if a changed event breaks a rule. known, wanted: the type before and
    after."""
    check_not_over(changed, now_us)
    if wanted.price_minor != known.price_minor:
        prices.check_changeable(known, now_us)
    if edit.mask & {"seat_categories", "capacity"}:
        adding.check_size(changed, wanted, seat_counts)
    adding.check_name(changed, wanted)
    if edit.mask & LIMITS:
        adding.check_limits(changed, wanted)
    packages.check(changed, wanted, seat_counts)
    adding.check_published(changed, seat_counts)


def repriced(ticket_type: TicketType, wanted: TicketType) -> TicketType:
    """A type of an event after one of them has become as wanted: its half-price types follow its price."""
    if ticket_type.ticket_type_id == wanted.ticket_type_id:
        return wanted
    if ticket_type.half_of == wanted.ticket_type_id:
        return replace(ticket_type, price_minor=prices.half(wanted.price_minor))
    return ticket_type


def without(event: Event, ticket_type_id: str, seat_counts: Mapping[str, int], now_us: int) -> Event | None:
    """The event after a type and its half-price types sell no more; None if that is so already. A draft loses them.
    Raises TicketTypeNotFound unless the event is a draft, EventState, HalfPriceLotTooSmall."""

    def meant(ticket_type: TicketType) -> bool:
        return ticket_type_id in (ticket_type.ticket_type_id, ticket_type.half_of)

    if event.state == State.DRAFT:
        types = tuple(each for each in event.types if not meant(each))
    else:
        adding.type_of(event, ticket_type_id)
        types = tuple(replace(each, archived=True) if meant(each) else each for each in event.types)
    return checked(event, types, seat_counts, now_us)


def restored(event: Event, ticket_type_id: str, seat_counts: Mapping[str, int], now_us: int) -> Event | None:
    """The event after an archived type sells again; None if it sells. Raises TicketTypeNotFound, TicketTypeArchived if
    its full-price type is archived, EventState, HalfPriceLotTooSmall."""
    known = adding.type_of(event, ticket_type_id)
    if known.archived and known.half_of:
        adding.check_sells(adding.type_of(event, known.half_of))
    wanted = replace(known, archived=False)
    types = tuple(wanted if each == known else each for each in event.types)
    return checked(event, types, seat_counts, now_us)


def checked(event: Event, types: tuple[TicketType, ...], seat_counts: Mapping[str, int], now_us: int) -> Event | None:
    """The event with other types; None if they are the same. Raises EventState, HalfPriceLotTooSmall."""
    if types == event.types:
        return None
    changed = replace(event, types=types)
    check_not_over(changed, now_us)
    adding.check_published(changed, seat_counts)
    return changed
