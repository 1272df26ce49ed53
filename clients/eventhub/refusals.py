"""Every refusal of EventHub by its reason. Generated from error_reason.proto by scripts/gen."""

from eventhub.refusal import Refusal, TransientRefusal


class InvalidRequest(Refusal, reason="INVALID_REQUEST", code=3):
    """A field breaks its rule, or the message cannot be parsed. google.rpc.BadRequest lists the fields."""


class PageTokenInvalid(Refusal, reason="PAGE_TOKEN_INVALID", code=3):
    """The page token was not issued by this server, or belongs to another request."""


class IdInUse(Refusal, reason="ID_IN_USE", code=9):
    """The id is in use already, with other content or by another caller. Choose a fresh id."""


class RevisionUnknown(Refusal, reason="REVISION_UNKNOWN", code=11):
    """The server's history was replaced, so this revision is unknown. Watch from the start. Metadata: epoch."""


class TokenMissing(Refusal, reason="TOKEN_MISSING", code=16):
    """The call needs a token in the authorization metadata ("Bearer ...")."""


class TokenInvalid(Refusal, reason="TOKEN_INVALID", code=16):
    """The token is forged, damaged, or meant for another audience."""


class TokenExpired(Refusal, reason="TOKEN_EXPIRED", code=16):
    """The token has expired. Refresh it."""


class CredentialsWrong(Refusal, reason="CREDENTIALS_WRONG", code=16):
    """The e-mail, password, code or secret is wrong. For safety, the refusal does not tell which one."""


class CodeExpired(Refusal, reason="CODE_EXPIRED", code=16):
    """The access code is wrong, used, expired, or was tried too often by this caller. Request a new one."""


class AccessDenied(Refusal, reason="ACCESS_DENIED", code=7):
    """Callers of this kind or role may not call this. Metadata: needs."""


class EmailInUse(Refusal, reason="EMAIL_IN_USE", code=6):
    """The organizer already has, or has invited, a member with this e-mail under another account_id."""


class MemberNotFound(Refusal, reason="MEMBER_NOT_FOUND", code=5):
    """The organizer has no such member."""


class OrganizerNotFound(Refusal, reason="ORGANIZER_NOT_FOUND", code=5):
    """There is no such organizer."""


class GateNotFound(Refusal, reason="GATE_NOT_FOUND", code=5):
    """The organizer has no such gate device."""


class SubjectNotFound(Refusal, reason="SUBJECT_NOT_FOUND", code=5):
    """There is no such person."""


class LastOwner(Refusal, reason="LAST_OWNER", code=9):
    """An organizer must keep at least one owner."""


class TokenRevoked(Refusal, reason="TOKEN_REVOKED", code=16):
    """The token was revoked, because the sign-in has ended or the role has changed. Refresh it, or sign in again."""


class VenueNotFound(Refusal, reason="VENUE_NOT_FOUND", code=5):
    """There is no such venue, or it belongs to another organizer."""


class PlanNotFound(Refusal, reason="PLAN_NOT_FOUND", code=5):
    """There is no such seating plan, or it belongs to another organizer."""


class PlanMalformed(Refusal, reason="PLAN_MALFORMED", code=3):
    """The seating plan is malformed; nothing was stored. Metadata: problem, where."""


class PlanTooLarge(Refusal, reason="PLAN_TOO_LARGE", code=3):
    """The seating plan exceeds 200000 seats or 32 MiB. Metadata: limit."""


class EventNotFound(Refusal, reason="EVENT_NOT_FOUND", code=5):
    """There is no such event, it is not published, or it belongs to another organizer."""


class EventState(Refusal, reason="EVENT_STATE", code=9):
    """The event's state does not allow this. Metadata: state."""


class EventIncomplete(Refusal, reason="EVENT_INCOMPLETE", code=9):
    """The event lacks something that it needs to be published. Metadata: missing."""


