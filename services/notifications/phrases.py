"""Dates and reasons as people read them, in their language."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from types import MappingProxyType
from zoneinfo import ZoneInfo

from services.kit.language import BABEL, ENGLISH, PORTUGUESE, words

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DATES = {PORTUGUESE: "EEEE, d 'de' MMMM 'de' y", ENGLISH: "EEEE, MMMM d, y"}
TIME = "HH:mm"

# The contract has a sentence for each reason of a failed order. Some show facts, such as a date, which notices do not
# store. These sentences replace them; "" is for every other reason.
WITHOUT_FACTS = {
    PORTUGUESE: {"COUPON_EXPIRED": "A validade do cupom terminou.", "": "Não foi possível concluir o pedido."},
    ENGLISH: {"COUPON_EXPIRED": "The coupon is no longer valid.", "": "We could not complete the order."},
}
TICKETS = {PORTUGUESE: ("ingresso", "ingressos"), ENGLISH: ("ticket", "tickets")}
# How a customer has paid at the counter, by the names of the contract's CounterMethod.
AT_COUNTER = {
    PORTUGUESE: {
        "CASH": "Pago em dinheiro",
        "CARD_TERMINAL": "Pago na maquininha de cartão",
        "VOUCHER": "Pago com vale",
    },
    ENGLISH: {
        "CASH": "Paid in cash",
        "CARD_TERMINAL": "Paid at the card terminal",
        "VOUCHER": "Paid with a voucher",
    },
}
# The contract's sentences for these reasons already say that nothing was charged.
SAY_NO_CHARGE = ("PAYMENT_DECLINED", "PAYMENT_TIMED_OUT")


def reason(name: str, language: str) -> str:
    """The sentence that tells a buyer why an order failed. name: of the ErrorReason, without its prefix."""
    known = WITHOUT_FACTS[language]
    return words.of_reason(name, language) or known.get(name, known[""])


def one_line(text: str) -> str:
    """Text that people have typed, on one line: a title cannot begin a new line of a text, or of a header."""
    return " ".join(text.split())


def tickets(many: int, language: str) -> str:
    """A number of tickets in words."""
    one, more = TICKETS[language]
    return f"{many} {one if many == 1 else more}"


def moment(starts_local: str, time_zone: str, language: str) -> Mapping[str, str]:
    """A local time in words: date, time and the zone's city. starts_local: in ISO format, without an offset."""
    return shown(datetime.fromisoformat(starts_local), time_zone, language)


def instant(us: int, time_zone: str, language: str) -> Mapping[str, str]:
    """A moment in words, as a time zone's local time. us: microseconds since 1970."""
    local = (EPOCH + timedelta(microseconds=us)).astimezone(ZoneInfo(time_zone))
    return shown(local.replace(tzinfo=None), time_zone, language)


@lru_cache(maxsize=1_000)
def shown(local: datetime, time_zone: str, language: str) -> Mapping[str, str]:
    """A local time without an offset in words: date, time and the zone's city. Cached, because each mail about an event
    shows the same time."""
    from babel.dates import (  # noqa: PLC0415 - slow to import, and only needed once mail is written
        format_date,
        format_time,
        get_timezone_location,
    )

    zone = time_zone
    if "/" in time_zone:
        zone = get_timezone_location(time_zone, locale=BABEL[language], return_city=True)
    text = {
        "date": format_date(local, DATES[language], locale=BABEL[language]),
        "time": format_time(local, TIME, locale=BABEL[language]),
        "zone": zone,
    }
    return MappingProxyType(text)
