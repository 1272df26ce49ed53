"""Passes as the contract's messages, and back."""

from datetime import UTC, datetime

from eventhub.catalog.v1 import catalog_pb2 as nouns
from eventhub.catalog.v1 import catalog_service_pb2 as pb
from eventhub.inventory.v1 import inventory_service_pb2 as inventory
from services.catalog import convert
from services.catalog.events import Admission, TicketKind, TicketType
from services.catalog.passes.passes import Offer, Pass, Wanted, event_of, per_order_max, per_person_max
from services.catalog.ticket_types import showing
from services.catalog.ticket_types.editing import Edit
from services.kit.values import SECOND_US, from_timestamp, to_timestamp

# A series sells for ever: each pass is sold as long as all its nights are.
NEVER_US = int(datetime(9999, 1, 1, tzinfo=UTC).timestamp()) * SECOND_US


def wanted(request: pb.AddPassRequest) -> Wanted:
    """The pass that a request describes."""
    return Wanted(
        ticket_type_id=request.ticket_type_id,
        series_id=request.series_id,
        name=request.name,
        price_minor=request.price.minor,
        currency=request.price.currency,
        capacity=request.capacity,
        type_name=request.ticket_type_name,
        event_ids=tuple(request.event_ids),
    )


def edit_of(request: pb.UpdatePassRequest) -> Edit:
    """The change that a request describes. Fields that it does not name have no meaning."""
    return Edit(
        mask=frozenset(request.update_mask.paths),
        wanted=TicketType(
            ticket_type_id=request.ticket_type_id,
            name=request.name,
            kind=TicketKind.OTHER,
            price_minor=request.price.minor,
            categories=(),
            capacity=request.capacity,
            half_of="",
            description=request.description,
            per_order_min=request.per_order_min,
            per_order_max=request.per_order_max,
            hidden=request.hidden,
            sales_start_us=from_timestamp(request.sales_start_at),
            sales_end_us=from_timestamp(request.sales_end_at),
        ),
        currency=request.price.currency if request.HasField("price") else None,
        list_position=0,
    )


def event_pb(offer: Offer, *, for_buyers: bool = False) -> nouns.Event:
    """A series as an event with its passes as ticket types. for_buyers: only with those that buyers see."""
    event = event_of(offer)
    message = convert.event_pb(showing.for_buyers(event) if for_buyers else event)
    nights = {one.ticket_type.ticket_type_id: one.nights for one in offer.passes}
    for shown in message.ticket_types:
        shown.night_ids.extend(night.event_id for night in nights[shown.ticket_type_id])
    return message


def pass_pb(one: Pass, currency: str) -> nouns.TicketType:
    """A pass as a ticket type. currency: of its series."""
    message = convert.type_pb(one.ticket_type, currency, (), access_codes=False)
    message.night_ids.extend(night.event_id for night in one.nights)
    return message


def provision_pb(offer: Offer) -> inventory.ProvisionRequest:
    """A series as inventory needs it: all its passes. It has no number yet."""
    return inventory.ProvisionRequest(
        event_id=offer.series.series_id,
        organizer_id=offer.series.organizer_id,
        sales_end_at=to_timestamp(NEVER_US),
        tickets_per_order_max=per_order_max(offer),
        tickets_per_person_max=per_person_max(offer),
        pools=[
            inventory.PoolSpec(
                pool_id=f"{one.ticket_type.ticket_type_id}.lot",
                name=one.ticket_type.ticket_type_id,
                capacity=one.ticket_type.capacity,
                released_capacity=one.ticket_type.capacity,
            )
            for one in offer.passes
        ],
        types=[spec_pb(one, offer) for one in offer.passes],
    )


def spec_pb(one: Pass, offer: Offer) -> inventory.TypeSpec:
    """A pass as inventory needs it. offer: of its series."""
    types = {ticket_type.ticket_type_id: (night, ticket_type) for night in offer.nights for ticket_type in night.types}
    night, stood_for = types[one.nights[0].ticket_type_id]
    ticket_type = one.ticket_type
    return inventory.TypeSpec(
        ticket_type_id=ticket_type.ticket_type_id,
        seated=night.admission == Admission.SEATED and not stood_for.area_id,
        pool_ids=[f"{ticket_type.ticket_type_id}.lot"],
        nights=[inventory.PassNight(event_id=each.event_id, ticket_type_id=each.ticket_type_id) for each in one.nights],
        archived=ticket_type.archived,
        per_order_min=ticket_type.per_order_min,
        per_order_max=ticket_type.per_order_max,
        sales_start_at=to_timestamp(ticket_type.sales_start_us or None),
        sales_end_at=to_timestamp(ticket_type.sales_end_us or None),
        hidden=ticket_type.hidden,
    )