class EventInPast(Refusal, reason="EVENT_IN_PAST", code=9):
    """The time lies in the past."""


class TicketTypeNotFound(Refusal, reason="TICKET_TYPE_NOT_FOUND", code=5):
    """The event has no such ticket type. Metadata: ticket_type_id."""


class TimeZoneUnknown(Refusal, reason="TIME_ZONE_UNKNOWN", code=3):
    """The time zone is not an IANA one, or the local time does not exist there. Metadata: time_zone."""


class SeriesNotFound(Refusal, reason="SERIES_NOT_FOUND", code=5):
    """The organizer has no such series. To buyers, a series without a published night does not exist."""


class EventInSeries(Refusal, reason="EVENT_IN_SERIES", code=9):
    """The event is a night of a series already."""


class SeriesTooLong(Refusal, reason="SERIES_TOO_LONG", code=9):
    """The series has the maximum number of nights. Metadata: limit."""


class NightNotForPass(Refusal, reason="NIGHT_NOT_FOR_PASS", code=9):
    """The pass cannot have this night: it is not published, or lacks the ticket type. Metadata: event_id."""


class NoWaitingList(Refusal, reason="NO_WAITING_LIST", code=9):
    """No person can wait for a pass, or for a ticket type that needs an access code. Metadata: ticket_type_id."""


class EventNotOnSale(Refusal, reason="EVENT_NOT_ON_SALE", code=9):
    """The event is not on sale now. Metadata: event_id; starts_at, if sales begin later."""


class SeatNotFound(Refusal, reason="SEAT_NOT_FOUND", code=5):
    """The event has no such seat. Metadata: seat_id."""


class SeatTaken(Refusal, reason="SEAT_TAKEN", code=10):
    """The seat is held, sold or blocked. Choose another, for example with FindBestSeats. Metadata: seat_id, seat."""


class SeatNotOfType(Refusal, reason="SEAT_NOT_OF_TYPE", code=9):
    """The ticket type is not sold for this seat's category. Metadata: seat_id, seat, ticket_type_id."""


class SeatRequired(Refusal, reason="SEAT_REQUIRED", code=3):
    """The ticket type is sold by numbered seat: name the seats. Metadata: ticket_type_id."""


class SeatNotAllowed(Refusal, reason="SEAT_NOT_ALLOWED", code=3):
    """The ticket type has no numbered seats: give a quantity. Metadata: ticket_type_id."""


class SoldOut(Refusal, reason="SOLD_OUT", code=8):
    """Not enough places are left. Metadata: ticket_type_id, available; waiting, if others wait for them in a list."""


class OrderLimit(Refusal, reason="ORDER_LIMIT", code=9):
    """One order may not have this many tickets. Metadata: limit."""


class HoldNotFound(Refusal, reason="HOLD_NOT_FOUND", code=5):
    """There is no such hold, or it belongs to another buyer."""


class HoldExpired(Refusal, reason="HOLD_EXPIRED", code=9):
    """The hold has lapsed or was released. Hold again."""


class HoldInUse(Refusal, reason="HOLD_IN_USE", code=9):
    """The hold already belongs to an order."""


class NoSuchSeats(Refusal, reason="NO_SUCH_SEATS", code=9):
    """No free seats match the request. Metadata: available."""


class HoldLimit(Refusal, reason="HOLD_LIMIT", code=8):
    """One person may not have more holds at once. google.rpc.RetryInfo tells when one lapses. Metadata: limit."""


class HeldPlacesLimit(Refusal, reason="HELD_PLACES_LIMIT", code=8):
    """One person may not hold more places of an event at once. RetryInfo as in HOLD_LIMIT. Metadata: limit, held."""


class AddressLimit(Refusal, reason="ADDRESS_LIMIT", code=8):
    """Unproven guests at one address hold too much. Prove the contact, or wait: see RetryInfo. Metadata: limit."""


