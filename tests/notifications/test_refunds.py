"""Notices of refunds, and news of an event for those who still hold tickets."""

import pytest

from eventhub.identity.v1.identity_events_pb2 import ContactProven
from eventhub.notifications.v1 import notifications_pb2 as nouns
from eventhub.orders.v1.orders_pb2 import (
    ORDER_REFUND_STATE_FAILED,
    ORDER_REFUND_STATE_OWED,
    ORDER_REFUND_STATE_PENDING,
    ORDER_REFUND_STATE_SETTLED,
    PAYMENT_METHOD_BOX_OFFICE,
    PAYMENT_METHOD_FREE,
    OrderRefundState,
)
from tests.notifications.returns import refunded, revoked
from tests.notifications.world import ANA, NUMBER, RUI, SHOW, World, issued, order, part

OWED, SETTLED = ORDER_REFUND_STATE_OWED, ORDER_REFUND_STATE_SETTLED
PENDING, FAILED = ORDER_REFUND_STATE_PENDING, ORDER_REFUND_STATE_FAILED


async def mail_of(world: World, *facts: object) -> tuple[str, str, str]:
    """The subject and both texts of the one mail about some facts."""
    (mail,) = await world.mails_after(*facts)  # type: ignore[arg-type]  # facts of orders
    return mail["Subject"], part(mail, "plain"), part(mail, "html")


@pytest.mark.parametrize(
    ("reader", "subject", "words"),
    [
        (ANA, "Seu reembolso: Noite & Dia", ("1 ingresso", "R$ 37,50", "duas próximas faturas", "fica com R$ 12,50")),
        (RUI, "Your refund: Noite & Dia", ("1 ticket", "R$37.50", "next two statements", "keeps R$12.50")),
    ],
)
async def test_the_buyer_is_told_of_a_refund(world: World, reader: str, subject: str, words: tuple[str, ...]) -> None:
    seen, *texts = await mail_of(world, refunded("2", minor=3_750, kept=1_250, of=order(buyer=reader)))

    assert seen == subject
    for text in texts:
        assert all(word in text for word in (*words, "A-2", NUMBER, "Teatro Aurora"))
        assert "A-1" not in text
        assert "ill" not in text, "the organizer's own words are left out"
    (listed,) = await world.listed(reader)
    assert (listed.kind, listed.event_id, listed.order_id) == (
        nouns.NOTIFICATION_KIND_ORDER_REFUNDED,
        SHOW,
        "ord_1",
    )
    ((payload,),) = await world.rows("SELECT payload FROM notification")
    assert not any(word in payload for word in ("Souza", "ana@"))


@pytest.mark.parametrize(("reader", "words"), [(ANA, "continuam válidos"), (RUI, "stay valid")])
async def test_tickets_stay_valid_if_only_money_goes_back(world: World, reader: str, words: str) -> None:
    _, *texts = await mail_of(world, refunded(minor=1_000, of=order(buyer=reader)))

    for text in texts:
        assert words in text
        assert "10" in text
        assert "A-1" not in text


@pytest.mark.parametrize(("reader", "words"), [(ANA, "já recebeu R$ 100,00 na bilheteria"), (RUI, "at the counter")])
async def test_money_of_a_counter_is_paid_out_already(world: World, reader: str, words: str) -> None:
    bought = order(buyer=reader, method=PAYMENT_METHOD_BOX_OFFICE)
    _, plain, html = await mail_of(world, refunded("1", "2", minor=10_000, of=bought))

    assert words in plain
    assert "faturas" not in plain + html
    assert "statements" not in plain + html


@pytest.mark.parametrize(
    ("reader", "subject", "words"),
    [(ANA, "Seus ingressos foram devolvidos", "não houve pagamento"), (RUI, "Your tickets are given back", "nothing")],
)
async def test_of_free_tickets_there_is_nothing_to_pay(world: World, reader: str, subject: str, words: str) -> None:
    bought = order(buyer=reader, method=PAYMENT_METHOD_FREE, face=0)
    seen, *texts = await mail_of(world, refunded("1", "2", minor=0, of=bought))

    assert seen.startswith(subject)
    for text in texts:
        assert words in text
        assert "0,00" not in text
        assert "0.00" not in text


