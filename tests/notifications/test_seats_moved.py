"""Buyers are told of their new seats when an event has moved to another plan."""

import pytest

from eventhub.identity.v1.identity_events_pb2 import ContactProven
from eventhub.notifications.v1 import notifications_pb2 as nouns
from eventhub.orders.v1.orders_events_pb2 import OrderPaid, OrderReseated
from eventhub.orders.v1.orders_pb2 import PAYMENT_METHOD_COMPLIMENTARY
from eventhub.ticketing.v1.ticketing_events_pb2 import TicketsIssued, TicketsReseated
from eventhub.ticketing.v1.ticketing_pb2 import ReseatedTicket
from tests.notifications.world import ANA, NUMBER, RUI, SHOW, World, issued, part


def reseated(told: TicketsIssued, *seats: str, version: int = 3) -> TicketsReseated:
    """The fact that tickets have moved to other seats."""
    fact = TicketsReseated(buyer_id=told.buyer_id, order=told.order)
    fact.order.version = version
    for ticket, line, seat in zip(told.tickets, fact.order.lines, seats, strict=False):
        moved = ReseatedTicket(ticket=ticket, old_seat_label=ticket.seat_label)
        moved.ticket.seat_label = line.seat_label = seat
        fact.tickets.append(moved)
    return fact


def subjects(world: World) -> list[str]:
    return [str(mail["Subject"]) for mail in world.mails()]


@pytest.mark.parametrize(
    ("reader", "count", "subject", "said"),
    [
        (ANA, 1, "Seu lugar mudou: Noite & Dia", ("o seu lugar agora é outro", "com o mesmo código", "Antes", "Agora")),
        (ANA, 2, "Seus lugares mudaram: Noite & Dia", ("os seus lugares agora são outros", "com os mesmos códigos")),
        (RUI, 1, "Your seat has changed: Noite & Dia", ("a different seat", "with the same code.", "Before", "Now")),
        (RUI, 2, "Your seats have changed: Noite & Dia", ("different seats", "with the same codes.")),
    ],
)
async def test_a_buyer_is_told_each_seat_before_and_after(
    world: World, reader: str, count: int, subject: str, said: tuple[str, ...]
) -> None:
    told = issued(holder=reader, count=count)
    world.ticketing.tell(told, reseated(told, "C-7 <novo>", "C-8"))
    await world.idle()

    (mail,) = [mail for mail in world.mails() if str(mail["Subject"]) == subject]
    plain, html = part(mail, "plain"), part(mail, "html")
    for text in (plain, html):
        assert all(words in text for words in (*said, "2026, 20:00", "Casa Aurora"))
        assert [f"A-{n}" in text for n in (1, 2)] == [True, count == 2]
        assert "Teatro Aurora" not in text, "the event may have another venue by now"
    assert ("C-7 <novo>" in plain, "C-7 &lt;novo&gt;" in html, NUMBER in html) == (True, True, True)
    (seen,) = [one for one in await world.listed(reader) if one.kind == nouns.NOTIFICATION_KIND_SEATS_MOVED]
    assert (seen.subject, seen.event_id, seen.order_id) == (subject, SHOW, "ord_1")
    assert "C-7 <novo>" in seen.text
    ((payload,),) = await world.rows("SELECT payload FROM notification WHERE kind = 'SEATS_MOVED'")
    assert not any(private in payload for private in ("Ana", "Rui", "example.com"))


async def test_each_move_is_told_once(world: World) -> None:
    told = issued()
    first, second = reseated(told, "C-7", version=3), reseated(told, "D-1", version=4)
    second.tickets[0].old_seat_label = "C-7"

    world.ticketing.tell(told, first, first, second, second)
    await world.idle()

    moves = [part(mail, "plain") for mail in world.mails() if "mudou" in str(mail["Subject"])]
    assert len(moves) == 2
    assert sorted(("A-1" in text, "C-7" in text, "D-1" in text) for text in moves) == [
        (False, True, True),
        (True, True, False),
    ]


async def test_seats_of_the_same_names_are_no_news(world: World) -> None:
    told = issued(count=2)
    world.ticketing.tell(told, reseated(told, "A-1", "A-2"))
    world.orders.tell(OrderReseated(order=told.order))
    await world.idle()

    assert await world.rows("SELECT kind FROM notification") == [("TICKETS",)]


async def test_only_the_tickets_that_have_moved_are_told(world: World) -> None:
    told = issued(count=2)
    world.ticketing.tell(told, reseated(told, "A-1", "C-8"))
    await world.idle()

    (mail,) = [mail for mail in world.mails() if "mudou" in str(mail["Subject"])]
    assert ("A-1" in part(mail, "plain"), "A-2" in part(mail, "plain")) == (False, True)


async def test_tickets_that_wait_for_the_proof_of_an_address_are_sent_with_their_new_seats(world: World) -> None:
    world.identity.people[ANA].proven = False
    told = issued(paid=False)
    world.ticketing.tell(told, reseated(told, "C-7"))
    await world.idle()
    assert subjects(world) == [], "no mail of unpaid tickets to an address that is not proven"

    world.identity.people[ANA].proven = True
    world.identity.tell(ContactProven(subject_id=ANA))
    await world.idle()

    of_tickets, of_seats = sorted(world.mails(), key=lambda mail: "mudou" in str(mail["Subject"]))
    assert ("A-1" in part(of_tickets, "plain"), "C-7" in part(of_tickets, "plain")) == (False, True)
    assert "C-7" in part(of_seats, "plain")


async def test_a_confirmation_that_leaves_later_has_the_new_seats(world: World) -> None:
    world.ticketing.away = True  # it cannot prepare the pictures, so the tickets' mail does not leave
    told = issued(count=2)
    world.orders.tell(OrderPaid(order=told.order))
    await world.idle()
    world.ticketing.tell(told, reseated(told, "C-7", "C-8"))
    await world.rested()

    (mail,) = [mail for mail in world.mails() if "Pagamento confirmado" in str(mail["Subject"])]
    text = part(mail, "plain")
    assert [seat in text for seat in ("A-1", "A-2", "C-7", "C-8")] == [False, False, True, True]


async def test_a_paid_order_s_buyer_is_told_at_once_also_at_an_unproven_address(world: World) -> None:
    world.identity.people[ANA].proven = False
    told = issued()
    world.ticketing.tell(told, reseated(told, "C-7"))
    await world.idle()

    assert sorted(subjects(world)) == ["Seu lugar mudou: Noite & Dia", "Seus ingressos: Noite & Dia"]


async def test_tickets_that_the_organizer_keeps_make_no_notice(world: World) -> None:
    told = issued(holder="org_casa")
    told.order.method = PAYMENT_METHOD_COMPLIMENTARY
    world.ticketing.tell(told, reseated(told, "C-7"))
    await world.idle()

    assert await world.rows("SELECT 1 FROM notification") == []
