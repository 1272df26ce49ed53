"""Reading notifications: streams without gap or repeat, lists in pages, and only the caller's own."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from eventhub import refusals
from eventhub.client import EventHub
from eventhub.common.v1.feed_pb2 import Revision
from eventhub.common.v1.page_pb2 import PageRequest
from eventhub.identity.v1.identity_events_pb2 import AccessCodeIssued, GuestMerged
from eventhub.notifications.v1 import notifications_service_pb2 as pb
from eventhub.notifications.v1.notifications_pb2 import NOTIFICATION_KIND_EVENT_CHANGED
from eventhub.orders.v1.orders_events_pb2 import OrderFailed, OrderPaid
from services.kit.db import Tx
from services.kit.feeds import watch
from services.notifications import holder_store
from tests.notifications.returns import holding
from tests.notifications.world import ANA, RUI, SHOW, World, issued, order
from tests.stage import until


def subscribe(hub: EventHub, start: Revision | None = None) -> AsyncIterator[pb.SubscribeResponse]:
    return aiter(hub.notifications.Subscribe(pb.SubscribeRequest(start_revision=start)))


async def pay(world: World, *order_ids: str, buyer: str = ANA) -> None:
    world.orders.tell(*(OrderPaid(order=order(order_id, buyer=buyer)) for order_id in order_ids))
    await world.idle()


async def test_a_stream_begins_with_the_current_revision(world: World) -> None:
    await pay(world, "ord_1")
    seen = subscribe(world.stage.buyer(ANA))

    first = await anext(seen)
    assert not first.HasField("notification")
    assert (first.revision.position, bool(first.revision.epoch)) == (1, True)
    await pay(world, "ord_2")
    second = await anext(seen)
    assert (second.notification.order_id, second.revision.position) == ("ord_2", 2)


async def test_a_stream_continues_without_gap_or_repeat(world: World) -> None:
    hub = world.stage.buyer(ANA)
    seen = subscribe(hub)
    start = (await anext(seen)).revision
    orders = [f"ord_{n}" for n in range(12)]
    await pay(world, *orders[:6])
    await pay(world, "ord_of_rui", buyer=RUI)
    got, last = [], start
    for _ in range(4):
        answer = await anext(seen)
        got.append(answer.notification.order_id)
        last = answer.revision
    await pay(world, *orders[6:])

    again = subscribe(hub, last)
    got += [(await anext(again)).notification.order_id for _ in range(8)]
    assert sorted(got) == sorted(orders)
    whole = subscribe(hub, start)
    assert [(await anext(whole)).notification.order_id for _ in orders] == got


@pytest.mark.parametrize("start", [Revision(epoch="epo_other", position=1), Revision(position=1)])
async def test_a_revision_of_another_history_is_refused(world: World, start: Revision) -> None:
    await pay(world, "ord_1")

    with pytest.raises(refusals.RevisionUnknown):
        await anext(subscribe(world.stage.buyer(ANA), start))


async def test_a_stream_without_news_sends_heartbeats(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "LOOK_S", 0.01)
    monkeypatch.setattr(watch, "HEARTBEAT_S", 0.01)
    seen = subscribe(world.stage.buyer(ANA))
    await anext(seen)

    assert not (await anext(seen)).HasField("notification")


async def test_each_stream_gets_the_notifications_of_its_own_reader(world: World) -> None:
    streams = {reader: subscribe(world.stage.buyer(reader)) for reader in (ANA, RUI)}
    await asyncio.gather(*(anext(stream) for stream in streams.values()))
    await pay(world, "ord_ana")
    await pay(world, "ord_rui", buyer=RUI)

    got = {reader: (await anext(stream)).notification.order_id for reader, stream in streams.items()}
    assert got == {ANA: "ord_ana", RUI: "ord_rui"}


async def test_a_stream_ends_with_its_token(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "LOOK_S", 0.01)
    seen = subscribe(world.stage.buyer(ANA))
    await anext(seen)
    world.stage.clock.pass_unseen(601)

    with pytest.raises(refusals.TokenExpired):
        await anext(seen)


async def test_lists_are_newest_first_and_in_pages(world: World) -> None:
    hub = world.stage.buyer(ANA)
    for n in range(5):
        await pay(world, f"ord_{n}")
        world.stage.clock.pass_unseen(1)
    got, token = [], ""
    while True:
        page = PageRequest(size=2, token=token)
        answer = await hub.notifications.ListNotifications(pb.ListNotificationsRequest(page=page))
        got += [seen.order_id for seen in answer.notifications]
        token = answer.next_page_token
        if not token:
            break

    assert got == ["ord_4", "ord_3", "ord_2", "ord_1", "ord_0"]


@pytest.mark.parametrize("token", ["nonsense", "WyJ4Il0"])
async def test_an_invalid_page_token_is_refused(world: World, token: str) -> None:
    with pytest.raises(refusals.PageTokenInvalid):
        await world.stage.buyer(ANA).notifications.ListNotifications(
            pb.ListNotificationsRequest(page=PageRequest(token=token))
        )


async def test_a_page_token_works_for_its_own_reader_only(world: World) -> None:
    await pay(world, "ord_1")
    request = pb.ListNotificationsRequest(page=PageRequest(size=1))
    token = (await world.stage.buyer(ANA).notifications.ListNotifications(request)).next_page_token
    request.page.token = token

    with pytest.raises(refusals.PageTokenInvalid):
        await world.stage.buyer(RUI).notifications.ListNotifications(request)


async def test_a_caller_reads_only_their_own_notifications(world: World) -> None:
    await pay(world, "ord_1")
    world.identity.issue_code("cod_1", "123456")
    world.identity.tell(AccessCodeIssued(code_id="cod_1"))
    await world.idle()

    assert await world.listed(RUI) == []
    assert len(await world.listed(ANA)) == 1
    with pytest.raises(refusals.AccessDenied):
        await world.stage.gate(SHOW).notifications.ListNotifications(pb.ListNotificationsRequest())
    with pytest.raises(refusals.TokenMissing):
        await world.stage.anyone().notifications.ListNotifications(pb.ListNotificationsRequest())


async def test_a_member_of_an_organizer_reads_notifications(world: World) -> None:
    await pay(world, "ord_1", buyer="acc_bia")

    answer = await world.stage.member().notifications.ListNotifications(pb.ListNotificationsRequest())
    assert [seen.order_id for seen in answer.notifications] == ["ord_1"]


async def test_a_person_sees_the_notifications_of_a_merged_guest(world: World) -> None:
    world.orders.tell(OrderFailed(order=order("ord_old", buyer="gst_new")))
    world.ticketing.tell(issued("ord_old", holder="gst_new"))
    await world.idle()
    world.identity.tell(GuestMerged(from_subject_id="gst_new", into_subject_id=ANA))
    await world.idle()

    assert {seen.order_id for seen in await world.listed(ANA)} == {"ord_old"}
    assert {seen.order_id for seen in await world.listed("gst_new")} == {"ord_old"}
    await pay(world, "ord_late", buyer="gst_new")
    assert "ord_late" in {seen.order_id for seen in await world.listed(ANA)}
    await world.rested()
    assert world.mails()[-1]["To"] == "ana@example.com"


async def test_a_merged_session_is_told_of_its_own_orders_only(world: World) -> None:
    world.orders.tell(OrderPaid(order=order("ord_old", buyer="gst_new")))
    world.ticketing.tell(issued("ord_old", holder="gst_new"))
    await world.idle()
    phone = subscribe(world.stage.buyer("gst_new"))
    await anext(phone)
    world.identity.tell(GuestMerged(from_subject_id="gst_new", into_subject_id=ANA))
    await world.idle()

    await pay(world, "ord_of_ana")
    bought = order("ord_late", buyer=ANA)
    bought.session_id = "gst_new"  # orders has read of the merge first
    world.orders.tell(OrderPaid(order=bought))

    assert (await anext(phone)).notification.order_id == "ord_late"
    await world.move("2026-12-01T21:00", version=2)
    await world.pass_round()
    assert (await anext(phone)).notification.kind == NOTIFICATION_KIND_EVENT_CHANGED
    assert [seen.order_id for seen in await world.listed("gst_new")].count("ord_of_ana") == 0
    kinds = [seen.kind for seen in await world.listed(ANA)]
    assert kinds.count(NOTIFICATION_KIND_EVENT_CHANGED) == 1, "one notice, shown to both"


async def test_a_merged_guest_is_told_once_of_a_new_time(world: World) -> None:
    world.ticketing.tell(issued("ord_1", holder="gst_new"), issued("ord_2", holder=ANA))
    world.identity.tell(
        GuestMerged(from_subject_id="gst_newer", into_subject_id="gst_new"),
        GuestMerged(from_subject_id="gst_new", into_subject_id=ANA),
    )
    await world.idle()
    world.ticketing.tell(issued("ord_3", holder="gst_newer"))
    await world.idle()
    await world.move("2026-12-01T21:00", version=2)
    await world.pass_round()

    assert await world.rows("SELECT DISTINCT buyer_id FROM ticket_holder") == [(ANA,)]
    ((count,),) = await world.rows("SELECT count(*) FROM notification WHERE kind = 'EVENT_CHANGED'")
    assert count == 1


async def test_all_holders_of_a_large_hall_are_told_of_a_new_time(world: World) -> None:
    holders = [f"gst_{n:04}" for n in range(1_200)]

    async def fill(tx: Tx) -> None:
        for holder in holders:
            await holder_store.add(tx, holding(f"ord_{holder}", SHOW, holder))

    await world.notifications.database.write(fill)
    await world.move("2026-12-01T21:00", version=2)
    await world.pass_round()

    async def told() -> bool:
        return await world.rows("SELECT count(*) FROM notification WHERE state = 'WRITTEN'") == [(1_200,)]

    await until(told, 20)
    rows = await world.rows("SELECT buyer_id FROM notification ORDER BY buyer_id")
    assert [row[0] for row in rows] == holders
    assert await world.rows("SELECT done FROM announcement") == [(1,)]
