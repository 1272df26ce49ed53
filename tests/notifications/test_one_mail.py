"""A purchase is one mail, with tickets and confirmation. If the tickets are late, the confirmation leaves alone."""

import pytest

from eventhub.identity.v1.identity_events_pb2 import ContactProven, GuestMerged
from eventhub.orders.v1.orders_events_pb2 import OrderPaid
from eventhub.orders.v1.orders_pb2 import (
    PAYMENT_METHOD_BOX_OFFICE,
    PAYMENT_METHOD_COMPLIMENTARY,
    PAYMENT_METHOD_FREE,
    PaymentMethod,
)
from services.kit.values import failpoints
from services.notifications.channels import DeliveryDelayed, DeliveryRefused
from services.notifications.deliveries import TICKETS_WAIT_US, DeliveryState, Reason, confirmation_due_us
from services.notifications.email_channel import Outlet
from services.notifications.emails import Mail
from services.notifications.notices import WAITS_S
from tests.notifications.world import ANA, NUMBER, RUI, World, issued, order, part, person
from tests.stage import until

CONFIRMED, TICKETS = "Pagamento confirmado: Noite & Dia", "Seus ingressos: Noite & Dia"
WAIT_S = 10
MANY = 16


class Forgetful:
    """Passes mail on to another outlet, and raises an error as if it had not."""

    def __init__(self, target: Outlet) -> None:
        self.target = target

    async def send(self, mail: Mail) -> None:
        await self.target.send(mail)
        raise DeliveryDelayed("no answer")


async def states(world: World) -> dict[str, str]:
    """The states of deliveries, by the kind of their notice."""
    return dict(await world.rows("SELECT kind, delivery.state FROM delivery JOIN notification USING (notification_id)"))


def subjects(world: World) -> list[str]:
    return sorted(str(mail["Subject"]) for mail in world.mails())


async def written(world: World, count: int) -> bool:
    """Whether this many notices have their texts."""
    return await world.rows("SELECT count(*) FROM notification WHERE state = 'WRITTEN'") == [(count,)]


@pytest.mark.parametrize("tickets_first", [False, True])
async def test_the_tickets_mail_confirms_the_order(world: World, *, tickets_first: bool) -> None:
    bought = order(discount=1_000)
    if tickets_first:
        world.ticketing.tell(issued(count=2, bought=bought))
        await world.idle()
    world.orders.tell(OrderPaid(order=bought))
    await world.idle()
    if not tickets_first:
        assert world.mails() == []
        world.ticketing.tell(issued(count=2, bought=bought))
    await world.rested()

    (mail,) = world.mails()
    assert mail["Subject"] == TICKETS
    for text in (part(mail, "plain"), part(mail, "html")):
        said = ("Seu pedido está pago", "AMIGOS", "R$ 50,00", "R$ 100,00", "-R$ 10,00", "R$ 90,00", NUMBER)
        assert [word for word in said if word not in text] == []
        assert text.index("R$ 90,00") > text.index("A-2"), "the sums are below the tickets"
        assert "outra mensagem" not in text
    assert len(list(mail.iter_attachments())) == 2
    assert await states(world) == {"ORDER_PAID": "DROPPED", "TICKETS": "SENT"}
    assert {seen.subject for seen in await world.listed(ANA)} == {CONFIRMED, TICKETS}
    assert world.outlet.tries == 1


async def test_it_is_in_the_reader_s_language(world: World) -> None:
    world.orders.tell(OrderPaid(order=order(buyer=RUI)))
    world.ticketing.tell(issued(holder=RUI))
    await world.rested()

    (mail,) = world.mails()
    for text in (part(mail, "plain"), part(mail, "html")):
        assert all(word in text for word in ("Your order is paid", "Receipt", "R$100.00", NUMBER))


