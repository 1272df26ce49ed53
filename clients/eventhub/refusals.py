"""Every refusal of EventHub by its reason. Generated from error_reason.proto by scripts/gen."""

from eventhub.refusal import Refusal


class InvalidRequest(Refusal, reason="INVALID_REQUEST", code=3):
    """A field breaks its rule or the message cannot be read. google.rpc.BadRequest says what."""


class PageTokenInvalid(Refusal, reason="PAGE_TOKEN_INVALID", code=3):
    """A page token is not one of ours or belongs to another request."""


class IdInUse(Refusal, reason="ID_IN_USE", code=9):
    """The id names something else already: other content, or somebody else's. Choose a fresh id."""


class RevisionUnknown(Refusal, reason="REVISION_UNKNOWN", code=11):
    """A stream cannot go on from this revision, which is of another history: begin anew. Metadata: epoch."""


class TokenMissing(Refusal, reason="TOKEN_MISSING", code=16):
    """The call needs a token in the authorization metadata ("Bearer ...")."""


class TokenInvalid(Refusal, reason="TOKEN_INVALID", code=16):
    """The token is forged, damaged, or not for us."""


class TokenExpired(Refusal, reason="TOKEN_EXPIRED", code=16):
    """The token has expired. Refresh it."""


class CredentialsWrong(Refusal, reason="CREDENTIALS_WRONG", code=16):
    """E-mail and password, code or secret do not fit. Which one is not said."""


class CodeExpired(Refusal, reason="CODE_EXPIRED", code=16):
    """The access code is wrong, used, expired or tried too often by this caller. Ask for a new one."""


class AccessDenied(Refusal, reason="ACCESS_DENIED", code=7):
    """The caller's kind or role may not do this. Metadata: needs."""


class EmailInUse(Refusal, reason="EMAIL_IN_USE", code=6):
    """Somebody with this e-mail works for the organizer already, or was invited, under another account_id."""


class MemberNotFound(Refusal, reason="MEMBER_NOT_FOUND", code=5):
    """No such member of this organizer."""


class GateNotFound(Refusal, reason="GATE_NOT_FOUND", code=5):
    """No such gate device of this organizer."""


class SubjectNotFound(Refusal, reason="SUBJECT_NOT_FOUND", code=5):
    """No such person."""


class LastOwner(Refusal, reason="LAST_OWNER", code=9):
    """An organizer keeps at least one owner."""


class TokenRevoked(Refusal, reason="TOKEN_REVOKED", code=16):
    """The token was revoked: the sign-in has ended, or the role has changed. Refresh it, or sign in again."""


class VenueNotFound(Refusal, reason="VENUE_NOT_FOUND", code=5):
    """No such venue, or not yours."""


class PlanNotFound(Refusal, reason="PLAN_NOT_FOUND", code=5):
    """No such seating plan, or not yours."""


class PlanMalformed(Refusal, reason="PLAN_MALFORMED", code=3):
    """A seating plan cannot be used; nothing of it was kept. Metadata: problem, where."""


class PlanTooLarge(Refusal, reason="PLAN_TOO_LARGE", code=3):
    """A seating plan has more than 200000 seats or 32 MiB. Metadata: limit."""


class EventNotFound(Refusal, reason="EVENT_NOT_FOUND", code=5):
    """No such event, not published, or not yours."""


class EventState(Refusal, reason="EVENT_STATE", code=9):
    """The event's state does not allow this. Metadata: state."""


class EventIncomplete(Refusal, reason="EVENT_INCOMPLETE", code=9):
    """The event cannot be published yet. Metadata: missing."""


class EventInPast(Refusal, reason="EVENT_IN_PAST", code=9):
    """The time lies in the past."""


class TicketTypeNotFound(Refusal, reason="TICKET_TYPE_NOT_FOUND", code=5):
    """No such ticket type of this event. Metadata: ticket_type_id."""


class TimeZoneUnknown(Refusal, reason="TIME_ZONE_UNKNOWN", code=3):
    """Not an IANA time zone, or a local time that does not exist there. Metadata: time_zone."""


