"""Mail about an order that failed, in both languages."""

import re
from email.message import EmailMessage

import pytest

from eventhub.common.v1.error_reason_pb2 import (
    ERROR_REASON_COUPON_EXHAUSTED,
    ERROR_REASON_HOLD_EXPIRED,
    ERROR_REASON_PAYMENT_DECLINED,
)
from eventhub.notifications.v1 import notifications_pb2 as nouns
from eventhub.orders.v1.orders_events_pb2 import OrderFailed
from services.kit.values.clock import to_timestamp
from tests.fakes.clock import START_US
from tests.notifications.world import ANA, World, order, part


@pytest.mark.parametrize(
    ("locale", "words"),
    [("pt-BR", ("recusado", "Nada foi cobrado")), ("en", ("declined", "Nothing was charged"))],
)
async def test_a_failed_order_tells_why(world: World, locale: str, words: tuple[str, ...]) -> None:
    world.orders.tell(OrderFailed(order=order(locale=locale, failure=ERROR_REASON_PAYMENT_DECLINED)))
    await world.idle()

    (mail,) = world.mails()
    for text in (part(mail, "plain"), part(mail, "html")):
        assert all(word in text for word in words)
    (seen,) = await world.listed(ANA)
    assert seen.kind == nouns.NOTIFICATION_KIND_ORDER_FAILED


@pytest.mark.parametrize(
    ("locale", "held", "gone"),
    [
        ("pt-BR", "Os lugares continuam reservados até 09:10 (São Paulo)", "já não reserva lugares"),
        ("en", "The places stay held until 09:10 (Sao Paulo)", "holds no places any more"),
    ],
)
async def test_a_failed_order_tells_until_when_its_places_are_held(
    world: World, locale: str, held: str, gone: str
) -> None:
    declined = order("ord_1", locale=locale, failure=ERROR_REASON_PAYMENT_DECLINED)
    used_up = order("ord_2", locale=locale, failure=ERROR_REASON_COUPON_EXHAUSTED)
    late = order("ord_3", locale=locale, failure=ERROR_REASON_PAYMENT_DECLINED)
    lapsed = order("ord_4", locale=locale, failure=ERROR_REASON_HOLD_EXPIRED)
    until_us = START_US + 600_000_000
    world.orders.tell(
        OrderFailed(order=declined, held_until=to_timestamp(until_us)),
        OrderFailed(order=used_up, held_until=to_timestamp(until_us)),
        OrderFailed(order=late, held_until=to_timestamp(START_US)),
        OrderFailed(order=lapsed),
    )
    await world.idle()

    said = {mail["Message-ID"]: [words_of(mail, "plain"), words_of(mail, "html")] for mail in world.mails()}
    listed = {seen.order_id: said[f"<{seen.notification_id}@eventhub.example>"] for seen in await world.listed(ANA)}
    for n, keeps in enumerate([True, True, False, False], 1):
        for text in listed[f"ord_{n}"]:
            assert (held in text, gone in text) == (keeps, not keeps)


def words_of(mail: EmailMessage, kind: str) -> str:
    """A mail's text on one line, without markup."""
    return " ".join(re.sub(r"<[^>]*>", "", part(mail, kind)).split())