class HalfPriceLotTooSmall(Refusal, reason="HALF_PRICE_LOT_TOO_SMALL", code=9):
    """The event offers fewer half-price tickets than the law requires. Metadata: reserve, offered."""


class TicketTypeTooLarge(Refusal, reason="TICKET_TYPE_TOO_LARGE", code=3):
    """The ticket type would exceed its event or its seat categories. Metadata: limit."""


class TicketTypeNameInUse(Refusal, reason="TICKET_TYPE_NAME_IN_USE", code=6):
    """The event already has a ticket type of this name. Metadata: name."""


class TypeOrderLimit(Refusal, reason="TYPE_ORDER_LIMIT", code=9):
    """One order may have min to max tickets of the type; max 0: no limit. Metadata: ticket_type_id, min, max."""


class TypeNotOnSale(Refusal, reason="TYPE_NOT_ON_SALE", code=9):
    """The ticket type does not sell at this time. Metadata: ticket_type_id, starts_at and ends_at if it has them."""


class AccessCodeWrong(Refusal, reason="ACCESS_CODE_WRONG", code=9):
    """The ticket type needs another access code. In GetEvent: the code opens no type. Metadata: ticket_type_id."""


class TicketTypeArchived(Refusal, reason="TICKET_TYPE_ARCHIVED", code=9):
    """The ticket type sells no more. Metadata: ticket_type_id."""


class CapacityBelowSold(Refusal, reason="CAPACITY_BELOW_SOLD", code=9):
    """Fewer places than are held and sold. name: of the count, as in Stock.name. Metadata: name, taken, wanted."""


class LotStarted(Refusal, reason="LOT_STARTED", code=9):
    """A lot whose turn has begun keeps its place, name and price; after its turn nothing changes. Metadata: lot_id."""


class PackageIncomplete(Refusal, reason="PACKAGE_INCOMPLETE", code=9):
    """The tickets are sold in packages, each with seats of one row: see HoldItem. Metadata: ticket_type_id, size."""


class PersonLimit(Refusal, reason="PERSON_LIMIT", code=9):
    """The person would have more tickets of the event, over all orders, than it allows. Metadata: limit, have."""


class CompanionSeat(Refusal, reason="COMPANION_SEAT", code=9):
    """A companion's seat goes with the accessible one beside it. Metadata: seat_id, seat, beside_id, beside."""


class OrphanSeat(Refusal, reason="ORPHAN_SEAT", code=9):
    """The hold would leave a free seat alone in its row although it need not. Metadata: seat_id, seat."""


class CouponUnknown(Refusal, reason="COUPON_UNKNOWN", code=5):
    """The event has no such coupon."""


class CouponExpired(Refusal, reason="COUPON_EXPIRED", code=9):
    """The coupon has expired. Metadata: expired_at."""


class CouponExhausted(Refusal, reason="COUPON_EXHAUSTED", code=9):
    """The coupon has no uses left."""


class CouponLimitReached(Refusal, reason="COUPON_LIMIT_REACHED", code=9):
    """This participant may not use the coupon again. Metadata: limit."""


class CouponNotApplicable(Refusal, reason="COUPON_NOT_APPLICABLE", code=9):
    """The coupon applies to none of the tickets."""


class CouponCodeInUse(Refusal, reason="COUPON_CODE_IN_USE", code=6):
    """The event already has a coupon with this code."""


class ContactUnverified(Refusal, reason="CONTACT_UNVERIFIED", code=9):
    """This needs a proven e-mail. Prove it with an access code; at the counter, name the customer."""


class CurrencyMismatch(Refusal, reason="CURRENCY_MISMATCH", code=3):
    """An amount's currency differs from the event's. Metadata: expected."""


class OrderNotFound(Refusal, reason="ORDER_NOT_FOUND", code=5):
    """There is no such order, or it belongs to another caller."""


class OrderState(Refusal, reason="ORDER_STATE", code=9):
    """The order's state does not allow this. Metadata: state."""