@pytest.mark.parametrize(
    ("method", "words"),
    [
        (PAYMENT_METHOD_FREE, "Não há nada a pagar"),
        (PAYMENT_METHOD_COMPLIMENTARY, "Cortesia da organização"),
        (PAYMENT_METHOD_BOX_OFFICE, "Obrigado pela compra na bilheteria"),
    ],
)
async def test_free_tickets_gifts_and_sales_at_the_counter_are_one_mail_too(
    world: World, method: PaymentMethod.ValueType, words: str
) -> None:
    costs = method == PAYMENT_METHOD_BOX_OFFICE
    bought = order(method=method, face=10_000 if costs else 0)
    world.orders.tell(OrderPaid(order=bought))
    world.ticketing.tell(issued(bought=bought))
    await world.rested()

    (mail,) = world.mails()
    for text in (part(mail, "plain"), part(mail, "html")):
        assert words in text
        assert NUMBER in text
        assert ("Recibo" in text, "R$" in text) == (costs, costs), "a price is shown only if money was paid"


@pytest.mark.parametrize("turn", ["the payments", "the tickets", "each in turn"])
async def test_many_orders_at_once_are_one_mail_each(world: World, turn: str) -> None:
    """turn: the facts that come first."""
    for n in range(MANY):
        paid_first = turn == "the payments" or (turn == "each in turn" and n % 2 == 0)
        if paid_first:
            world.orders.tell(OrderPaid(order=order(f"ord_{n}")))
        world.ticketing.tell(issued(f"ord_{n}"))
        if not paid_first:
            world.orders.tell(OrderPaid(order=order(f"ord_{n}")))
    await until(lambda: written(world, 2 * MANY), 20)
    await world.rested()

    assert subjects(world) == [TICKETS] * MANY
    assert world.outlet.tries == MANY
    assert len(await world.listed(ANA)) == 2 * MANY


async def test_texts_that_are_written_at_once_after_an_outage_are_one_mail_each(world: World) -> None:
    world.identity.away = True
    for n in range(MANY):
        world.orders.tell(OrderPaid(order=order(f"ord_{n}")))
        world.ticketing.tell(issued(f"ord_{n}"))

    async def all_tried() -> bool:
        return await world.rows("SELECT count(*) FROM notification WHERE tries > 0") == [(2 * MANY,)]

    await until(all_tried, 20)
    world.identity.away = False
    world.advance(WAITS_S[3])
    await until(lambda: written(world, 2 * MANY), 20)
    await world.rested()

    assert subjects(world) == [TICKETS] * MANY
    assert world.outlet.tries == MANY


async def test_while_ticketing_is_away_the_confirmation_leaves_after_ten_seconds(world: World) -> None:
    """Its fact has come, but it does not draw the codes."""
    world.ticketing.away = True
    world.orders.tell(OrderPaid(order=order()))
    world.ticketing.tell(issued())
    await world.idle()
    world.advance(WAIT_S - 1)
    await world.idle()
    assert world.mails() == []
    world.advance(1)
    await world.idle()
    assert subjects(world) == [CONFIRMED]
    assert "outra mensagem" in part(world.mails()[0], "plain")

    world.ticketing.away = False
    world.advance(WAITS_S[2])
    await world.idle()
    assert subjects(world) == [CONFIRMED, TICKETS]
    assert await states(world) == {"ORDER_PAID": "SENT", "TICKETS": "SENT"}


async def test_a_confirmation_whose_tickets_are_not_issued_yet_leaves_after_ten_seconds(world: World) -> None:
    world.orders.tell(OrderPaid(order=order()))
    await world.idle()
    world.advance(WAIT_S - 1)
    await world.idle()
    assert world.mails() == []
    world.advance(1)
    await world.idle()
    assert subjects(world) == [CONFIRMED]

    world.ticketing.tell(issued())
    await world.rested()
    assert subjects(world) == [CONFIRMED, TICKETS]


async def test_tickets_that_were_refused_do_not_hold_up_the_confirmation(world: World) -> None:
    world.outlet.error = DeliveryRefused("552 too large")
    world.orders.tell(OrderPaid(order=order()))
    world.ticketing.tell(issued())
    await world.idle()

    assert world.outlet.tries == 2, "without a pause"
    assert await states(world) == {"ORDER_PAID": "DROPPED", "TICKETS": "DROPPED"}


