"""Converts between the contract's messages and pricing's values."""

from collections import Counter
from collections.abc import Iterable

from eventhub.catalog.v1 import catalog_pb2 as catalog
from eventhub.inventory.v1.inventory_pb2 import Hold
from eventhub.pricing.v1 import pricing_pb2 as nouns
from eventhub.pricing.v1 import pricing_service_pb2 as pb
from services.kit.values import Money, fingerprint, from_timestamp, to_timestamp
from services.pricing.coupons import Coupon
from services.pricing.explaining import explained
from services.pricing.quotes import Asked, Event, Lot, Quote, QuoteLine, TicketType
from services.pricing.redemptions import Redemption

SERIES_PREFIX = "ser_"


def event(message: catalog.Event) -> Event:
    """The part of catalog's event that pricing needs."""
    return Event(
        event_id=message.event_id,
        organizer_id=message.organizer_id,
        currency=message.currency,
        tickets_per_order_max=message.tickets_per_order_max,
        ticket_types=tuple(ticket_type(each, message.currency) for each in message.ticket_types),
        time_zone=message.time_zone,
        lots={one.ticket_type_id: lots(one, message.currency) for one in message.ticket_types if one.lots},
        series_id=message.series_id,
    )


def ticket_type(message: catalog.TicketType, currency: str) -> TicketType:
    """The part of catalog's ticket type that pricing needs. currency: of the event; a free type may lack its own."""
    return TicketType(
        ticket_type_id=message.ticket_type_id,
        name=message.name,
        half_price=message.kind == catalog.TICKET_KIND_HALF_PRICE,
        price=Money(message.price.minor, message.price.currency or currency),
        prices=tuple((from_timestamp(each.from_at), Money(each.price.minor, currency)) for each in message.prices),
        archived=message.archived,
        package_size=message.package_size or 1,
    )


def lots(message: catalog.TicketType, currency: str) -> tuple[Lot, ...]:
    """The lots of catalog's ticket type. currency: as in ticket_type."""
    return tuple(
        Lot(lot.lot_id, lot.version, lot.name, Money(lot.price.minor, lot.price.currency or currency))
        for lot in message.lots
    )


def asked(items: Iterable[pb.QuoteItem]) -> list[Asked]:
    """The tickets that a buyer asks for."""
    return [Asked(item.ticket_type_id, item.quantity) for item in items]


def held(items: Iterable[pb.OrderItem]) -> list[Asked]:
    """The tickets of a hold that orders asks for."""
    return [Asked(item.ticket_type_id, item.quantity, item.lot_id, item.lot_version) for item in items]


def places(hold: Hold) -> list[Asked]:
    """The tickets that a hold has."""
    counts = Counter((place.ticket_type_id, place.lot_id, place.lot_version) for place in hold.places)
    return [Asked(type_id, n, lot_id, version) for (type_id, lot_id, version), n in counts.items()]


def code(text: str) -> str:
    """A coupon's code as it is stored: in upper case."""
    return text.upper()


def coupon(request: pb.CreateCouponRequest, organizer_id: str) -> Coupon:
    """The new coupon that a request describes."""
    return Coupon(
        coupon_id=request.coupon_id,
        scope_id=request.series_id or request.event_id,
        organizer_id=organizer_id,
        code=code(request.code),
        basis_points=request.basis_points,
        amount=Money.from_pb(request.amount) if request.HasField("amount") else None,
        ticket_type_ids=tuple(request.ticket_type_ids),
        ticket_type_names=tuple(request.ticket_type_names),
        expires_us=from_timestamp(request.expires_at),
        uses_max=request.uses_max,
        uses_per_participant_max=request.uses_per_participant_max,
        tickets_per_use_max=request.tickets_per_use_max,
        uses=0,
        content_hash=fingerprint(request),
    )


def is_series(scope_id: str) -> bool:
    """Whether an id is that of a series. Others are those of events."""
    return scope_id.startswith(SERIES_PREFIX)


def coupon_pb(coupon: Coupon) -> nouns.Coupon:
    """The contract's Coupon, with either an amount or basis points."""
    message = nouns.Coupon(
        coupon_id=coupon.coupon_id,
        event_id="" if is_series(coupon.scope_id) else coupon.scope_id,
        series_id=coupon.scope_id if is_series(coupon.scope_id) else "",
        code=coupon.code,
        ticket_type_ids=coupon.ticket_type_ids,
        ticket_type_names=coupon.ticket_type_names,
        expires_at=to_timestamp(coupon.expires_us),
        uses_max=coupon.uses_max,
        uses_per_participant_max=coupon.uses_per_participant_max,
        tickets_per_use_max=coupon.tickets_per_use_max,
        uses=coupon.uses,
    )
    if coupon.amount is None:
        message.basis_points = coupon.basis_points
    else:
        message.amount.CopyFrom(coupon.amount.to_pb())
    return message


def redemption(request: pb.ReserveRedemptionRequest) -> Redemption:
    """The redemption that a request describes."""
    return Redemption(
        order_id=request.order_id,
        coupon_id=request.coupon_id,
        buyer_id=request.buyer_id,
        tickets=request.tickets,
        discount_minor=request.discount.minor,
        currency=request.discount.currency,
    )


def quote_pb(quote: Quote, language: str = "") -> nouns.Quote:
    """The contract's Quote. language: of the explanations; empty for none. coupon_limited is true for every coupon: the
    uses of all coupons are counted, so each must be reserved before payment."""
    return nouns.Quote(
        event_id=quote.event.event_id,
        organizer_id=quote.event.organizer_id,
        lines=[line_pb(line, language) for line in quote.lines],
        face=quote.face.to_pb(),
        discount=quote.discount.to_pb(),
        total=quote.total.to_pb(),
        coupon_id=quote.coupon_id,
        coupon_limited=bool(quote.coupon_id),
    )


def line_pb(line: QuoteLine, language: str) -> nouns.QuoteLine:
    """The contract's QuoteLine. language: of the explanations; empty for none."""
    size = line.ticket_type.package_size
    return nouns.QuoteLine(
        ticket_type_id=line.ticket_type.ticket_type_id,
        ticket_type_name=line.ticket_type.name,
        quantity=len(line.unit_prices),
        unit_face=line.face.to_pb(),
        unit_prices=[one.to_pb() for one in line.unit_prices],
        total=line.total.to_pb(),
        reasons=line.reasons,
        explanations=explained(line, language) if language else (),
        lot_id=line.lot.lot_id if line.lot else "",
        lot_name=line.lot.name if line.lot else "",
        package_size=size if size > 1 else 0,
        unit_faces=[one.to_pb() for one in line.unit_faces] if size > 1 else (),
    )
