"""Dates and reasons as people read them, in their language."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from services.kit.languages import BABEL, ENGLISH, PORTUGUESE

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DATES = {PORTUGUESE: "EEEE, d 'de' MMMM 'de' y", ENGLISH: "EEEE, MMMM d, y"}
TIME = "HH:mm"

REASONS = {
    PORTUGUESE: {
        "PAYMENT_DECLINED": "O pagamento foi recusado pela operadora do cartão.",
        "PAYMENT_TIMED_OUT": "A confirmação do pagamento não chegou a tempo.",
        "ORDER_CANCELLED": "O pedido foi cancelado por você.",
        "HOLD_EXPIRED": "O tempo de reserva dos lugares terminou.",
        "SEAT_TAKEN": "Um dos lugares já não estava disponível.",
        "SOLD_OUT": "Os ingressos escolhidos se esgotaram.",
        "EVENT_NOT_ON_SALE": "As vendas deste evento já terminaram.",
        "COUPON_EXPIRED": "A validade do cupom terminou.",
        "COUPON_EXHAUSTED": "O cupom já foi usado o máximo de vezes.",
        "COUPON_LIMIT_REACHED": "Você já usou este cupom o máximo de vezes.",
        "CONTACT_UNVERIFIED": "O cupom exige um e-mail confirmado ou, na bilheteria, o contato do cliente.",
        "": "Não foi possível concluir o pedido.",
    },
    ENGLISH: {
        "PAYMENT_DECLINED": "The payment was declined by the card's provider.",
        "PAYMENT_TIMED_OUT": "The payment was not confirmed in time.",
        "ORDER_CANCELLED": "You cancelled the order.",
        "HOLD_EXPIRED": "The time for which the places were held ran out.",
        "SEAT_TAKEN": "One of the seats was no longer available.",
        "SOLD_OUT": "The tickets you chose are sold out.",
        "EVENT_NOT_ON_SALE": "Sales for this event have ended.",
        "COUPON_EXPIRED": "The coupon is no longer valid.",
        "COUPON_EXHAUSTED": "All uses of the coupon are spent.",
        "COUPON_LIMIT_REACHED": "You have used this coupon as often as it allows.",
        "CONTACT_UNVERIFIED": "The coupon needs a confirmed e-mail address or, at the counter, the customer's contact.",
        "": "We could not complete the order.",
    },
}


def reason(name: str, language: str) -> str:
    """Why an order was given up."""
    known = REASONS[language]
    return known.get(name, known[""])


def moment(starts_local: str, time_zone: str, language: str) -> dict[str, str]:
    """A time as the clock on the wall shows it: date, time and the zone's city."""
    return shown(datetime.fromisoformat(starts_local), time_zone, language)


def instant(us: int, time_zone: str, language: str) -> dict[str, str]:
    """Microseconds since 1970 as the clock on a zone's walls shows them."""
    local = (EPOCH + timedelta(microseconds=us)).astimezone(ZoneInfo(time_zone))
    return shown(local.replace(tzinfo=None), time_zone, language)


def shown(local: datetime, time_zone: str, language: str) -> dict[str, str]:
    """A wall's time in words."""
    from babel.dates import (  # noqa: PLC0415 - slow to import, and only needed once mail is written
        format_date,
        format_time,
        get_timezone_location,
    )

    zone = time_zone
    if "/" in time_zone:
        zone = get_timezone_location(time_zone, locale=BABEL[language], return_city=True)
    return {
        "date": format_date(local, DATES[language], locale=BABEL[language]),
        "time": format_time(local, TIME, locale=BABEL[language]),
        "zone": zone,
    }
