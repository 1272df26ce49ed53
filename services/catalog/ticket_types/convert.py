"""Converts requests about ticket types to catalog's values."""

from eventhub.catalog.v1 import catalog_pb2 as nouns
from eventhub.catalog.v1 import catalog_service_pb2 as pb
from services.catalog.events import Lot, TicketKind, TicketType
from services.catalog.ticket_types.editing import Edit
from services.kit.values import from_timestamp


def type_of(request: pb.AddTicketTypeRequest) -> TicketType:
    """The ticket type that a request describes, before its rules are checked."""
    return TicketType(
        ticket_type_id=request.ticket_type_id,
        name=request.name,
        kind=TicketKind(request.kind),
        price_minor=request.lots[0].price.minor if request.lots else request.price.minor,
        categories=tuple(request.seat_categories),
        capacity=request.capacity,
        half_of=request.half_of_ticket_type_id,
        area_id=request.area_id,
        package_size=request.package_size if request.package_size > 1 else 0,
        description=request.description,
        per_order_min=request.per_order_min,
        per_order_max=request.per_order_max,
        hidden=request.hidden,
        access_codes=codes_of(request),
        sales_start_us=from_timestamp(request.sales_start_at),
        sales_end_us=from_timestamp(request.sales_end_at),
        lots=tuple(lot(each) for each in request.lots),
    )


def lot(message: nouns.Lot) -> Lot:
    """A lot as its organizer wants it."""
    return Lot(
        lot_id=message.lot_id,
        name=message.name,
        price_minor=message.price.minor,
        quantity=message.quantity,
        ends_us=max(1, from_timestamp(message.ends_at)) if message.HasField("ends_at") else 0,
    )


def edit_of(request: pb.UpdateTicketTypeRequest) -> Edit:
    """The change that a request describes. Fields that it does not name have no meaning."""
    return Edit(
        mask=frozenset(request.update_mask.paths),
        wanted=TicketType(
            ticket_type_id=request.ticket_type_id,
            name=request.name,
            kind=TicketKind.OTHER,
            price_minor=request.price.minor,
            categories=tuple(request.seat_categories),
            capacity=request.capacity,
            half_of="",
            description=request.description,
            per_order_min=request.per_order_min,
            per_order_max=request.per_order_max,
            hidden=request.hidden,
            access_codes=codes_of(request),
            sales_start_us=from_timestamp(request.sales_start_at),
            sales_end_us=from_timestamp(request.sales_end_at),
        ),
        currency=currency_of(request),
        list_position=request.list_position,
    )


def currency_of(request: pb.AddTicketTypeRequest | pb.UpdateTicketTypeRequest) -> str | None:
    """The currency of the prices in a request; None if there is no price."""
    if isinstance(request, pb.AddTicketTypeRequest) and request.lots:
        return request.lots[0].price.currency
    return request.price.currency if request.HasField("price") else None


def codes_of(request: pb.AddTicketTypeRequest | pb.UpdateTicketTypeRequest) -> tuple[str, ...]:
    """Access codes as they are stored: in upper case, each once."""
    return tuple(dict.fromkeys(code.upper() for code in request.access_codes))
