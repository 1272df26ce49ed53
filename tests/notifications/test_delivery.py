"""A delivery is sent once, is tried again after a temporary error, or is dropped for a reason."""

import json

import pytest
import structlog

from eventhub.identity.v1.identity_events_pb2 import AccessCodeIssued
from eventhub.identity.v1.identity_service_pb2 import GetContactResponse
from eventhub.orders.v1.orders_events_pb2 import OrderPaid, OrderPaymentPending
from services.kit.db.database import Tx
from services.notifications import notices
from services.notifications.channels import DeliveryBlocked, DeliveryDelayed, DeliveryRefused
from services.notifications.deliveries import KEEP_TRYING_US, deliveries_of, next_try_us
from services.notifications.notices import WAITS_S, NoticeKind, new_notice
from tests.notifications.world import ANA, SHOW, TALK, World, issued, order, part
from tests.stage import until

DAY_S = 24 * 3_600


async def state(world: World) -> tuple[str, str, int]:
    """The state of the only notice, that of its delivery, and how often either has failed. A notice without a text has
    no delivery, which is given as PENDING."""
    ((written, mail, tries),) = await world.rows(
        """SELECT notification.state, coalesce(delivery.state, 'PENDING'),
           notification.tries + coalesce(delivery.tries, 0)
           FROM notification LEFT JOIN delivery USING (notification_id)"""
    )
    return written, mail, tries


async def test_a_repeated_fact_makes_no_second_mail(world: World) -> None:
    paid, tickets = OrderPaid(order=order()), issued()
    world.orders.tell(paid)
    world.ticketing.tell(tickets)
    await world.idle()
    world.orders.tell(paid)
    world.ticketing.tell(tickets)
    await world.rested()

    assert world.outlet.tries == 1
    assert len(await world.listed(ANA)) == 2


async def test_mail_that_another_replica_has_sent_is_not_sent_again(world: World) -> None:
    """This replica stood still meanwhile, and its lease ended."""

    async def sent(tx: Tx) -> None:
        await tx.run("UPDATE delivery SET state = 'SENT'")

    async def other() -> None:
        await world.notifications.database.write(sent)

    world.ticketing.before["PrepareTicket"] = other
    world.ticketing.tell(issued())
    await world.idle()

    assert (await state(world))[1] == "SENT"
    assert world.outlet.tries == 0


async def test_a_broken_outlet_delays_mail_but_no_stream(world: World) -> None:
    world.outlet.error = DeliveryDelayed("451 later")
    world.orders.tell(OrderPaymentPending(order=order()))
    await world.idle()

    assert (await state(world), world.mails()) == (("WRITTEN", "PENDING", 1), [])
    assert len(await world.listed(ANA)) == 1
    world.outlet.error = None
    world.advance(WAITS_S[0])
    await world.idle()
    assert await state(world) == ("WRITTEN", "SENT", 1)
    assert len(world.mails()) == 1


async def metrics(world: World) -> dict[str, float]:
    """The metrics of mail, by name and labels."""
    readings = [reading for read in world.notifications.gauges for reading in await read()]
    return {
        ".".join((reading.name, *reading.labels.values())): reading.value
        for reading in readings
        if reading.name.startswith("mail_")
    }


async def until_counted(world: World, wanted: dict[str, float], *, pass_s: float = 0) -> None:
    """Waits until metrics of mail have these values: a mail is counted just after it is settled. pass_s: the seconds
    that pass between two looks. A worker that reads what is due just before the clock moves sleeps on until it moves
    again."""

    async def counted() -> bool:
        world.advance(pass_s)
        return wanted.items() <= (await metrics(world)).items()

    await until(counted)