@pytest.mark.parametrize("tickets_first", [False, True])
async def test_the_confirmation_of_withheld_tickets_leaves_at_once(world: World, *, tickets_first: bool) -> None:
    world.identity.people[ANA] = person("Ana", "ana@example.com", proven=False)
    gift = order(method=PAYMENT_METHOD_COMPLIMENTARY, discount=10_000)
    if not tickets_first:
        world.orders.tell(OrderPaid(order=gift))
        await world.idle()
    world.ticketing.tell(issued(bought=gift))
    await world.idle()
    if tickets_first:
        world.orders.tell(OrderPaid(order=gift))
        await world.idle()

    (mail,) = world.mails()
    assert "confirme que este endereço é seu" in part(mail, "plain")
    assert await states(world) == {"ORDER_PAID": "SENT", "TICKETS": "WITHHELD"}
    world.identity.people[ANA].proven = True
    world.identity.tell(ContactProven(subject_id=ANA))
    await world.rested()
    assert len(world.mails()) == 2
    assert TICKETS in subjects(world)


async def test_a_paid_order_of_an_unproven_address_counts_as_one_mail(world: World) -> None:
    world.identity.people[ANA] = person("Ana", "ana@example.com", proven=False)
    world.orders.tell(OrderPaid(order=order()))
    world.ticketing.tell(issued())
    await world.rested()

    assert subjects(world) == [TICKETS]
    assert await world.rows("SELECT max(mails) FROM mail_count") == [(1,)]


async def test_a_merge_between_both_facts_makes_no_second_mail(world: World) -> None:
    world.orders.tell(OrderPaid(order=order(buyer="gst_new")))
    await world.idle()
    world.identity.tell(GuestMerged(from_subject_id="gst_new", into_subject_id=ANA))
    await world.idle()
    world.ticketing.tell(issued(holder=ANA, bought=order(buyer="gst_new")))
    await world.rested()

    assert subjects(world) == [TICKETS]


async def test_a_crash_between_sending_the_tickets_and_noting_it_sends_them_again(world: World) -> None:
    failpoints.arm("notifications.settle.before=raise")
    try:
        world.orders.tell(OrderPaid(order=order()))
        world.ticketing.tell(issued())
        await world.idle()
    finally:
        failpoints.arm("")
    assert await states(world) == {"ORDER_PAID": "PENDING", "TICKETS": "PENDING"}
    (before,) = world.mails()
    world.advance(WAITS_S[0])
    await world.rested()

    (after,) = world.mails()
    assert before["Message-ID"] == after["Message-ID"]
    assert world.outlet.tries == 2
    assert await states(world) == {"ORDER_PAID": "DROPPED", "TICKETS": "SENT"}


async def test_tickets_whose_end_is_not_noted_for_long_cost_one_more_mail(world: World) -> None:
    target, world.outlet.target = world.outlet.target, Forgetful(world.outlet.target)
    world.orders.tell(OrderPaid(order=order()))
    world.ticketing.tell(issued())
    await world.rested()
    world.outlet.target = target
    world.advance(WAITS_S[3])
    await world.rested()

    assert subjects(world) == [CONFIRMED, TICKETS]


async def test_a_confirmation_left_out_is_no_failure(world: World) -> None:
    world.orders.tell(OrderPaid(order=order()))
    world.ticketing.tell(issued())
    await world.rested()

    async def counted() -> bool:
        readings = [reading for read in world.notifications.gauges for reading in await read()]
        dropped = [reading for reading in readings if reading.name == "mail_dropped" and reading.value]
        return [reading.labels["cause"] for reading in dropped] == [Reason.TOLD_WITH_TICKETS]

    await until(counted)


@pytest.mark.parametrize("tickets", [None, *DeliveryState])
def test_a_confirmation_waits_only_for_tickets_that_may_come_soon(tickets: DeliveryState | None) -> None:
    waits = tickets in {None, DeliveryState.PENDING}

    assert confirmation_due_us(tickets, now_us=5) == 5 + (TICKETS_WAIT_US if waits else 0)
    assert TICKETS_WAIT_US == WAIT_S * 1_000_000