@pytest.mark.parametrize(
    ("reader", "subject", "words"),
    [
        (ANA, "Seu reembolso será pago de outra forma: Noite & Dia", ("recusou", "R$ 50,00", "1 ingresso")),
        (RUI, "Your refund is paid in another way: Noite & Dia", ("refused", "R$50.00", "1 ticket")),
    ],
)
async def test_the_buyer_is_told_that_money_is_owed(
    world: World, reader: str, subject: str, words: tuple[str, ...]
) -> None:
    seen, *texts = await mail_of(world, refunded("1", minor=5_000, of=order(buyer=reader), state=OWED))

    assert seen == subject
    for text in texts:
        assert all(word in text for word in (*words, "A-1"))
    assert (await world.listed(reader))[0].kind == nouns.NOTIFICATION_KIND_REFUND_OWED


@pytest.mark.parametrize("state", [PENDING, FAILED, SETTLED])
async def test_other_states_of_a_refund_make_no_notice(world: World, state: OrderRefundState.ValueType) -> None:
    assert await world.mails_after(refunded("1", minor=5_000, state=state)) == []
    assert await world.rows("SELECT 1 FROM notification") == []


async def test_each_refund_is_told_once(world: World) -> None:
    first, second = refunded("1", minor=5_000), refunded("2", minor=5_000, refund_id="rfd_2")

    mails = await world.mails_after(first, first, second, first)

    assert len(mails) == 2


async def test_an_order_without_a_buyer_makes_no_notice(world: World) -> None:
    await world.mails_after(refunded("1", minor=5_000, of=order(buyer="org_casa", method=PAYMENT_METHOD_BOX_OFFICE)))

    assert await world.rows("SELECT 1 FROM notification") == []


async def test_a_stranger_s_mail_about_a_refund_follows_the_order_s(world: World) -> None:
    world.identity.people[ANA].proven = False
    free = order("ord_2", method=PAYMENT_METHOD_FREE, face=0)

    (mail,) = await world.mails_after(refunded("1", minor=5_000), refunded("1", minor=0, of=free, refund_id="rfd_2"))

    assert "A-1" in part(mail, "plain"), "a card was charged, so the lines are shown"
    assert "Ana" not in part(mail, "plain")


async def told_of_change(world: World) -> list[tuple[object, ...]]:
    """The people who are told of a change of the show now."""
    await world.move("2026-12-01T21:00")
    await world.pass_round()
    return await world.rows("SELECT buyer_id FROM notification WHERE kind = 'EVENT_CHANGED' ORDER BY buyer_id")


async def test_who_has_given_all_tickets_back_is_not_told_of_changes(world: World) -> None:
    gone, kept = issued("ord_1", holder=ANA, count=2), issued("ord_2", holder=RUI, count=2)
    await world.mails_after(gone, kept, revoked(gone, 1), revoked(gone, 2), revoked(kept, 1))

    assert await told_of_change(world) == [(RUI,)]


async def test_the_tickets_of_another_order_keep_a_holder(world: World) -> None:
    gone, kept = issued("ord_1", holder=ANA), issued("ord_2", holder=ANA)
    await world.mails_after(gone, kept, revoked(gone, 1))

    assert await told_of_change(world) == [(ANA,)]


async def test_repeated_facts_about_tickets_change_nothing(world: World) -> None:
    gone, kept = issued("ord_1", holder=ANA, count=2), issued("ord_2", holder=RUI, count=2)
    await world.mails_after(gone, revoked(gone, 1, 2), gone, kept, revoked(kept, 1), revoked(kept, 1), kept)

    assert await told_of_change(world) == [(RUI,)]


async def test_withheld_mail_does_without_revoked_tickets(world: World) -> None:
    world.identity.people[ANA].proven = False
    some, none = issued("ord_1", count=2, paid=False), issued("ord_2", count=1, paid=False)
    await world.mails_after(some, none, revoked(some, 1), revoked(none, 1))
    assert world.mails() == []

    world.identity.people[ANA].proven = True
    world.identity.tell(ContactProven(subject_id=ANA))
    await world.idle()

    (mail,) = world.mails()
    assert [attached.get_filename() for attached in mail.iter_attachments()] == ["ticket-2.png"]
