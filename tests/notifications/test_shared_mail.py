"""The confirmation of an order and the order's tickets are one mail if both are ready within a moment, also after
crashes."""

import pytest_asyncio

from eventhub.identity.v1.identity_events_pb2 import ContactProven, GuestMerged
from eventhub.orders.v1.orders_events_pb2 import OrderPaid
from eventhub.orders.v1.orders_pb2 import PAYMENT_METHOD_COMPLIMENTARY
from services.kit.values import Settings
from services.notifications.channels import DeliveryDelayed, DeliveryRefused
from services.notifications.email_channel import Outlet
from services.notifications.emails import Mail
from services.notifications.notices import WAITS_S
from tests.fakes.ticketing import PNG
from tests.notifications.world import ANA, NUMBER, RUI, SHOW, World, issued, order, part
from tests.stage import Stage, until

WAIT_S = 3
CONFIRMED, TICKETS = "Pagamento confirmado: Noite & Dia", "Seus ingressos: Noite & Dia"
IN_ANOTHER = "Seus ingressos chegam em outra mensagem."


@pytest_asyncio.fixture
async def world(stage: Stage) -> World:
    """notifications, where the confirmation of an order waits for the order's tickets."""
    return await World(stage, tickets_wait_s=WAIT_S).open()


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


async def test_confirmation_and_tickets_are_one_mail(world: World) -> None:
    assert await world.mails_after(OrderPaid(order=order())) == []
    (mail,) = await world.mails_after(issued(count=2))

    assert mail["Subject"] == CONFIRMED
    for text in (part(mail, "plain"), part(mail, "html")):
        assert "R$ 100,00" in text
        assert NUMBER in text
        assert IN_ANOTHER not in text
    assert "Mostre na entrada a imagem ticket-2.png, anexa." in part(mail, "plain")
    assert part(mail, "html").count("Mostre este código na entrada.") == 2
    assert [(each.get_filename(), each.get_content()) for each in mail.iter_attachments()] == [
        (f"ticket-{n}.png", PNG + f"tik_{SHOW}_ord_1_{n}".encode()) for n in (1, 2)
    ]
    assert await states(world) == {"ORDER_PAID": "SENT", "TICKETS": "SENT"}
    assert [seen.subject for seen in await world.listed(ANA)] == [TICKETS, CONFIRMED]

    world.advance(WAIT_S)
    await world.idle()
    assert len(world.mails()) == world.outlet.tries == 1


async def test_texts_of_an_order_that_are_written_at_once_share_a_mail_too(world: World) -> None:
    """Without the clock moving: no delivery waits for another that has left."""
    orders = [f"ord_{n}" for n in range(16)]
    world.identity.away = True
    for order_id in orders:
        world.orders.tell(OrderPaid(order=order(order_id)))
        world.ticketing.tell(issued(order_id))
    await until(lambda: all_tried(world, 2 * len(orders)))
    world.identity.away = False
    world.advance(WAITS_S[2])
    await until(lambda: len(world.mails()) == len(orders))

    assert set(subjects(world)) == {CONFIRMED}
    assert world.outlet.tries == len(orders)


async def all_tried(world: World, count: int) -> bool:
    return await world.rows("SELECT count(*) FROM notification WHERE tries > 0") == [(count,)]


async def test_a_mail_of_both_is_in_the_order_s_language(world: World) -> None:
    await world.mails_after(OrderPaid(order=order(buyer=RUI)))
    (mail,) = await world.mails_after(issued(holder=RUI))

    assert str(mail["Subject"]).startswith("Payment confirmed: ")
    assert "Show the attached picture ticket-1.png at the entrance." in part(mail, "plain")
    assert "message of their own" not in part(mail, "plain")


async def test_the_confirmation_of_late_tickets_goes_alone(world: World) -> None:
    world.orders.tell(OrderPaid(order=order()))
    await world.idle()
    world.advance(WAIT_S)
    await world.idle()
    (mail,) = world.mails()
    assert (mail["Subject"], IN_ANOTHER in part(mail, "plain")) == (CONFIRMED, True)

    await world.mails_after(issued())
    assert subjects(world) == [CONFIRMED, TICKETS]
    assert await states(world) == {"ORDER_PAID": "SENT", "TICKETS": "SENT"}


async def test_tickets_that_are_ready_first_go_alone(world: World) -> None:
    await world.mails_after(issued())
    await world.mails_after(OrderPaid(order=order()))
    world.advance(WAIT_S)
    await world.idle()

    assert subjects(world) == [CONFIRMED, TICKETS]


async def test_tickets_wait_for_a_confirmation_whose_text_is_about_to_be_written(world: World) -> None:
    """The text of the confirmation is written a second later, after an error."""
    world.identity.away = True
    world.orders.tell(OrderPaid(order=order()))
    await world.idle()
    world.identity.away = False
    assert await world.mails_after(issued()) == []
    world.advance(WAITS_S[0])
    await world.idle()

    assert subjects(world) == [CONFIRMED]
    assert await states(world) == {"ORDER_PAID": "SENT", "TICKETS": "SENT"}


