"""Work at the same time: a slow mail server, a feed that is read late, a guest who is merged during an announcement."""

import asyncio
import json
from pathlib import Path

from eventhub.common.v1.feed_pb2 import Revision
from eventhub.identity.v1.identity_events_pb2 import AccessCodeIssued, GuestMerged
from eventhub.notifications.v1 import notifications_service_pb2 as pb
from eventhub.notifications.v1.notifications_pb2 import NOTIFICATION_KIND_EVENT_CHANGED, NOTIFICATION_KIND_TICKETS
from eventhub.orders.v1.orders_events_pb2 import OrderPaid, OrderPaymentPending
from services.kit.db.database import Row, Tx
from services.kit.work.runner import AT_ONCE_MAX
from services.notifications import notices, transactions
from services.notifications.changes import Change
from services.notifications.delivery_worker import PATIENT_AT_ONCE_MAX
from services.notifications.notices import NoticeKind
from services.notifications.transactions import HOLDERS_AT_ONCE
from tests.fakes.clock import START_US
from tests.notifications.returns import holding
from tests.notifications.world import ANA, RUI, SHOW, World, issued, order
from tests.stage import Stage, until

CROWD = AT_ONCE_MAX + 6


def renamed(event_id: str) -> Change:
    """A change of an event's title."""
    payload = json.dumps({"event": {}, "changes": {"title": ["A", "B"]}})
    return Change(change_id=f"{event_id}@2", event_id=event_id, version=2, payload=payload, at_us=START_US)


async def next_seen(world: World, reader: str, start: Revision | None = None) -> pb.SubscribeResponse:
    """The first message of a stream."""
    async with asyncio.timeout(3):
        async for seen in world.stage.buyer(reader).notifications.Subscribe(pb.SubscribeRequest(start_revision=start)):
            return seen
    raise AssertionError("the stream has ended")


async def test_streams_do_not_wait_for_a_mail_server_that_never_answers(world: World) -> None:
    world.outlet.stuck = True
    for n in range(CROWD):
        world.orders.tell(OrderPaid(order=order(f"ord_{n}")))

    async def all_told() -> bool:
        return (await world.rows("SELECT count(*) FROM notification WHERE state = 'WRITTEN'")) == [(CROWD,)]

    await until(all_told)


async def test_an_access_code_does_not_wait_for_other_mail(world: World) -> None:
    world.outlet.stuck = True
    for n in range(CROWD):
        world.orders.tell(OrderPaymentPending(order=order(f"ord_{n}")))
    await until(lambda: world.outlet.tries == PATIENT_AT_ONCE_MAX)
    world.outlet.stuck = False
    world.identity.issue_code("cod_1", "314159")
    world.identity.tell(AccessCodeIssued(code_id="cod_1"))

    await until(lambda: "Seu código de acesso" in [mail["Subject"] for mail in world.mails()])

    world.identity.issue_code("cod_2", "271828")
    world.identity.tell(AccessCodeIssued(code_id="cod_2"))
    await until(lambda: len(world.mails()) == 2)
    assert world.outlet.tries == PATIENT_AT_ONCE_MAX + 2, "no other mail took the place of a code"


async def test_a_holder_whose_fact_is_read_late_is_told_of_an_earlier_change(world: World) -> None:
    await world.move("2026-12-01T21:00", version=2)
    await world.pass_round()
    before, after = issued("ord_1"), issued("ord_2", holder=RUI)
    before.tickets[0].issued_at.FromMicroseconds(START_US - 1)
    after.tickets[0].issued_at.FromMicroseconds(START_US + 1)
    world.ticketing.tell(before, after, before)
    await world.idle()

    kinds = [sorted(seen.kind for seen in await world.listed(reader)) for reader in (ANA, RUI)]
    assert kinds == [[NOTIFICATION_KIND_TICKETS, NOTIFICATION_KIND_EVENT_CHANGED], [NOTIFICATION_KIND_TICKETS]]


