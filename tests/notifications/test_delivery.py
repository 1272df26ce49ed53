"""Mail arrives once, later if it must, or is given up for a reason."""

import json
from dataclasses import replace

import pytest
import structlog

from eventhub.identity.v1.identity_events_pb2 import AccessCodeIssued
from eventhub.identity.v1.identity_service_pb2 import GetContactResponse
from eventhub.orders.v1.orders_events_pb2 import OrderPaid
from services.kit.db.database import Tx
from services.notifications.mailbox import MailBlocked, MailDelayed, MailRefused
from services.notifications.notices import KEEP_TRYING_US, ORDER_PAID, WAITS_S, new_notice, next_try_us
from tests.notifications.bought import ANA, SHOW, TALK, issued, order
from tests.notifications.lobby import Lobby, part
from tests.stage import until

DAY_S = 24 * 3_600


async def state(lobby: Lobby) -> tuple[str, str, int]:
    """Of the only notice: whether it is written, where its mail stands, how often that failed."""
    ((written, mail, tries),) = await lobby.rows("SELECT state, mail, tries FROM notification")
    return written, mail, tries


async def test_a_fact_told_again_is_no_second_mail(lobby: Lobby) -> None:
    paid, tickets = OrderPaid(order=order()), issued()
    lobby.orders.tell(paid)
    lobby.ticketing.tell(tickets)
    await lobby.quiet()
    lobby.orders.tell(paid)
    lobby.ticketing.tell(tickets)
    await lobby.quiet()

    assert lobby.postbox.tries == 2
    assert len(await lobby.listed(ANA)) == 2


async def test_mail_that_somebody_else_has_sent_meanwhile_is_not_sent_again(lobby: Lobby) -> None:
    """As by another replica, while this one stood still."""

    async def sent(tx: Tx) -> None:
        await tx.run("UPDATE notification SET mail = 'SENT' WHERE state = 'WRITTEN'")

    async def other() -> None:
        await lobby.notifications.database.write(sent)

    lobby.ticketing.before["PrepareTicket"] = other
    lobby.ticketing.tell(issued())
    await lobby.quiet()

    assert (await state(lobby))[1] == "SENT"
    assert lobby.postbox.tries == 0


async def test_a_broken_outlet_delays_mail_but_not_the_stream(lobby: Lobby) -> None:
    lobby.postbox.refuses = MailDelayed("451 later")
    lobby.orders.tell(OrderPaid(order=order()))
    await lobby.quiet()

    assert (await state(lobby), lobby.mails()) == (("WRITTEN", "PENDING", 1), [])
    assert len(await lobby.listed(ANA)) == 1
    lobby.postbox.refuses = None
    lobby.defer(WAITS_S[0])
    await lobby.quiet()
    assert await state(lobby) == ("WRITTEN", "SENT", 1)
    assert len(lobby.mails()) == 1


async def figures(lobby: Lobby) -> dict[str, float]:
    """Of mail, as they stand."""
    readings = [reading for read in lobby.notifications.gauges for reading in await read()]
    return {
        ".".join((reading.name, *reading.labels.values())): reading.value
        for reading in readings
        if reading.name.startswith("mail_")
    }


async def until_counted(lobby: Lobby, wanted: dict[str, float]) -> None:
    """Waits until figures of mail are these: a mail is counted just after it is settled."""

    async def counted() -> bool:
        return wanted.items() <= (await figures(lobby)).items()

    await until(counted)


async def test_mail_that_cannot_leave_is_an_error_in_the_server_s_words_and_a_figure(lobby: Lobby) -> None:
    lobby.postbox.refuses = MailBlocked("535 5.7.8 Authentication credentials invalid")
    with structlog.testing.capture_logs() as journal:
        lobby.orders.tell(*(OrderPaid(order=order(f"ord_{n}")) for n in range(3)))
        await lobby.quiet()
        lobby.stage.clock.pass_unseen(90)
        waiting = await figures(lobby)
        lobby.defer(0)
        await until(lambda: lobby.postbox.tries == 6)
        await lobby.quiet()

    assert (waiting["mail_pending"], waiting["mail_oldest_seconds"], waiting["mail_sent"]) == (3, 90, 0)
    errors = [line for line in journal if line["log_level"] == "error"]
    assert [line["event"] for line in errors] == ["mail cannot leave"] * 2, "once a minute, not once a mail"
    assert {line["said"] for line in errors} == {"535 5.7.8 Authentication credentials invalid"}
    lobby.postbox.refuses = None
    lobby.defer(WAITS_S[1])
    await until_counted(lobby, {"mail_pending": 0, "mail_oldest_seconds": 0, "mail_sent": 3})