async def test_mail_that_cannot_leave_is_logged_in_the_server_s_words_and_measured(world: World) -> None:
    world.outlet.error = DeliveryBlocked("535 5.7.8 Authentication credentials invalid")
    with structlog.testing.capture_logs() as journal:
        world.orders.tell(*(OrderPaymentPending(order=order(f"ord_{n}")) for n in range(3)))
        await world.idle()
        world.stage.clock.pass_unseen(90)
        waiting = await metrics(world)
        world.advance(0)
        await until(lambda: world.outlet.tries == 6)
        await world.idle()

    assert (waiting["mail_pending"], waiting["mail_oldest_seconds"], waiting["mail_sent"]) == (3, 90, 0)
    errors = [line for line in journal if line["log_level"] == "error"]
    assert [line["event"] for line in errors] == ["mail cannot leave"] * 2, "once a minute, not for each mail"
    assert {line["said"] for line in errors} == {"535 5.7.8 Authentication credentials invalid"}
    world.outlet.error = None
    await until_counted(world, {"mail_pending": 0, "mail_oldest_seconds": 0, "mail_sent": 3}, pass_s=WAITS_S[1])


async def test_refused_mail_is_counted_by_its_cause(world: World) -> None:
    world.outlet.error = DeliveryRefused("550 no such mailbox")
    with structlog.testing.capture_logs() as journal:
        world.orders.tell(
            OrderPaymentPending(order=order()), OrderPaymentPending(order=order("ord_2", buyer="gst_gone"))
        )
        await until_counted(world, {"mail_dropped.refused": 1, "mail_dropped.no_recipient": 1})

    (refused,) = [line for line in journal if line.get("said")]
    assert (refused["event"], refused["why"], refused["said"]) == ("mail dropped", "refused", "550 no such mailbox")
    counted = await metrics(world)
    assert (counted["mail_dropped.no_address"], counted["mail_pending"]) == (0, 0)


async def test_a_neighbour_that_is_away_delays_the_notice(world: World) -> None:
    world.identity.away = True
    world.orders.tell(OrderPaymentPending(order=order()))
    await world.idle()

    assert (await state(world), await world.listed(ANA)) == (("PENDING", "PENDING", 1), [])
    world.identity.away = False
    world.advance(WAITS_S[0])
    await world.idle()
    assert await state(world) == ("WRITTEN", "SENT", 1)


async def test_mail_is_given_up_after_a_day_without_personal_data_in_the_log(world: World) -> None:
    world.outlet.error = DeliveryDelayed("451 later")
    with structlog.testing.capture_logs() as journal:
        world.orders.tell(OrderPaymentPending(order=order()))
        await world.idle()
        world.advance(DAY_S)
        await world.idle()

    assert await state(world) == ("WRITTEN", "DROPPED", 1)
    assert [line["event"] for line in journal if line["log_level"] == "warning"] == ["mail dropped"]
    assert not any(secret in json.dumps(journal) for secret in ("Ana", "example.com"))


@pytest.mark.parametrize(
    "address",
    [
        "ana@example.com\r\nBcc: all@example.com",
        "ana@example.com\nBcc: all@example.com",
        "ana@example.com, all@example.com",
        "Ana <ana@example.com>",
        "ana@example.com\x00",
        "ana",
        "@example.com",
    ],
)
async def test_an_address_cannot_smuggle_headers_or_recipients(world: World, address: str) -> None:
    world.identity.people[ANA] = GetContactResponse(name="Ana", email=address)
    with structlog.testing.capture_logs() as journal:
        world.orders.tell(OrderPaymentPending(order=order()))
        await world.idle()

    assert (await state(world), world.outlet.tries) == (("WRITTEN", "DROPPED", 0), 0)
    assert "example.com" not in json.dumps(journal)


async def test_a_title_cannot_smuggle_headers(world: World) -> None:
    world.catalog.events[TALK].title = "Papo\r\nBcc: all@example.com"
    world.identity.people[ANA].name = "Ana\r\n\r\nPay here: evil.example"
    world.ticketing.tell(issued(event_id=TALK))
    await world.idle()

    (mail,) = world.mails()
    assert (mail["Bcc"], mail["Subject"]) == (None, "Seus ingressos: Papo Bcc: all@example.com")
    assert part(mail, "plain").splitlines()[0] == "Olá, Ana Pay here: evil.example!"


async def test_html_escapes_what_others_have_typed(world: World) -> None:
    world.catalog.events[TALK].title = "<script>alert(1)</script>"
    world.ticketing.tell(issued(event_id=TALK))
    await world.idle()

    assert "<script>" not in part(world.mails()[0], "html")
    assert "&lt;script&gt;" in part(world.mails()[0], "html")


