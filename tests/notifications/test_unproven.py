"""Mail to unproven addresses: only our own words, within limits, and the rest after the proof."""

import asyncio
from email.message import EmailMessage
from pathlib import Path

import pytest
from google.protobuf.message import Message

from eventhub.common.v1.error_reason_pb2 import ERROR_REASON_PAYMENT_DECLINED
from eventhub.identity.v1.identity_events_pb2 import AccessCodeIssued, ContactProven, GuestMerged, MemberInvited
from eventhub.orders.v1.orders_events_pb2 import OrderFailed, OrderPaid, OrderPaymentPending
from eventhub.orders.v1.orders_pb2 import (
    PAYMENT_METHOD_BOX_OFFICE,
    PAYMENT_METHOD_COMPLIMENTARY,
    PAYMENT_METHOD_FREE,
)
from services.kit.db.database import Tx
from services.notifications import delivery_store, delivery_transactions, notices, store, transactions, unproven
from services.notifications.channels import DeliveryDelayed
from services.notifications.deliveries import Delivery, deliveries_of
from services.notifications.delivery_transactions import Admission, Stranger
from services.notifications.notices import NoticeKind
from services.notifications.unproven import UNPAID, unlinked
from tests.fakes.clock import START_US
from tests.notifications.world import ANA, ROUND_S, RUI, SHOW, World, issued, order, part, person
from tests.stage import Stage, until

NAME = "Pay at evil.example"
TITLE = "Bank blocked: go to bank.evil.example/now"
DAY_S = 24 * 3_600


@pytest.fixture
def stranger(world: World) -> World:
    """notifications while Ana's address is not proven. The guest's name and the event's texts are advertisements."""
    world.identity.people[ANA] = person(NAME, "ana@example.com", proven=False)
    event = world.catalog.events[SHOW]
    event.title, event.venue.name, event.venue.city = TITLE, "place.evil.example", "city.evil.example"
    return world


def texts(mail: EmailMessage) -> str:
    return part(mail, "plain") + part(mail, "html")


@pytest.mark.parametrize(
    "fact",
    [
        OrderPaymentPending(order=order()),
        OrderFailed(order=order(failure=ERROR_REASON_PAYMENT_DECLINED)),
        OrderPaid(order=order(method=PAYMENT_METHOD_COMPLIMENTARY, discount=10_000)),
        OrderPaid(order=order(method=PAYMENT_METHOD_BOX_OFFICE)),
    ],
)
async def test_mail_contains_only_our_words_and_the_title_which_is_no_link(stranger: World, fact: Message) -> None:
    (mail,) = await stranger.mails_after(fact)

    assert mail["From"] == "EventHub <tickets@eventhub.example>"
    assert unlinked(TITLE) in part(mail, "plain")
    said = texts(mail).replace(unlinked(TITLE), "")
    assert not any(typed in said for typed in ("evil", NAME, "VIP", "AMIGOS", "://"))
    (seen,) = await stranger.listed(ANA)
    assert TITLE in seen.subject, "the session of the guest who typed it shows everything"


async def test_mail_about_a_new_time_contains_only_our_words(stranger: World) -> None:
    await stranger.mails_after(issued(paid=False))
    stranger.catalog.tell(stranger.catalog.reschedule(SHOW, "2026-12-01T21:00", version=2))
    await stranger.idle()
    stranger.advance(ROUND_S)
    await stranger.idle()

    (mail,) = stranger.mails()
    assert "21:00" in part(mail, "plain")
    assert not any(typed in texts(mail).replace(unlinked(TITLE), "") for typed in ("evil", NAME))


async def test_mail_about_paid_tickets_leaves_out_the_guest_s_name(stranger: World) -> None:
    mails = await stranger.mails_after(OrderPaid(order=order()), issued())

    (mail,) = mails
    assert NAME not in texts(mail)
    assert "Seus ingressos" in mail["Subject"]
    assert len(list(mail.iter_attachments())) == 1