async def test_mail_that_is_refused_for_good_is_counted_by_its_cause(lobby: Lobby) -> None:
    lobby.postbox.refuses = MailRefused("550 no such mailbox")
    with structlog.testing.capture_logs() as journal:
        lobby.orders.tell(OrderPaid(order=order()), OrderPaid(order=order("ord_2", buyer="gst_gone")))
        await until_counted(lobby, {"mail_dropped.refused": 1, "mail_dropped.no_recipient": 1})

    (refused,) = [line for line in journal if line.get("said")]
    assert (refused["event"], refused["why"], refused["said"]) == ("mail dropped", "refused", "550 no such mailbox")
    counted = await figures(lobby)
    assert (counted["mail_dropped.no_address"], counted["mail_pending"]) == (0, 0)


async def test_a_neighbour_that_is_away_delays_the_notice(lobby: Lobby) -> None:
    lobby.identity.away = True
    lobby.orders.tell(OrderPaid(order=order()))
    await lobby.quiet()

    assert (await state(lobby), await lobby.listed(ANA)) == (("PENDING", "PENDING", 1), [])
    lobby.identity.away = False
    lobby.defer(WAITS_S[0])
    await lobby.quiet()
    assert await state(lobby) == ("WRITTEN", "SENT", 1)


async def test_mail_is_given_up_after_a_day_without_personal_data_in_the_log(lobby: Lobby) -> None:
    lobby.postbox.refuses = MailDelayed("451 later")
    with structlog.testing.capture_logs() as journal:
        lobby.orders.tell(OrderPaid(order=order()))
        await lobby.quiet()
        lobby.defer(DAY_S)
        await lobby.quiet()

    assert await state(lobby) == ("WRITTEN", "DROPPED", 1)
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
async def test_an_address_cannot_smuggle_headers_or_recipients(lobby: Lobby, address: str) -> None:
    lobby.identity.people[ANA] = GetContactResponse(name="Ana", email=address)
    with structlog.testing.capture_logs() as journal:
        lobby.orders.tell(OrderPaid(order=order()))
        await lobby.quiet()

    assert (await state(lobby), lobby.postbox.tries) == (("WRITTEN", "DROPPED", 0), 0)
    assert "example.com" not in json.dumps(journal)


async def test_a_title_cannot_smuggle_headers(lobby: Lobby) -> None:
    lobby.catalog.events[TALK].title = "Papo\r\nBcc: all@example.com"
    lobby.identity.people[ANA].name = "Ana\r\n\r\nPay here: evil.example"
    lobby.ticketing.tell(issued(event_id=TALK))
    await lobby.quiet()

    (mail,) = lobby.mails()
    assert (mail["Bcc"], mail["Subject"]) == (None, "Seus ingressos: Papo Bcc: all@example.com")
    assert part(mail, "plain").splitlines()[0] == "Olá, Ana Pay here: evil.example!"


async def test_html_escapes_what_others_have_typed(lobby: Lobby) -> None:
    lobby.catalog.events[TALK].title = "<script>alert(1)</script>"
    lobby.ticketing.tell(issued(event_id=TALK))
    await lobby.quiet()

    assert "<script>" not in part(lobby.mails()[0], "html")
    assert "&lt;script&gt;" in part(lobby.mails()[0], "html")


async def test_somebody_unknown_has_a_notification_and_no_mail(lobby: Lobby) -> None:
    lobby.orders.tell(OrderPaid(order=order(buyer="gst_gone")))
    await lobby.quiet()

    assert (await state(lobby), lobby.postbox.tries) == (("WRITTEN", "DROPPED", 0), 0)
    assert [seen.subject for seen in await lobby.listed("gst_gone")] == ["Pagamento confirmado: Noite & Dia"]