async def test_a_person_unknown_to_identity_gets_a_notification_and_no_mail(world: World) -> None:
    world.orders.tell(OrderPaymentPending(order=order(buyer="gst_gone")))
    await world.idle()

    assert (await state(world), world.outlet.tries) == (("WRITTEN", "DROPPED", 0), 0)
    assert [seen.subject for seen in await world.listed("gst_gone")] == [
        "Estamos confirmando seu pagamento: Noite & Dia"
    ]


async def test_tickets_that_an_organizer_keeps_make_no_notice(world: World) -> None:
    """They were sold at the counter to a customer who left no name."""
    world.orders.tell(OrderPaymentPending(order=order(buyer="org_casa")))
    world.ticketing.tell(issued(holder="org_casa"))
    world.catalog.tell(world.catalog.reschedule(SHOW, "2026-12-01T21:00", version=2))
    await world.idle()

    assert await world.rows("SELECT 1 FROM notification UNION ALL SELECT 1 FROM ticket_holder") == []


async def test_an_expired_code_is_not_sent(world: World) -> None:
    world.outlet.error = DeliveryDelayed("451 later")
    world.identity.issue_code("cod_1", "123456")
    world.identity.tell(AccessCodeIssued(code_id="cod_1"))
    await world.idle()
    world.outlet.error = None
    world.advance(601)
    await world.idle()

    assert await state(world) == ("WRITTEN", "DROPPED", 1)
    assert world.mails() == []


async def test_a_code_is_fetched_again_at_each_try(world: World) -> None:
    world.outlet.error = DeliveryDelayed("451 later")
    world.identity.issue_code("cod_1", "123456")
    world.identity.tell(AccessCodeIssued(code_id="cod_1"))
    await world.idle()
    world.identity.issue_code("cod_1", "654321")
    world.outlet.error = None
    world.advance(60)
    await world.idle()

    text = part(world.mails()[0], "plain")
    assert "654321" in text
    assert "9 min" in text


async def test_a_code_unknown_to_identity_is_dropped(world: World) -> None:
    world.identity.tell(AccessCodeIssued(code_id="cod_unknown"))
    await world.idle()

    assert await state(world) == ("WRITTEN", "DROPPED", 0)


async def test_an_interrupted_delivery_is_repeated(world: World) -> None:
    world.outlet.stuck = True
    world.orders.tell(OrderPaymentPending(order=order()))
    await until(lambda: world.outlet.tries)
    assert world.notifications.stop is not None
    await world.notifications.stop()
    assert (await state(world), world.mails()) == (("WRITTEN", "PENDING", 0), [])
    world.outlet.stuck = False
    world.advance(0)
    await until(world.mails)

    ((facts,),) = await world.rows("SELECT count(*) FROM outbox")
    assert facts == 1, "its streams were told once"


async def test_a_notice_without_a_text_is_never_given_up(world: World) -> None:
    world.identity.away = True
    world.orders.tell(OrderPaymentPending(order=order()))
    await world.idle()
    world.advance(2 * DAY_S)
    await world.idle()
    world.identity.away = False
    world.advance(WAITS_S[1])
    await world.idle()

    assert await state(world) == ("WRITTEN", "SENT", 2)


async def test_a_code_is_given_up_while_identity_is_away(world: World) -> None:
    world.identity.away = True
    world.identity.tell(AccessCodeIssued(code_id="cod_1"))
    await world.idle()
    world.advance(2 * DAY_S)
    await world.idle()

    assert await state(world) == ("WRITTEN", "DROPPED", 1)


def test_tries_become_rarer_and_end_after_a_day() -> None:
    notice = new_notice(NoticeKind.ORDER_FAILED, dedup_key="ord_1", buyer_id=ANA, payload="{}", at_us=0)
    (delivery,) = deliveries_of(notice)

    assert next_try_us(delivery, now_us=5) == 5 + WAITS_S[0] * 1_000_000
    assert next_try_us(delivery, now_us=KEEP_TRYING_US) is None
    assert notices.next_try_us(99, now_us=KEEP_TRYING_US) == KEEP_TRYING_US + WAITS_S[-1] * 1_000_000
    assert WAITS_S == (1, 5, 30, 120, 600, 3_600)