class EventNotOnSale(Refusal, reason="EVENT_NOT_ON_SALE", code=9):
    """The event sells nothing now: not opened yet, ended or cancelled. Metadata: event_id."""


class SeatNotFound(Refusal, reason="SEAT_NOT_FOUND", code=5):
    """No such seat of this event. Metadata: seat_id."""


class SeatTaken(Refusal, reason="SEAT_TAKEN", code=10):
    """A seat is held, sold or blocked. Metadata: seat_id, seat. Choose another; FindBestSeats helps."""


class SeatNotOfType(Refusal, reason="SEAT_NOT_OF_TYPE", code=9):
    """The ticket type is not sold for this seat's category. Metadata: seat_id, seat, ticket_type_id."""


class SeatRequired(Refusal, reason="SEAT_REQUIRED", code=3):
    """The ticket type is sold by numbered seat: name the seats. Metadata: ticket_type_id."""


class SeatNotAllowed(Refusal, reason="SEAT_NOT_ALLOWED", code=3):
    """The ticket type has no numbered seats: give a quantity. Metadata: ticket_type_id."""


class SoldOut(Refusal, reason="SOLD_OUT", code=8):
    """Not enough places are left. Metadata: ticket_type_id, available."""


class OrderLimit(Refusal, reason="ORDER_LIMIT", code=9):
    """More tickets than one order may have. Metadata: limit."""


class HoldNotFound(Refusal, reason="HOLD_NOT_FOUND", code=5):
    """No such hold, or not yours."""


class HoldExpired(Refusal, reason="HOLD_EXPIRED", code=9):
    """The hold has lapsed or was released. Hold again."""


class HoldInUse(Refusal, reason="HOLD_IN_USE", code=9):
    """The hold belongs to an order already."""


class NoSuchSeats(Refusal, reason="NO_SUCH_SEATS", code=9):
    """No free seats fit the wish. Metadata: available."""


class HoldLimit(Refusal, reason="HOLD_LIMIT", code=8):
    """One person has no more holds at once. google.rpc.RetryInfo says when one lapses. Metadata: limit."""


class HeldPlacesLimit(Refusal, reason="HELD_PLACES_LIMIT", code=8):
    """One person holds no more places of an event at once. RetryInfo as in HOLD_LIMIT. Metadata: limit, held."""


class AddressLimit(Refusal, reason="ADDRESS_LIMIT", code=8):
    """Unproven guests at one address hold no more together: prove the contact. RetryInfo as above. Metadata: limit."""


class HalfPriceLotTooSmall(Refusal, reason="HALF_PRICE_LOT_TOO_SMALL", code=9):
    """Fewer tickets are on offer at half price than the law reserves for it. Metadata: reserve, offered."""


class TicketTypeTooLarge(Refusal, reason="TICKET_TYPE_TOO_LARGE", code=3):
    """A ticket type would be larger than its event, or than its seat categories. Metadata: limit."""


class TicketTypeNameInUse(Refusal, reason="TICKET_TYPE_NAME_IN_USE", code=6):
    """The event has a ticket type of this name already. Metadata: name."""


class CouponUnknown(Refusal, reason="COUPON_UNKNOWN", code=5):
    """No such coupon for this event."""


class CouponExpired(Refusal, reason="COUPON_EXPIRED", code=9):
    """The coupon's time is over. Metadata: expired_at."""


class CouponExhausted(Refusal, reason="COUPON_EXHAUSTED", code=9):
    """The coupon's uses are spent."""


class CouponLimitReached(Refusal, reason="COUPON_LIMIT_REACHED", code=9):
    """This participant has used the coupon as often as allowed. Metadata: limit."""


class CouponNotApplicable(Refusal, reason="COUPON_NOT_APPLICABLE", code=9):
    """The coupon fits none of the tickets."""


class CouponCodeInUse(Refusal, reason="COUPON_CODE_IN_USE", code=6):
    """The event has a coupon of this code already."""