class TotalChanged(Refusal, reason="TOTAL_CHANGED", code=9):
    """The total differs from the expected one. Metadata: expected_minor, total_minor, currency."""


class MethodNotAllowed(Refusal, reason="METHOD_NOT_ALLOWED", code=9):
    """The payment method is not allowed for this order or caller. Metadata: method."""


class PaymentDeclined(Refusal, reason="PAYMENT_DECLINED", code=9):
    """The provider declined the payment; the hold can be paid with another card. Only in Order.failure."""


class PaymentNotFound(Refusal, reason="PAYMENT_NOT_FOUND", code=5):
    """The order has no payment."""


class PaymentState(Refusal, reason="PAYMENT_STATE", code=9):
    """The payment's state does not allow this. Metadata: state."""


class PaymentTimedOut(Refusal, reason="PAYMENT_TIMED_OUT", code=9):
    """The payment did not complete in time, and nothing was charged. Only in Order.failure."""


class ProviderUnknown(Refusal, reason="PROVIDER_UNKNOWN", code=5):
    """There is no payment provider of this name."""


class OrderCancelled(Refusal, reason="ORDER_CANCELLED", code=9):
    """The buyer cancelled the order. Only in Order.failure."""


class TillNotOpen(Refusal, reason="TILL_NOT_OPEN", code=9):
    """The clerk has no open till, or it was closed before the sale was booked. Open a till."""


class TillOpen(Refusal, reason="TILL_OPEN", code=9):
    """The clerk has another open till. Close it first. Metadata: till_id."""


class TillNotFound(Refusal, reason="TILL_NOT_FOUND", code=5):
    """There is no such till, or it belongs to another clerk or organizer."""


class TillClosed(Refusal, reason="TILL_CLOSED", code=9):
    """The till is closed already, with another count or note."""


class TillOtherEvent(Refusal, reason="TILL_OTHER_EVENT", code=9):
    """The clerk's till sells another event only. Metadata: event_id."""


class TillNoteRequired(Refusal, reason="TILL_NOTE_REQUIRED", code=9):
    """The counted cash is not the expected, and there is no note. Metadata: expected_minor, counted_minor, currency."""


class TillCurrency(Refusal, reason="TILL_CURRENCY", code=9):
    """The till counts another currency. Metadata: expected."""


class CashTooLittle(Refusal, reason="CASH_TOO_LITTLE", code=9):
    """The customer has given less cash than the total. Metadata: received_minor, total_minor, currency."""


class TicketNotFound(Refusal, reason="TICKET_NOT_FOUND", code=5):
    """There is no such ticket, or it belongs to another caller."""


class TicketForged(Refusal, reason="TICKET_FORGED", code=9):
    """The code is not a ticket that this platform signed."""


class TicketOtherEvent(Refusal, reason="TICKET_OTHER_EVENT", code=9):
    """The ticket is for another event."""


class TicketUsed(Refusal, reason="TICKET_USED", code=9):
    """The ticket was already used. Metadata: used_at, gate; time_zone, if the event's is known."""


class TicketRevoked(Refusal, reason="TICKET_REVOKED", code=9):
    """The ticket is no longer valid."""


class LinkInvalid(Refusal, reason="LINK_INVALID", code=5):
    """The join link is not valid."""


class NotOnline(Refusal, reason="NOT_ONLINE", code=9):
    """The event is not held online."""


class CheckInClosed(Refusal, reason="CHECK_IN_CLOSED", code=9):
    """The gates are closed for this event at this time. Metadata: opens_at, closes_at, time_zone, title."""


class JoinClosed(Refusal, reason="JOIN_CLOSED", code=9):
    """Join links do not work at this time. Metadata: opens_at, closes_at, time_zone, title."""


class Overloaded(TransientRefusal, reason="OVERLOADED", code=8):
    """The server is overloaded. google.rpc.RetryInfo tells when to try again."""