@pytest.mark.parametrize(
    "proof", [ContactProven(subject_id=ANA), GuestMerged(from_subject_id=ANA, into_subject_id=RUI)]
)
async def test_free_tickets_are_listed_at_once_and_mailed_once_after_the_proof(stranger: World, proof: Message) -> None:
    free = order(method=PAYMENT_METHOD_FREE, face=0)
    assert await stranger.mails_after(OrderPaid(order=free), issued(paid=False)) == []
    assert len(await stranger.listed(ANA)) == 2
    stranger.advance(2 * DAY_S)
    await stranger.idle()
    stranger.identity.people[ANA].proven = True
    stranger.identity.tell(proof, proof)
    await stranger.idle()
    stranger.identity.tell(proof)
    await stranger.idle()

    (mail,) = stranger.mails()
    assert str(mail["Subject"]).startswith(("Seus ingressos: ", "Your tickets: "))
    assert stranger.outlet.tries == 1


async def test_a_released_mail_that_fails_is_tried_again(stranger: World) -> None:
    await stranger.mails_after(issued(paid=False))
    stranger.advance(2 * DAY_S)
    stranger.identity.people[ANA].proven = True
    stranger.outlet.error = DeliveryDelayed("451 later")
    stranger.identity.tell(ContactProven(subject_id=ANA))
    await until(lambda: stranger.outlet.tries == 1)
    await stranger.idle()
    stranger.outlet.error = None
    stranger.advance(1)
    await stranger.idle()

    assert len(stranger.mails()) == 1


async def test_access_codes_have_no_limit_here_because_identity_limits_them(stranger: World) -> None:
    for n in range(20):
        stranger.identity.issue_code(f"cod_{n}", "123456")
        stranger.identity.tell(AccessCodeIssued(code_id=f"cod_{n}"))
    await stranger.idle()

    assert len(stranger.mails()) == 20


def failed(n: int, buyer: str = ANA, organizer: str = "org_casa") -> OrderFailed:
    lost = order(f"ord_{buyer}_{n}", buyer=buyer, failure=ERROR_REASON_PAYMENT_DECLINED)
    lost.organizer_id = organizer
    return OrderFailed(order=lost)


async def test_mail_to_one_mailbox_is_limited(stranger: World) -> None:
    """Many sessions have tagged addresses of one mailbox."""
    for n in range(30):
        stranger.identity.people[f"gst_{n}"] = person(NAME, f"ana+{n}@example.com", proven=False)
        stranger.identity.people[f"gst_{n}"].mailbox_key = "mailbox:ana"
    mails = await stranger.mails_after(*(failed(1, f"gst_{n}") for n in range(30)))

    assert len(mails) == UNPAID.pair
    stranger.catalog.events[SHOW].organizer_id = "org_other"
    stranger.advance(60)
    assert len(await stranger.mails_after(*(failed(2, f"gst_{n}") for n in range(30)))) == UNPAID.mailbox
    stranger.advance(DAY_S)
    assert len(await stranger.mails_after(failed(3, "gst_0"))) == UNPAID.mailbox + 1
    assert len(await stranger.rows("SELECT 1 FROM mail_count")) == 3, "only today's is kept"


async def test_mail_about_one_organizer_is_limited(stranger: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unproven, "UNPAID", unproven.Unpaid(mailbox=10, organizer=20, pair=5))
    for n in range(30):
        stranger.identity.people[f"gst_{n}"] = person(NAME, f"p{n}@example.com", proven=False)
    mails = await stranger.mails_after(*(failed(1, f"gst_{n}") for n in range(30)))

    assert len(mails) == 20
    assert len(await stranger.rows("SELECT 1 FROM notification WHERE state = 'WRITTEN'")) == 30
    assert len(await stranger.mails_after(failed(2, RUI))) == 21, "a proven address is not counted"


