"""Each kind of notice, in mail and in the list, in both languages."""

import pytest

from eventhub.catalog.v1.catalog_pb2 import TICKET_KIND_HALF_PRICE, TicketType
from eventhub.identity.v1.identity_events_pb2 import AccessCodeIssued, AddressClaimed, MemberInvited
from eventhub.notifications.v1 import notifications_pb2 as nouns
from eventhub.orders.v1.orders_events_pb2 import OrderPaid, OrderPaymentPending, OrderPlaced
from eventhub.orders.v1.orders_pb2 import (
    PAYMENT_METHOD_BOX_OFFICE,
    PAYMENT_METHOD_COMPLIMENTARY,
    PAYMENT_METHOD_FREE,
    PaymentMethod,
)
from services.kit.values.clock import to_timestamp
from services.notifications.unproven import UNPAID
from tests.fakes.clock import START_US
from tests.fakes.ticketing import LINK, PNG
from tests.notifications.world import ANA, NUMBER, RUI, SHOW, TALK, World, issued, order, part

HOUR_US = 3_600_000_000


@pytest.mark.parametrize(("locale", "subject"), [("pt-BR", "Seu código de acesso"), ("en", "Your access code")])
async def test_an_access_code_is_in_mail_only(world: World, locale: str, subject: str) -> None:
    world.identity.issue_code("cod_1", "123456", locale=locale)
    world.identity.tell(AccessCodeIssued(code_id="cod_1"))
    await world.idle()

    (mail,) = world.mails()
    assert (mail["To"], mail["Subject"]) == ("ana@example.com", subject)
    assert "123456" in part(mail, "plain")
    assert "123456" in part(mail, "html")
    assert "10 min" in part(mail, "plain")
    ((kept,),) = await world.rows("SELECT payload || subject || text FROM notification")
    assert "123456" not in kept
    assert await world.rows("SELECT 1 FROM outbox") == []


@pytest.mark.parametrize(
    ("reader", "name", "subject"),
    [
        (ANA, "Ana", "Convite para trabalhar com um organizador"),
        (RUI, "Rui", "You are invited to work for an organizer"),
    ],
)
async def test_an_invitation_contains_only_our_words(world: World, reader: str, name: str, subject: str) -> None:
    world.identity.people[reader].proven = False  # an account that only claims its address
    world.identity.tell(MemberInvited(organizer_id="org_casa", account_id=reader))
    await world.idle()

    (mail,) = world.mails()
    assert mail["Subject"] == subject
    for text in (part(mail, "plain"), part(mail, "html")):
        assert "org_casa" in text
        assert name not in text
    (seen,) = await world.listed(reader)
    assert (seen.kind, seen.subject) == (nouns.NOTIFICATION_KIND_MEMBER_INVITED, subject)


async def test_repeated_invitations_are_mailed_up_to_a_limit(world: World) -> None:
    world.identity.people[ANA].proven = False
    for _ in range(9):
        world.identity.tell(MemberInvited(organizer_id="org_casa", account_id=ANA))
    world.identity.tell(MemberInvited(organizer_id="org_other", account_id=ANA))
    await world.idle()

    assert len(world.mails()) == UNPAID.pair + 1


@pytest.mark.parametrize(
    ("reader", "name", "subject"),
    [
        (ANA, "Ana", "Um organizador foi cadastrado com o seu endereço"),
        (RUI, "Rui", "An organizer was registered with your address"),
    ],
)
async def test_the_owner_of_an_address_is_told_of_a_registration_with_it(
    world: World, reader: str, name: str, subject: str
) -> None:
    world.identity.people[reader].proven = False
    world.identity.tell(AddressClaimed(organizer_id="org_casa", account_id=reader))
    await world.idle()

    (mail,) = world.mails()
    assert mail["Subject"] == subject
    assert name not in part(mail, "plain") + part(mail, "html")