class TooManyRequests(TransientRefusal, reason="TOO_MANY_REQUESTS", code=8):
    """This caller makes too many requests. google.rpc.RetryInfo tells when to try again."""


class DeadlinePassed(TransientRefusal, reason="DEADLINE_PASSED", code=4):
    """The call did not finish before its deadline. Metadata: method."""


class Draining(TransientRefusal, reason="DRAINING", code=14):
    """The server is shutting down. Connect again; a stream can continue from its last revision."""


class Unavailable(TransientRefusal, reason="UNAVAILABLE", code=14):
    """A part of the platform is unreachable. Nothing was changed; try again."""


class Internal(TransientRefusal, reason="INTERNAL", code=13):
    """The server failed. Metadata: request_id."""


class MethodUnknown(Refusal, reason="METHOD_UNKNOWN", code=12):
    """This server has no such method."""


class ServiceUnknown(Refusal, reason="SERVICE_UNKNOWN", code=5):
    """This server does not have the service, so its health is unknown."""


class NotSoldOut(Refusal, reason="NOT_SOLD_OUT", code=9):
    """The ticket type can be held now, and no one waits for it. Metadata: ticket_type_id, available."""


class AlreadyWaiting(Refusal, reason="ALREADY_WAITING", code=6):
    """The person already waits for this ticket type, or has an offer. Metadata: entry_id."""


class WaitingLimit(Refusal, reason="WAITING_LIMIT", code=8):
    """One person may not wait in more lists at once. Metadata: limit."""


class WaitingEntryNotFound(Refusal, reason="WAITING_ENTRY_NOT_FOUND", code=5):
    """There is no such entry in a waiting list, or it is another person's."""


class EventMoving(TransientRefusal, reason="EVENT_MOVING", code=14):
    """Seats of the event are being moved to another plan. The call can be tried again soon. Metadata: event_id."""


class RelocationIncomplete(Refusal, reason="RELOCATION_INCOMPLETE", code=9):
    """Some taken seats have no place in the new plan. PreviewRelocation lists them. Metadata: seats."""


class PassKeepsPlan(Refusal, reason="PASS_KEEPS_PLAN", code=9):
    """Passes on sale have the same numbered seat in each night, so a night keeps its plan. Metadata: ticket_type_id."""


class RelocationNotFound(Refusal, reason="RELOCATION_NOT_FOUND", code=5):
    """There is no such relocation, or it is another organizer's."""


class SeatMapChanged(Refusal, reason="SEAT_MAP_CHANGED", code=10):
    """The event has another seating plan by now. A client gets the new seat map and begins the stream again."""


class RefundNotAllowed(Refusal, reason="REFUND_NOT_ALLOWED", code=9):
    """The order cannot be given back, or not any more. Metadata: until, if it ever could."""


class RefundTooLarge(Refusal, reason="REFUND_TOO_LARGE", code=9):
    """More money was asked for than is left of the order, or of its named lines. Metadata: left_minor, currency."""


class LineNotRefundable(Refusal, reason="LINE_NOT_REFUNDABLE", code=9):
    """A line of the order does not exist, or was given back before. Metadata: line_id."""


class RefundUnderWay(TransientRefusal, reason="REFUND_UNDER_WAY", code=14):
    """Another refund of the order is not over."""


class RefundNotFound(Refusal, reason="REFUND_NOT_FOUND", code=5):
    """There is no such refund, or it is another organizer's."""


class RefundState(Refusal, reason="REFUND_STATE", code=9):
    """The refund is not in a state in which this can be done. Metadata: state."""


class RefundTermsWorse(Refusal, reason="REFUND_TERMS_WORSE", code=9):
    """After publication the terms of refunds only change in the buyers' favour."""


class PayoutNotFound(Refusal, reason="PAYOUT_NOT_FOUND", code=5):
    """There is no such batch of payouts."""