async def test_what_an_organizer_keeps_is_told_to_nobody(lobby: Lobby) -> None:
    """Sold at the counter to a customer who left no name."""
    lobby.orders.tell(OrderPaid(order=order(buyer="org_casa")))
    lobby.ticketing.tell(issued(holder="org_casa"))
    lobby.catalog.tell(lobby.catalog.move(SHOW, "2026-12-01T21:00", version=2))
    await lobby.quiet()

    assert await lobby.rows("SELECT 1 FROM notification UNION ALL SELECT 1 FROM ticket_holder") == []


async def test_a_code_that_ran_out_is_not_sent(lobby: Lobby) -> None:
    lobby.postbox.refuses = MailDelayed("451 later")
    lobby.identity.issue_code("cod_1", "123456")
    lobby.identity.tell(AccessCodeIssued(code_id="cod_1"))
    await lobby.quiet()
    lobby.postbox.refuses = None
    lobby.defer(601)
    await lobby.quiet()

    assert await state(lobby) == ("WRITTEN", "DROPPED", 1)
    assert lobby.mails() == []


async def test_a_code_is_fetched_again_at_each_try(lobby: Lobby) -> None:
    lobby.postbox.refuses = MailDelayed("451 later")
    lobby.identity.issue_code("cod_1", "123456")
    lobby.identity.tell(AccessCodeIssued(code_id="cod_1"))
    await lobby.quiet()
    lobby.identity.issue_code("cod_1", "654321")
    lobby.postbox.refuses = None
    lobby.defer(60)
    await lobby.quiet()

    text = part(lobby.mails()[0], "plain")
    assert "654321" in text
    assert "9 min" in text


async def test_a_code_nobody_knows_is_dropped(lobby: Lobby) -> None:
    lobby.identity.tell(AccessCodeIssued(code_id="cod_unknown"))
    await lobby.quiet()

    assert await state(lobby) == ("PENDING", "DROPPED", 0)


async def test_a_delivery_that_is_cut_off_is_done_again(lobby: Lobby) -> None:
    lobby.postbox.stuck = True
    lobby.orders.tell(OrderPaid(order=order()))
    await until(lambda: lobby.postbox.tries)
    assert lobby.notifications.stop is not None
    await lobby.notifications.stop()
    assert (await state(lobby), lobby.mails()) == (("WRITTEN", "PENDING", 0), [])
    lobby.postbox.stuck = False
    lobby.defer(0)
    await until(lobby.mails)

    ((facts,),) = await lobby.rows("SELECT count(*) FROM outbox")
    assert facts == 1, "its streams were told once"


async def test_what_no_stream_has_told_is_never_given_up(lobby: Lobby) -> None:
    lobby.identity.away = True
    lobby.orders.tell(OrderPaid(order=order()))
    await lobby.quiet()
    lobby.defer(2 * DAY_S)
    await lobby.quiet()
    lobby.identity.away = False
    lobby.defer(WAITS_S[1])
    await lobby.quiet()

    assert await state(lobby) == ("WRITTEN", "SENT", 2)


async def test_a_code_is_given_up_while_nobody_can_tell_it(lobby: Lobby) -> None:
    lobby.identity.away = True
    lobby.identity.tell(AccessCodeIssued(code_id="cod_1"))
    await lobby.quiet()
    lobby.defer(2 * DAY_S)
    await lobby.quiet()

    assert await state(lobby) == ("PENDING", "DROPPED", 1)


def test_tries_come_further_apart_and_end_after_a_day() -> None:
    untold = new_notice(ORDER_PAID, occasion="ord_1", buyer_id=ANA, cause="{}", at_us=0)
    notice = replace(untold, state="WRITTEN")

    assert next_try_us(notice, now_us=5) == 5 + WAITS_S[0] * 1_000_000
    assert next_try_us(notice, now_us=KEEP_TRYING_US) is None
    assert next_try_us(replace(untold, tries=99), now_us=KEEP_TRYING_US) == KEEP_TRYING_US + WAITS_S[-1] * 1_000_000
    assert WAITS_S == (1, 5, 30, 120, 600, 3_600)