@pytest.mark.parametrize(
    ("reader", "subject", "words"),
    [
        (ANA, "Pagamento confirmado: Noite & Dia", ("terça-feira, 1 de dezembro de 2026, 20:00", "R$ 90,00")),
        (RUI, "Payment confirmed: Noite & Dia", ("Tuesday, December 1, 2026, 20:00", "R$90.00")),
    ],
)
async def test_a_paid_order_has_a_receipt(world: World, reader: str, subject: str, words: tuple[str, ...]) -> None:
    world.orders.tell(OrderPlaced(order=order(buyer=reader)), OrderPaid(order=order(buyer=reader, discount=1_000)))
    await world.rested()

    (mail,) = world.mails()
    assert mail["Subject"] == subject
    for text in (part(mail, "plain"), part(mail, "html")):
        assert all(word in text for word in (*words, "A-1", "A-2", "AMIGOS", "São Paulo", "Teatro Aurora", NUMBER))
        assert "ord_1" not in text
    assert "Inteira &lt;VIP&gt;" in part(mail, "html")
    assert "Inteira <VIP>" in part(mail, "plain")
    (seen,) = await world.listed(reader)
    assert (seen.kind, seen.subject) == (nouns.NOTIFICATION_KIND_ORDER_PAID, subject)
    assert (seen.event_id, seen.order_id) == (SHOW, "ord_1")
    assert seen.created_at == to_timestamp(START_US)


@pytest.mark.parametrize("reader", [ANA, RUI])
@pytest.mark.parametrize(
    ("method", "discount", "subjects"),
    [
        (PAYMENT_METHOD_FREE, 0, ("Seu lugar está garantido", "Your place is reserved")),
        (PAYMENT_METHOD_COMPLIMENTARY, 10_000, ("Ingressos para você", "Tickets for you")),
        (PAYMENT_METHOD_BOX_OFFICE, 0, ("Sua compra na bilheteria", "Your purchase at the box office")),
    ],
)
async def test_free_tickets_and_sales_at_a_counter_have_their_own_words(
    world: World, reader: str, method: PaymentMethod.ValueType, discount: int, subjects: tuple[str, str]
) -> None:
    face = 0 if method == PAYMENT_METHOD_FREE else 10_000
    world.orders.tell(OrderPaid(order=order(buyer=reader, method=method, discount=discount, face=face)))
    await world.rested()

    (mail,) = world.mails()
    subject = subjects[reader == RUI]
    assert str(mail["Subject"]).startswith(f"{subject}: ")
    for text in (part(mail, "plain"), part(mail, "html")):
        assert ("A-1" in text, "A-2" in text) == (True, True)
        assert not any(word in text for word in ("Pagamento confirmado", "Payment confirmed", "R$ 0,00", "R$0.00"))
        assert ("100" in text) == (method == PAYMENT_METHOD_BOX_OFFICE), "a price is shown only if money was paid"


@pytest.mark.parametrize(("holder", "words"), [(ANA, "leve o documento"), (RUI, "bring the document")])
async def test_a_tickets_mail_shows_the_event_before_the_codes_and_the_needed_document(
    world: World, holder: str, words: str
) -> None:
    half = TicketType(ticket_type_id="tty_half", kind=TICKET_KIND_HALF_PRICE)
    world.catalog.events[SHOW].ticket_types.append(half)
    told = issued(holder=holder, count=3)
    told.tickets[1].ticket_type_id = "tty_half"
    world.ticketing.tell(told)
    await world.idle()

    (mail,) = world.mails()
    html, plain = part(mail, "html"), part(mail, "plain")
    above = html[: html.index("cid:")]
    assert all(word in above for word in ("Noite &amp; Dia", "2026, 20:00", "Teatro Aurora", "Casa Aurora"))
    assert html.count(words) == plain.count(words) == 1
    for n in range(1, 4):
        card = html[: html.index(f"cid:ticket-{n}.")].rpartition("border-radius:8px")[2]
        assert all(word in card for word in ("Inteira", f"A-{n}", NUMBER))
        assert (words in card) == (n == 2)


async def test_mail_has_the_name_of_the_event_s_organizer(world: World) -> None:
    world.orders.tell(OrderPaid(order=order()))
    await world.rested()

    (sender,) = world.mails()[0]["From"].addresses
    assert (sender.display_name, sender.addr_spec) == ("Casa Aurora via EventHub", "tickets@eventhub.example")


async def test_names_are_in_mail_only(world: World) -> None:
    world.orders.tell(OrderPaid(order=order()))
    await world.rested()

    assert "Olá, Ana!" in part(world.mails()[0], "plain")
    (seen,) = await world.listed(ANA)
    assert "Olá!" in seen.text
    assert "Ana" not in seen.text


