"""inventory's values as the contract's messages, and back."""

from collections.abc import Sequence

from eventhub.inventory.v1 import inventory_pb2 as nouns
from eventhub.inventory.v1 import inventory_service_pb2 as pb
from services.inventory.availability import Left
from services.inventory.blocks.store import BlockedSeat
from services.inventory.holds import Hold, Item, Night, Place, PlaceLot, TicketType, Wish
from services.inventory.lots import Lot, LotSpec, Parts
from services.inventory.person_limit import Person
from services.inventory.proposals import SeatWish
from services.inventory.provisions import PoolSpec, Provision, SeatSpec
from services.inventory.seating import Need
from services.inventory.stock import PoolNow, Seat, SeatNow
from services.kit.values import fingerprint, from_timestamp, to_timestamp

HOLD_STATES = {name.removeprefix("HOLD_STATE_"): value for name, value in nouns.HoldState.items()}
SEAT_STATES = {name.removeprefix("SEAT_STATE_"): value for name, value in nouns.SeatState.items()}


def wish(request: pb.HoldRequest | pb.HoldAtCounterRequest, buyer_id: str) -> Wish:
    """The wish of a request to hold."""
    items = tuple(
        Item(item.ticket_type_id, tuple(item.seat_ids), item.quantity, item.access_code) for item in request.items
    )
    return Wish(
        hold_id=request.hold_id,
        event_id=request.event_id,
        buyer_id=buyer_id,
        items=items,
        content_hash=fingerprint(request),
        take_blocked=request.take_blocked,
    )


def person(request: pb.LockHoldRequest | pb.DescribeHoldRequest) -> Person:
    """The person who gets the tickets of a hold."""
    unnamed = isinstance(request, pb.LockHoldRequest) and request.unnamed
    return Person(tuple(sorted(set(request.participant_keys))), unnamed)


def seat_wish(request: pb.FindBestSeatsRequest) -> SeatWish:
    """The wish of a FindBestSeats request."""
    return SeatWish(
        event_id=request.event_id,
        ticket_type_id=request.ticket_type_id,
        groups=tuple(request.groups) or (request.quantity,),
        categories=frozenset(request.categories),
        zones=tuple(request.zones),
        needs=tuple(need(wanted) for wanted in request.accessible),
    )


def need(wanted: pb.AccessibleSeats) -> Need:
    """A wish for accessible seats of one kind."""
    return Need(wanted.kind, wanted.quantity, wanted.with_companion)


def provision(request: pb.ProvisionRequest) -> Provision:
    """The provision of a Provision request."""
    content = pb.ProvisionRequest()
    content.CopyFrom(request)
    content.ClearField("version")
    return Provision(
        event_id=request.event_id,
        organizer_id=request.organizer_id,
        version=request.version,
        sales_start_us=from_timestamp(request.sales_start_at),
        sales_end_us=from_timestamp(request.sales_end_at),
        counter_end_us=counter_end_us(request),
        reserve_until_us=from_timestamp(request.reserve_until),
        tickets_per_order_max=request.tickets_per_order_max,
        plan_id=request.plan_id,
        plan_seats=request.seat_count,
        pools=tuple(
            PoolSpec(pool.pool_id, pool.name, pool.capacity, pool.released_capacity or pool.capacity)
            for pool in request.pools
        ),
        types=tuple(type_of(spec) for spec in request.types),
        lots={spec.ticket_type_id: lot_specs(spec) for spec in request.types},
        content_hash=fingerprint(content),
        orphan_rule=request.orphan_rule,
        tickets_per_person_max=request.tickets_per_person_max,
    )


def night_of(night: pb.PassNight, *, seated: bool) -> Night:
    """A night of a pass, before it is known what its ticket type draws on."""
    there = TicketType(
        ticket_type_id=night.ticket_type_id, seated=seated, categories=frozenset(), pool_ids=(), area_name=""
    )
    return Night(night.event_id, there)


def type_of(spec: pb.TypeSpec) -> TicketType:
    """A ticket type of a Provision request."""
    return TicketType(
        ticket_type_id=spec.ticket_type_id,
        seated=spec.seated,
        categories=frozenset(spec.seat_categories),
        pool_ids=tuple(spec.pool_ids),
        sells=not spec.archived,
        area_name=spec.area_name,
        lots_of=spec.lots_of,
        order_min=spec.per_order_min,
        order_max=spec.per_order_max,
        starts_us=from_timestamp(spec.sales_start_at),
        ends_us=from_timestamp(spec.sales_end_at),
        hidden=spec.hidden,
        code_hashes=frozenset(spec.access_code_hashes),
        nights=tuple(night_of(night, seated=spec.seated) for night in spec.nights),
        package_size=spec.package_size or 1,
    )