async def test_an_organizer_s_invitations_count_for_the_same_limit(stranger: World) -> None:
    stranger.identity.tell(
        *(MemberInvited(organizer_id="org_casa", account_id=ANA) for _ in range(UNPAID.pair)),
        MemberInvited(organizer_id="org_other", account_id=ANA),
    )
    await stranger.idle()
    assert len(stranger.mails()) == UNPAID.pair + 1
    assert not any("evil" in texts(mail) for mail in stranger.mails())

    assert len(await stranger.mails_after(failed(1))) == UNPAID.pair + 1, "the limit of this organizer is reached"


async def new_delivery(tx: Tx, kind: NoticeKind, order_id: str) -> Delivery:
    """Writes a notice and its delivery by e-mail."""
    notice = notices.new_notice(kind, dedup_key=order_id, buyer_id=ANA, payload="{}", at_us=START_US)
    await store.claim(tx, notice)
    (delivery,) = deliveries_of(notice)
    await delivery_store.add(tx, delivery)
    return delivery


async def test_a_mail_is_counted_once_even_if_it_is_tried_often(stage: Stage) -> None:
    database = await stage.platform.runtime.database("hall", Path(transactions.__file__).parent / "schema")
    delivery = await database.write(new_delivery, NoticeKind.ORDER_FAILED, "ord_1")
    to = Stranger("mailbox:ana", "org_casa", paid=False)
    for _ in range(UNPAID.mailbox + 1):
        admission = await database.write(delivery_transactions.admit, delivery, to, now_us=START_US)
        assert admission is Admission.GRANTED

    counts = await database.read(lambda tx: tx.all("SELECT DISTINCT mails FROM mail_count ORDER BY mails"))
    await database.close()
    assert counts == [(1,)]


async def test_mails_at_the_same_time_are_each_counted(stage: Stage) -> None:
    database = await stage.platform.runtime.database("hall", Path(transactions.__file__).parent / "schema")
    waiting = [await database.write(new_delivery, NoticeKind.ORDER_FAILED, f"ord_{n}") for n in range(16)]
    to = Stranger("mailbox:ana", "org_casa", paid=False)
    admit = delivery_transactions.admit
    went = await asyncio.gather(*(database.write(admit, delivery, to, now_us=START_US) for delivery in waiting))
    await database.close()

    assert went.count(Admission.GRANTED) == UNPAID.pair
    assert went.count(Admission.OVER) == 16 - UNPAID.pair


async def test_a_proof_releases_also_the_mails_that_are_withheld_at_the_same_time(stage: Stage) -> None:
    database = await stage.platform.runtime.database("hall", Path(transactions.__file__).parent / "schema")
    waiting = [await database.write(new_delivery, NoticeKind.TICKETS, f"ord_{n}") for n in range(16)]
    withhold = delivery_transactions.withhold
    withholding = [database.write(withhold, delivery, now_us=START_US) for delivery in waiting]
    proof = database.write(delivery_transactions.prove, ANA, now_us=START_US)
    await asyncio.gather(*withholding[:8], proof, *withholding[8:])

    left = await database.read(lambda tx: tx.all("SELECT DISTINCT state FROM delivery ORDER BY state"))
    await database.close()
    assert left == [("PENDING",)]


@pytest.mark.parametrize("typed", ["bank.evil.example/now", "http://evil.example", "a@evil.example", "Node.js"])
def test_mail_programs_make_no_link_of_a_title(typed: str) -> None:
    shown = unlinked(typed)

    assert shown.replace("\N{WORD JOINER}", "") == typed
    assert "\N{WORD JOINER}" in shown
    assert not any(pair in shown for pair in (".e", "://", "@e", ".j"))


def test_times_and_sentences_stay_as_they_are() -> None:
    assert unlinked("Noite. 1º ato: às 20 h") == "Noite. 1º ato: às 20 h"
