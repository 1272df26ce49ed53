"""Passes as the contract's messages, and back."""

from datetime import UTC, datetime

from eventhub.catalog.v1 import catalog_pb2 as nouns
from eventhub.catalog.v1 import catalog_service_pb2 as pb
from eventhub.inventory.v1 import inventory_service_pb2 as inventory
from services.catalog import convert
from services.catalog.events import Admission
from services.catalog.passes.passes import Offer, Pass, Wanted, event_of, per_order_max, per_person_max
from services.kit.values import SECOND_US, to_timestamp

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


def event_pb(offer: Offer) -> nouns.Event:
    """A series as an event, with those of its passes as ticket types that are on sale."""
    message = convert.event_pb(event_of(offer))
    for shown, one in zip(message.ticket_types, (one for one in offer.passes if one.on_sale), strict=True):
        shown.night_ids.extend(night.event_id for night in one.nights)
    return message


def pass_pb(one: Pass, currency: str) -> nouns.TicketType:
    """A pass as a ticket type. currency: of its series."""
    message = convert.type_pb(one.ticket_type, currency, (), access_codes=False)
    message.night_ids.extend(night.event_id for night in one.nights)
    return message


def provision_pb(offer: Offer) -> inventory.ProvisionRequest:
    """A series as inventory needs it: all its passes, also those that are not shown yet. Its number is that of the
    passes, which only grows."""
    types = {ticket_type.ticket_type_id: (night, ticket_type) for night in offer.nights for ticket_type in night.types}
    specs = []
    for one in offer.passes:
        night, stood_for = types[one.nights[0].ticket_type_id]
        specs.append(
            inventory.TypeSpec(
                ticket_type_id=one.ticket_type.ticket_type_id,
                seated=night.admission == Admission.SEATED and not stood_for.area_id,
                pool_ids=[f"{one.ticket_type.ticket_type_id}.lot"],
                nights=[
                    inventory.PassNight(event_id=each.event_id, ticket_type_id=each.ticket_type_id)
                    for each in one.nights
                ],
            )
        )
    return inventory.ProvisionRequest(
        event_id=offer.series.series_id,
        organizer_id=offer.series.organizer_id,
        version=len(offer.passes),
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
        types=specs,
    )