async def test_an_order_s_language_comes_before_the_reader_s(world: World) -> None:
    world.orders.tell(OrderPaid(order=order(locale="en")))
    await world.rested()

    assert world.mails()[0]["Subject"].startswith("Payment confirmed")


@pytest.mark.parametrize(
    ("locale", "words"),
    [("pt-BR", ("guardados", "não precisa fazer nada", "10:00")), ("en", ("seats are kept", "nothing you need to do"))],
)
async def test_a_pending_payment_s_text_says_that_seats_are_kept(
    world: World, locale: str, words: tuple[str, ...]
) -> None:
    waiting = order(locale=locale)
    waiting.pay_until.CopyFrom(to_timestamp(START_US + HOUR_US) or waiting.pay_until)
    world.orders.tell(OrderPaymentPending(order=waiting))
    await world.idle()

    (mail,) = world.mails()
    text = part(mail, "plain")
    assert all(word in text for word in words)
    assert "10:00" in part(mail, "html"), "13:00 UTC in the event's time zone"


@pytest.mark.parametrize(("holder", "subject"), [(ANA, "Seus ingressos: Noite"), (RUI, "Your tickets: Noite")])
async def test_a_tickets_mail_contains_their_pictures(world: World, holder: str, subject: str) -> None:
    world.ticketing.tell(issued(holder=holder, count=2))
    await world.idle()

    (mail,) = world.mails()
    assert mail["Subject"].startswith(subject)
    attached = {part.get_filename(): part.get_content() for part in mail.iter_attachments()}
    assert attached == {f"ticket-{n}.png": PNG + f"tik_{SHOW}_ord_1_{n}".encode() for n in (1, 2)}
    inline = {each["Content-ID"]: each.get_content() for each in mail.walk() if each["Content-ID"]}
    ids = [f"ticket-{n}.{str(mail['Message-ID']).strip('<>')}" for n in (1, 2)]
    assert inline == {f"<{cid}>": PNG + f"tik_{SHOW}_ord_1_{n}".encode() for n, cid in enumerate(ids, 1)}
    assert all(f'src="cid:{cid}"' in part(mail, "html") for cid in ids)


@pytest.mark.parametrize("holder", [ANA, RUI])
async def test_an_online_ticket_s_link_is_in_mail_only(world: World, holder: str) -> None:
    world.ticketing.tell(issued(event_id=TALK, holder=holder))
    await world.idle()

    (mail,) = world.mails()
    link = f"{LINK}tik_{TALK}_ord_1_1"
    assert link in part(mail, "plain")
    assert f'href="{link}"' in part(mail, "html")
    assert list(mail.iter_attachments()) == []
    (seen,) = await world.listed(holder)
    assert LINK not in seen.text


@pytest.mark.parametrize(("holder", "words"), [(ANA, "continuam válidos"), (RUI, "stay valid")])
async def test_holders_of_a_rescheduled_event_are_told_both_times(world: World, holder: str, words: str) -> None:
    world.ticketing.tell(issued("ord_1", holder=holder), issued("ord_2", holder=holder))
    await world.idle()
    await world.move("2026-12-01T21:00", version=4)
    await world.pass_round()

    (mail,) = [mail for mail in world.mails() if words in part(mail, "plain")]
    for text in (part(mail, "plain"), part(mail, "html")):
        assert all(word in text for word in ("20:00", "21:00", words))
    assert (await world.listed(holder))[0].event_id == SHOW


async def test_headers_name_the_recipient_the_message_and_the_date(world: World) -> None:
    world.orders.tell(OrderPaymentPending(order=order()))
    await world.idle()

    (path,) = world.folder.glob("*.eml")
    head = path.read_bytes().split(b"\r\n\r\n")[0].decode().split("\r\n")
    assert "To: ana@example.com" in head
    assert f"Message-ID: <{path.stem}@eventhub.example>" in head
    assert "Auto-Submitted: auto-generated" in head
    assert "Date: Tue, 24 Nov 2026 12:00:00 +0000" in head
    assert [each.notification_id for each in await world.listed(ANA)] == [path.stem]


async def test_an_order_that_the_organizer_keeps_makes_no_notice(world: World) -> None:
    kept = order(buyer="org_casa")
    kept.organizer_id = "org_casa"
    world.orders.tell(OrderPlaced(order=kept), OrderPaid(order=kept))
    await world.rested()

    assert world.mails() == []
    assert await world.rows("SELECT 1 FROM notification") == []
