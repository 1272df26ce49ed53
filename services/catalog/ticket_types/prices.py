"""The prices of ticket types over time. Pure.

A new price is in force PRICE_NOTICE_US after it is saved. Until then every copy of the event that others keep, for at
most five seconds, has been read again, so no replica asks for an old price once the new one is in force.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from eventhub.refusals import TooManyRequests
from services.catalog.events import TicketType
from services.kit.values import SECOND_US

PRICE_NOTICE_US = 6 * SECOND_US
PRICES_MAX = 20
# A price stays known for longer than any hold lasts that was taken at it.
KNOWN_FOR_US = 3600 * SECOND_US


def dated(before: Iterable[TicketType], after: Sequence[TicketType], now_us: int) -> tuple[TicketType, ...]:
    """A published event's types as they are saved after a change: a price that is new is in force soon."""
    known = {ticket_type.ticket_type_id: ticket_type for ticket_type in before}
    return tuple(
        _dated(known.get(ticket_type.ticket_type_id, ticket_type), ticket_type, now_us) for ticket_type in after
    )


def _dated(before: TicketType, after: TicketType, now_us: int) -> TicketType:
    if after.price_minor == before.price_minor:
        return after
    so_far = before.prices or ((0, before.price_minor),)
    from_us = max(now_us + PRICE_NOTICE_US, so_far[-1][0] + 1)
    return replace(after, prices=(*so_far, (from_us, after.price_minor))[-PRICES_MAX:])


def check_changeable(ticket_type: TicketType, now_us: int) -> None:
    """Raises TooManyRequests if one more price would displace one at which a hold may have been taken."""
    if len(ticket_type.prices) < PRICES_MAX:
        return
    forgotten_us = ticket_type.prices[1][0] + KNOWN_FOR_US
    if now_us < forgotten_us:
        raise TooManyRequests(retry_after_s=(forgotten_us - now_us) / SECOND_US)


def half(price_minor: int) -> int:
    """Half of a price, rounded down to the minor unit."""
    return price_minor // 2


def at_half(full: TicketType) -> tuple[tuple[int, int], ...]:
    """The prices of a half-price type since its full-price type has had its prices."""
    return tuple((from_us, half(price_minor)) for from_us, price_minor in full.prices)