class ContactUnverified(Refusal, reason="CONTACT_UNVERIFIED", code=9):
    """A limit per participant counts proven e-mails. Prove it by an access code; at the counter, name the customer."""


class CurrencyMismatch(Refusal, reason="CURRENCY_MISMATCH", code=3):
    """An amount is in another currency than the event's. Metadata: expected."""


class OrderNotFound(Refusal, reason="ORDER_NOT_FOUND", code=5):
    """No such order, or not yours."""


class OrderState(Refusal, reason="ORDER_STATE", code=9):
    """The order's state does not allow this. Metadata: state."""


class TotalChanged(Refusal, reason="TOTAL_CHANGED", code=9):
    """The total is not the expected one. Metadata: expected_minor, total_minor, currency."""


class MethodNotAllowed(Refusal, reason="METHOD_NOT_ALLOWED", code=9):
    """The payment method does not fit this order or caller. Metadata: method."""


class PaymentDeclined(Refusal, reason="PAYMENT_DECLINED", code=9):
    """The provider declined the payment. Another card may pay the hold. Only as Order.failure."""


class PaymentNotFound(Refusal, reason="PAYMENT_NOT_FOUND", code=5):
    """No payment for this order."""


class PaymentState(Refusal, reason="PAYMENT_STATE", code=9):
    """The payment's state does not allow this. Metadata: state."""


class PaymentTimedOut(Refusal, reason="PAYMENT_TIMED_OUT", code=9):
    """The payment did not come through in time. Nothing was charged. Only as Order.failure."""


class ProviderUnknown(Refusal, reason="PROVIDER_UNKNOWN", code=5):
    """No payment provider of this name."""


class OrderCancelled(Refusal, reason="ORDER_CANCELLED", code=9):
    """The buyer gave the order up. Only as Order.failure."""


class TicketNotFound(Refusal, reason="TICKET_NOT_FOUND", code=5):
    """No such ticket, or not yours."""


class TicketForged(Refusal, reason="TICKET_FORGED", code=9):
    """The code is not a ticket of ours."""


class TicketOtherEvent(Refusal, reason="TICKET_OTHER_EVENT", code=9):
    """The ticket is for another event."""


class TicketUsed(Refusal, reason="TICKET_USED", code=9):
    """The ticket was used already. Metadata: used_at, gate, time_zone: the event's, if it is known."""


class TicketRevoked(Refusal, reason="TICKET_REVOKED", code=9):
    """The ticket is no longer valid."""


class LinkInvalid(Refusal, reason="LINK_INVALID", code=5):
    """The join link is not valid."""


class NotOnline(Refusal, reason="NOT_ONLINE", code=9):
    """The event is not held online."""


class CheckInClosed(Refusal, reason="CHECK_IN_CLOSED", code=9):
    """Gates do not let people into this event now. Metadata: opens_at, closes_at, time_zone, title."""


class JoinClosed(Refusal, reason="JOIN_CLOSED", code=9):
    """Links do not open this event now. Metadata: opens_at, closes_at, time_zone, title."""


class Overloaded(Refusal, reason="OVERLOADED", code=8):
    """Too much to do at the moment. google.rpc.RetryInfo says when to try again."""


class TooManyRequests(Refusal, reason="TOO_MANY_REQUESTS", code=8):
    """This caller asks too often. google.rpc.RetryInfo says when to try again."""


class DeadlinePassed(Refusal, reason="DEADLINE_PASSED", code=4):
    """The call did not finish in time. Metadata: method."""


class Draining(Refusal, reason="DRAINING", code=14):
    """The server is going down. Connect again; streams go on from their last revision."""


class Unavailable(Refusal, reason="UNAVAILABLE", code=14):
    """A part of the platform cannot be reached. Nothing was changed; try again."""


class Internal(Refusal, reason="INTERNAL", code=13):
    """A mistake of ours. Metadata: request_id."""


class MethodUnknown(Refusal, reason="METHOD_UNKNOWN", code=12):
    """No such method here."""


class ServiceUnknown(Refusal, reason="SERVICE_UNKNOWN", code=5):
    """No such service is served here: its health is unknown."""