async def test_a_person_who_gets_tickets_by_a_merge_is_not_left_out_of_an_announcement_under_way(stage: Stage) -> None:
    # The person comes before the end of the first page, the guest after it.
    database = await stage.platform.runtime.database("hall", Path(transactions.__file__).parent / "schema")
    change = renamed(SHOW)

    async def announce(tx: Tx) -> list[tuple[int, int]]:
        for buyer_id in (*(f"gst_c{n:04d}" for n in range(HOLDERS_AT_ONCE)), "gst_z"):
            await transactions.note_holder(tx, holding(f"ord_{buyer_id}", SHOW, buyer_id), now_us=START_US)
        await transactions.note_change(tx, change, due_us=START_US)
        assert await transactions.announce_page(tx, change.change_id, now_us=START_US)
        await transactions.merge(tx, "gst_z", "gst_0", now_us=START_US)
        while await transactions.announce_page(tx, change.change_id, now_us=START_US):
            pass
        return await tx.all("SELECT count(*), count(DISTINCT buyer_id) FROM notification")

    told = await database.write(announce)
    await database.close()

    assert told == [(HOLDERS_AT_ONCE + 1, HOLDERS_AT_ONCE + 1)]


async def test_a_stream_continues_after_a_guest_is_merged(world: World) -> None:
    world.identity.people["gst_person"] = world.identity.people[ANA]
    seen = await next_seen(world, ANA)
    world.orders.tell(OrderPaid(order=order("ord_1")))
    await world.idle()
    world.identity.tell(GuestMerged(from_subject_id=ANA, into_subject_id="gst_person"))
    await world.idle()

    after = await next_seen(world, "gst_person", seen.revision)
    assert after.notification.order_id == "ord_1"
    world.orders.tell(OrderPaid(order=order("ord_2", buyer="gst_person")))
    assert (await next_seen(world, "gst_person", after.revision)).notification.order_id == "ord_2"


async def test_a_holder_added_during_an_announcement_is_told_of_it(stage: Stage) -> None:
    database = await stage.platform.runtime.database("hall", Path(transactions.__file__).parent / "schema")

    async def announced(change: Change) -> None:
        await database.write(transactions.note_change, change, due_us=START_US)
        while await database.write(transactions.announce_page, change.change_id, now_us=START_US):
            pass

    for turn in range(5):
        event_id = f"evt_{turn}"
        coming = [
            database.write(transactions.note_holder, holding(f"ord_{turn}_{n}", event_id, f"gst_{n}"), now_us=START_US)
            for n in range(16)
        ]
        await asyncio.gather(
            *coming[:8],
            announced(renamed(event_id)),
            *coming[8:],
        )

    told = "SELECT event_id, count(DISTINCT buyer_id) FROM notification GROUP BY event_id ORDER BY event_id"
    assert await database.read(lambda tx: tx.all(told)) == [(f"evt_{turn}", 16) for turn in range(5)]
    await database.close()


async def counted(tx: Tx, table: str, column: str) -> list[Row]:
    return await tx.all(f"SELECT {column}, count(*) FROM {table} GROUP BY {column} ORDER BY {column}")


async def test_a_merge_moves_also_the_notices_and_tickets_that_are_added_at_the_same_time(stage: Stage) -> None:
    database = await stage.platform.runtime.database("hall", Path(transactions.__file__).parent / "schema")

    async def note(guest: str, n: int) -> None:
        notice = notices.new_notice(
            NoticeKind.ORDER_PAID, dedup_key=f"ord_{guest}_{n}", buyer_id=guest, payload="{}", at_us=START_US
        )
        await database.write(transactions.note, notice)
        await database.write(transactions.note_holder, holding(f"ord_{guest}_{n}", f"evt_{n}", guest), now_us=START_US)

    for turn in range(5):
        guest = f"gst_{turn}"
        noting = [note(guest, n) for n in range(16)]
        await asyncio.gather(
            *noting[:8], database.write(transactions.merge, guest, f"acc_{turn}", now_us=START_US), *noting[8:]
        )

    for table, column in (("notification", "buyer_id"), ("ticket_holder", "buyer_id")):
        assert await database.read(counted, table, column) == [(f"acc_{turn}", 16) for turn in range(5)]
    await database.close()
