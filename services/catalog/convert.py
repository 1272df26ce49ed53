"""Converts catalog's values to the contract's messages and back."""

from collections.abc import Mapping, Sequence

from google.protobuf.duration_pb2 import Duration

from eventhub.catalog.v1 import catalog_pb2 as nouns
from eventhub.catalog.v1 import catalog_service_pb2 as pb
from eventhub.common.v1.money_pb2 import Money
from eventhub.inventory.v1 import inventory_service_pb2 as inventory
from eventhub.inventory.v1.inventory_pb2 import Accessibility, OrphanRule
from services.catalog.areas import Area, area_named
from services.catalog.changing import Part
from services.catalog.details_convert import details_of, details_pb
from services.catalog.events import TICKETS_PER_ORDER, Admission, Event, Lot, State, TicketType, Venue
from services.catalog.lots import lots_of
from services.catalog.plans.plan import Seat
from services.catalog.plans.store import StoredPlan
from services.catalog.pools import Draw, pools_of
from services.kit.values import SECOND_US, keyed_hash, to_timestamp

STATES = {State.PUBLISHED: nouns.EVENT_STATE_PUBLISHED, State.UNPUBLISHED: nouns.EVENT_STATE_UNPUBLISHED}


def duration_us(duration: Duration) -> int:
    """A duration in microseconds, at least 1."""
    return max(1, duration.seconds * SECOND_US + duration.nanos // 1_000)


def venue_of(request: pb.CreateVenueRequest, organizer_id: str) -> Venue:
    """The venue that a request describes."""
    return Venue(
        venue_id=request.venue_id,
        organizer_id=organizer_id,
        name=request.name,
        address=request.address,
        city=request.city,
        time_zone=request.time_zone,
    )


def areas_of(request: pb.CreateEventRequest) -> tuple[Area, ...]:
    """The areas of the event that a request describes."""
    return tuple(Area(area.area_id, area.name, area.capacity) for area in request.areas)


def part(request: pb.SetCapacityRequest) -> Part:
    """What a request gives another number of places."""
    return Part(request.ticket_type_id, request.area_id)


def event_of(
    request: pb.CreateEventRequest,
    organizer_id: str,
    *,
    venue: Venue | None,
    time_zone: str,
    starts_us: int,
    capacity: int,
) -> Event:
    """The draft that a request describes."""
    return Event(
        event_id=request.event_id,
        organizer_id=organizer_id,
        title=request.title,
        description=request.description,
        kind=request.kind,
        admission=Admission(request.admission),
        venue=venue,
        plan_id=request.plan_id,
        starts_local=request.starts_local,
        time_zone=time_zone,
        starts_us=starts_us,
        ends_us=starts_us + duration_us(request.duration),
        capacity=capacity,
        currency=request.currency,
        tickets_per_order_max=request.tickets_per_order_max or TICKETS_PER_ORDER,
        online_url=request.online_url,
        series_id="",
        areas=areas_of(request),
        orphan_rule=request.orphan_rule,
        details=details_of(request.details),
        tickets_per_person_max=request.tickets_per_person_max,
    )


def lot_pb(lot: Lot, currency: str) -> nouns.Lot:
    """The contract's Lot. currency: of its event."""
    return nouns.Lot(
        lot_id=lot.lot_id,
        name=lot.name,
        price=Money(minor=lot.price_minor, currency=currency),
        quantity=lot.quantity,
        ends_at=to_timestamp(lot.ends_us) if lot.ends_us else None,
        version=lot.version,
    )


def lot_spec_pb(lot: Lot, event: Event) -> inventory.LotSpec:
    """A lot as inventory needs it. One without a limit has as many tickets as its event has places."""
    return inventory.LotSpec(
        lot_id=lot.lot_id,
        version=lot.version,
        quantity=lot.quantity or event.capacity,
        unlimited=not lot.quantity,
        ends_at=to_timestamp(lot.ends_us) if lot.ends_us else None,
    )


def venue_pb(venue: Venue) -> nouns.Venue:
    """The contract's Venue, from a stored venue."""
    return nouns.Venue(
        venue_id=venue.venue_id,
        organizer_id=venue.organizer_id,
        name=venue.name,
        address=venue.address,
        city=venue.city,
        time_zone=venue.time_zone,
    )


def plan_pb(plan: StoredPlan) -> nouns.SeatingPlan:
    """The contract's SeatingPlan: its categories, and no seats."""
    return nouns.SeatingPlan(
        plan_id=plan.plan_id,
        venue_id=plan.venue_id,
        name=plan.name,
        seat_count=plan.seat_count,
        categories=[
            nouns.SeatCategory(name=category.name, color=category.color, seat_count=category.seat_count)
            for category in plan.categories
        ],
    )


def type_pb(ticket_type: TicketType, currency: str, lots: Sequence[Lot], *, access_codes: bool) -> nouns.TicketType:
    """The contract's TicketType. currency: of its event. lots: those it is sold in. access_codes: whether it tells its
    access codes."""
    return nouns.TicketType(
        ticket_type_id=ticket_type.ticket_type_id,
        name=ticket_type.name,
        kind=nouns.TicketKind.ValueType(ticket_type.kind),
        price=Money(minor=ticket_type.price_minor, currency=currency),
        seat_categories=ticket_type.categories,
        capacity=ticket_type.capacity,
        half_of_ticket_type_id=ticket_type.half_of,
        lots=[lot_pb(lot, currency) for lot in lots],
        area_id=ticket_type.area_id,
        description=ticket_type.description,
        per_order_min=ticket_type.per_order_min,
        per_order_max=ticket_type.per_order_max,
        hidden=ticket_type.hidden,
        archived=ticket_type.archived,
        needs_access_code=bool(ticket_type.access_codes),
        access_codes=ticket_type.access_codes if access_codes else (),
        sales_start_at=to_timestamp(ticket_type.sales_start_us or None),
        sales_end_at=to_timestamp(ticket_type.sales_end_us or None),
        package_size=ticket_type.package_size,
        prices=[
            nouns.TicketPrice(from_at=to_timestamp(from_us or None), price=Money(minor=minor, currency=currency))
            for from_us, minor in ticket_type.prices
        ],
    )


def event_pb(event: Event, *, access_codes: bool = False) -> nouns.Event:
    """The contract's Event: without the online link, which only admitted participants can see. access_codes: whether
    its ticket types tell their access codes, which only members of its organizer can see."""
    return nouns.Event(
        event_id=event.event_id,
        organizer_id=event.organizer_id,
        title=event.title,
        description=event.description,
        kind=nouns.EventKind.ValueType(event.kind),
        admission=nouns.Admission.ValueType(event.admission),
        venue=venue_pb(event.venue) if event.venue else None,
        plan_id=event.plan_id,
        starts_local=event.starts_local,
        time_zone=event.time_zone,
        starts_at=to_timestamp(event.starts_us),
        ends_at=to_timestamp(event.ends_us),
        capacity=event.capacity,
        currency=event.currency,
        tickets_per_order_max=event.tickets_per_order_max,
        state=STATES.get(event.state, nouns.EVENT_STATE_DRAFT),
        ticket_types=[
            type_pb(each, event.currency, lots_of(event, each), access_codes=access_codes) for each in event.types
        ],
        version=event.version,
        series_id=event.series_id,
        areas=[nouns.Area(area_id=area.area_id, name=area.name, capacity=area.capacity) for area in event.areas],
        orphan_rule=OrphanRule.ValueType(event.orphan_rule),
        details=details_pb(event.details),
        doors_open_at=to_timestamp(event.doors_open_us or None),
        doors_close_at=to_timestamp(event.doors_close_us or None),
        archived=event.archived,
        tickets_per_person_max=event.tickets_per_person_max,
    )


def announced_pb(event: Event) -> nouns.Event:
    """An event as facts tell it: without the contact, which may be a person's."""
    message = event_pb(event)
    message.details.ClearField("contact")
    return message


def provision_pb(event: Event, seat_counts: Mapping[str, int], *, reserve_until_us: int) -> inventory.ProvisionRequest:
    """An event as inventory needs it: its times, which are unset if it sells nothing, pools and ticket types.
    seat_counts: seats of each category."""
    pools, draws = pools_of(event, seat_counts)
    times = (event.details.sales_start_us, event.sales_end_us, event.counter_end_us) if event.sells else (0, 0, 0)
    sales_start_at, sales_end_at, counter_sales_end_at = (to_timestamp(us or None) for us in times)
    return inventory.ProvisionRequest(
        event_id=event.event_id,
        organizer_id=event.organizer_id,
        sales_start_at=sales_start_at,
        sales_end_at=sales_end_at,
        counter_sales_end_at=counter_sales_end_at,
        reserve_until=to_timestamp(reserve_until_us),
        tickets_per_order_max=event.tickets_per_order_max,
        tickets_per_person_max=event.tickets_per_person_max,
        plan_id=event.plan_id,
        seat_count=sum(seat_counts.values()),
        orphan_rule=OrphanRule.ValueType(event.orphan_rule),
        pools=[
            inventory.PoolSpec(
                pool_id=pool.pool_id, name=pool.name, capacity=pool.capacity, released_capacity=pool.released
            )
            for pool in pools
        ],
        types=[type_spec_pb(event, draw) for draw in draws],
    )


def type_spec_pb(event: Event, draw: Draw) -> inventory.TypeSpec:
    """A ticket type as inventory needs it."""
    ticket_type = draw.ticket_type
    area = area_named(event.areas, ticket_type.area_id)
    return inventory.TypeSpec(
        ticket_type_id=ticket_type.ticket_type_id,
        seated=event.admission == Admission.SEATED and area is None,
        seat_categories=ticket_type.categories,
        pool_ids=draw.pool_ids,
        area_name=area.name if area else "",
        package_size=ticket_type.package_size,
        archived=ticket_type.archived,
        per_order_min=ticket_type.per_order_min,
        per_order_max=ticket_type.per_order_max,
        sales_start_at=to_timestamp(ticket_type.sales_start_us or None),
        sales_end_at=to_timestamp(ticket_type.sales_end_us or None),
        hidden=ticket_type.hidden,
        access_code_hashes=[keyed_hash(ticket_type.ticket_type_id, code) for code in ticket_type.access_codes],
        lots=[lot_spec_pb(lot, event) for lot in ticket_type.lots],
        lots_of=(ticket_type.half_of or ticket_type.ticket_type_id) if lots_of(event, ticket_type) else "",
    )


def seat_pb(seat: Seat, position: int) -> inventory.SeatSpec:
    """A seat as inventory needs it. position: in the plan's order of seats."""
    return inventory.SeatSpec(
        seat_id=seat.seat_id,
        zone=seat.zone,
        row=seat.row_name,
        number=seat.number,
        category=seat.category,
        row_index=seat.row_index,
        seat_index=seat.seat_index,
        distance=seat.distance,
        label=seat.label,
        position=position,
        accessible=Accessibility.ValueType(seat.accessible),
        companion_of=seat.companion_of,
    )
