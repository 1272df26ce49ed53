"""The receipt of a sale at the counter says how the customer has paid."""

import pytest

from eventhub.orders.v1.orders_events_pb2 import OrderPaid
from eventhub.orders.v1.orders_pb2 import PAYMENT_METHOD_BOX_OFFICE, PAYMENT_METHOD_CARD, CounterPayment
from eventhub.payments.v1.payments_pb2 import CounterMethod
from services.kit.language import ENGLISH, PORTUGUESE
from services.notifications import phrases
from tests.notifications.world import ANA, RUI, World, issued, order, part

SAID = {
    CounterMethod.COUNTER_METHOD_CASH: ("Pago em dinheiro", "Paid in cash"),
    CounterMethod.COUNTER_METHOD_CARD_TERMINAL: ("Pago na maquininha de cartão", "Paid at the card terminal"),
    CounterMethod.COUNTER_METHOD_VOUCHER: ("Pago com vale", "Paid with a voucher"),
}
TOTALS = ("R$ 100,00", "R$100.00")


@pytest.mark.parametrize("with_tickets", [True, False])
@pytest.mark.parametrize("reader", [ANA, RUI])
@pytest.mark.parametrize("method", SAID)
async def test_it_says_cash_card_terminal_or_voucher(
    world: World, method: CounterMethod.ValueType, reader: str, *, with_tickets: bool
) -> None:
    """with_tickets: whether the tickets are issued at once, so that their mail has the receipt."""
    paid = CounterPayment(method=method, till_id="til_1", reference="4711")
    bought = order(buyer=reader, method=PAYMENT_METHOD_BOX_OFFICE)
    bought.counter_payment.CopyFrom(paid)
    world.orders.tell(OrderPaid(order=bought))
    if with_tickets:
        world.ticketing.tell(issued(holder=reader, bought=bought))
    await world.rested()

    (mail,) = world.mails()
    in_english = reader == RUI
    for text in (part(mail, "plain"), part(mail, "html")):
        assert text.index(SAID[method][in_english]) > text.rindex(TOTALS[in_english]), "below the total"
        assert "til_1" not in text
    others = {words for each in SAID.values() for words in each} - {SAID[method][in_english]}
    assert not any(words in part(mail, "plain") for words in others)


async def test_a_receipt_of_a_sale_online_says_nothing_of_it(world: World) -> None:
    world.orders.tell(OrderPaid(order=order(method=PAYMENT_METHOD_CARD)))
    await world.rested()

    (mail,) = world.mails()
    assert not any(words in part(mail, "html") for each in SAID.values() for words in each)


def test_each_way_to_pay_at_the_counter_has_words_in_each_language() -> None:
    names = {name.removeprefix("COUNTER_METHOD_") for name, number in CounterMethod.items() if number}

    assert set(phrases.AT_COUNTER[PORTUGUESE]) == set(phrases.AT_COUNTER[ENGLISH]) == names