def lot_specs(spec: pb.TypeSpec) -> tuple[LotSpec, ...]:
    """The lots of a ticket type. The last one has no end."""
    return tuple(
        LotSpec(
            ticket_type_id=spec.ticket_type_id,
            lot_id=lot.lot_id,
            version=lot.version,
            quantity=lot.quantity,
            unlimited=lot.unlimited,
            ends_us=from_timestamp(lot.ends_at) if n < len(spec.lots) else 0,
        )
        for n, lot in enumerate(spec.lots, start=1)
    )


def lot_pb(lot: Lot) -> nouns.LotStock:
    """The counts of a lot."""
    return nouns.LotStock(
        ticket_type_id=lot.spec.ticket_type_id,
        lot_id=lot.spec.lot_id,
        capacity=lot.capacity,
        held=lot.held,
        sold=lot.sold,
        closed=lot.closed,
    )


def left_pb(type_id: str, left: Left, *, waited_for: bool) -> nouns.TypeAvailability:
    """How many tickets of a type are left. waited_for: whether people wait for it."""
    return nouns.TypeAvailability(
        ticket_type_id=type_id,
        available=left.tickets,
        lot_id=left.lot_id,
        lot_available=left.lot_tickets,
        waiting_list=waited_for,
    )


def parts_pb(parts: Parts) -> list[nouns.LotPart]:
    """Where the tickets of each type come from."""
    return [
        nouns.LotPart(
            ticket_type_id=type_id, lot_id=part.spec.lot_id, lot_version=part.spec.version, quantity=part.quantity
        )
        for type_id, several in parts.items()
        for part in several
    ]


def counter_end_us(request: pb.ProvisionRequest) -> int:
    """When sales end at the counter: never before they end for all."""
    return max(from_timestamp(request.sales_end_at), from_timestamp(request.counter_sales_end_at))


def seat_spec(seat: pb.SeatSpec) -> SeatSpec:
    """A seat of a ProvisionSeats request."""
    return SeatSpec(
        seat_id=seat.seat_id,
        zone=seat.zone,
        row_name=seat.row,
        number=seat.number,
        category=seat.category,
        row_index=seat.row_index,
        seat_index=seat.seat_index,
        distance=seat.distance,
        label=seat.label,
        position=seat.position,
        accessible=seat.accessible,
        companion_of=seat.companion_of,
    )


def hold_pb(hold: Hold) -> nouns.Hold:
    """A hold with its places."""
    return nouns.Hold(
        hold_id=hold.hold_id,
        event_id=hold.event_id,
        state=HOLD_STATES[hold.state],
        held_at=to_timestamp(hold.held_us),
        expires_at=to_timestamp(hold.expires_us),
        places=[place_pb(place) for place in hold.places],
        orphans=hold.orphans,
        person_limit=hold.person_limit,
        returned=hold.returned,
        places_revision=hold.places_revision,
    )


def place_pb(place: Place) -> nouns.HeldPlace:
    """The place of one ticket, on a numbered seat or in an area."""
    lot = place.lot or PlaceLot("", 0)
    return nouns.HeldPlace(
        ticket_type_id=place.ticket_type_id,
        seat_id=place.seat_id,
        seat_label=place.label if place.seat_id else "",
        area_name="" if place.seat_id else place.label,
        lot_id=lot.lot_id,
        lot_version=lot.version,
    )


def seat_change_pb(seat: SeatNow) -> nouns.SeatChange:
    """A seat after a change."""
    return nouns.SeatChange(
        seat_id=seat.seat_id, state=SEAT_STATES[seat.state], version=seat.version, position=seat.position
    )


def blocked_pb(blocked: BlockedSeat) -> pb.BlockedSeat:
    """A blocked seat."""
    (seat,) = seats_pb([blocked.seat])
    return pb.BlockedSeat(seat=seat, label=blocked.label, reason=blocked.reason)


def seats_pb(seats: Sequence[Seat]) -> list[nouns.Seat]:
    """Seats with everything a seat map shows."""
    return [
        nouns.Seat(
            seat_id=seat.seat_id,
            zone=seat.zone,
            row=seat.row_name,
            number=seat.number,
            category=seat.category,
            state=SEAT_STATES[seat.state],
            version=seat.version,
            label=seat.label,
            accessible=nouns.Accessibility.ValueType(seat.accessible),
            companion_of=seat.companion_of,
        )
        for seat in seats
    ]


def stock_pb(pool: PoolNow) -> nouns.Stock:
    """The counts of a pool."""
    return nouns.Stock(pool_id=pool.pool_id, name=pool.name, capacity=pool.capacity, held=pool.held, sold=pool.sold)