async def test_an_interrupted_mail_of_both_is_repeated_as_one(world: World) -> None:
    world.orders.tell(OrderPaid(order=order()))
    await world.idle()
    world.outlet.stuck = True
    world.ticketing.tell(issued())
    await until(lambda: world.outlet.tries)
    assert world.notifications.stop is not None
    await world.notifications.stop()
    assert await states(world) == {"ORDER_PAID": "JOINED", "TICKETS": "PENDING"}
    world.outlet.stuck = False
    world.advance(WAIT_S)
    await world.idle()

    assert subjects(world) == [CONFIRMED]
    assert await states(world) == {"ORDER_PAID": "SENT", "TICKETS": "SENT"}


async def test_a_mail_of_both_that_was_sent_before_a_crash_is_repeated_with_its_id(world: World) -> None:
    target, world.outlet.target = world.outlet.target, Forgetful(world.outlet.target)
    await world.mails_after(OrderPaid(order=order()))
    (mail,) = await world.mails_after(issued())
    world.outlet.target = target
    world.advance(WAIT_S)
    await world.idle()

    (again,) = world.mails()
    assert (again["Message-ID"], again["Subject"]) == (mail["Message-ID"], CONFIRMED)
    assert await states(world) == {"ORDER_PAID": "SENT", "TICKETS": "SENT"}


async def test_a_confirmation_that_has_left_once_takes_no_tickets_into_its_repeat(world: World) -> None:
    """Mail programs may hide a second mail with the same id, and with it the tickets."""
    target, world.outlet.target = world.outlet.target, Forgetful(world.outlet.target)
    world.orders.tell(OrderPaid(order=order()))
    await world.idle()
    world.advance(WAIT_S)
    await world.idle()
    (first,) = world.mails()
    world.outlet.target = target
    await world.mails_after(issued())
    world.advance(WAITS_S[0])
    await world.idle()

    assert subjects(world) == [CONFIRMED, TICKETS]
    (repeat,) = [mail for mail in world.mails() if mail["Subject"] == CONFIRMED]
    assert repeat["Message-ID"] == first["Message-ID"]
    assert not list(repeat.iter_attachments())


async def test_a_mail_of_both_that_is_refused_is_given_up_as_one(world: World) -> None:
    world.outlet.error = DeliveryRefused("550 no such user")
    await world.mails_after(OrderPaid(order=order()))
    await world.mails_after(issued())
    world.advance(WAIT_S)
    await world.idle()

    assert await states(world) == {"ORDER_PAID": "DROPPED", "TICKETS": "DROPPED"}
    assert world.outlet.tries == 1


async def test_a_merge_between_two_tries_does_not_divide_a_mail_of_both(world: World) -> None:
    world.outlet.error = DeliveryDelayed("451 later")
    await world.mails_after(OrderPaid(order=order()))
    await world.mails_after(issued())
    world.identity.tell(GuestMerged(from_subject_id=ANA, into_subject_id=RUI))
    await world.idle()
    world.outlet.error = None
    world.advance(WAIT_S)
    await world.idle()

    assert len(world.mails()) == 1
    assert await states(world) == {"ORDER_PAID": "SENT", "TICKETS": "SENT"}


async def test_a_paid_order_of_an_unproven_address_is_one_mail_without_its_name(world: World) -> None:
    world.identity.people[ANA].proven = False
    world.identity.people[ANA].mailbox_key = "ana"
    await world.mails_after(OrderPaid(order=order()))
    (mail,) = await world.mails_after(issued())

    assert "Ana" not in mail.as_string()
    assert len(list(mail.iter_attachments())) == 1
    assert await world.rows("SELECT max(mails) FROM mail_count") == [(1,)]


async def test_the_confirmation_of_withheld_tickets_does_not_wait(world: World) -> None:
    world.identity.people[ANA].proven = False
    world.identity.people[ANA].mailbox_key = "ana"
    gift = order(method=PAYMENT_METHOD_COMPLIMENTARY)
    await world.mails_after(OrderPaid(order=gift))
    (mail,) = await world.mails_after(issued(paid=False))
    assert "confirme que este endereço é seu" in part(mail, "plain")
    assert await states(world) == {"ORDER_PAID": "SENT", "TICKETS": "WITHHELD"}

    world.identity.people[ANA].proven = True
    world.identity.tell(ContactProven(subject_id=ANA))
    await world.idle()
    assert len(world.mails()) == 2
    assert TICKETS in subjects(world)


def test_a_confirmation_waits_for_three_seconds() -> None:
    assert Settings().mail_tickets_wait_s == WAIT_S
