"""Admissions as they happen, without gap or repeat."""

from collections.abc import AsyncIterable, AsyncIterator

import pytest

from eventhub import refusals
from eventhub.client import EventHub
from eventhub.common.v1.feed_pb2 import Revision
from eventhub.ticketing.v1 import ticketing_service_pb2 as pb
from eventhub.ticketing.v1.ticketing_pb2 import Ticket
from services.kit.feeds import watch
from tests.facts import settled
from tests.ticketing.house import FOREIGN, OTHERS, SHOW, TALK, House, scan

Seen = tuple[int, int, str]


def watching(hub: EventHub, start: Revision | None = None, event_id: str = SHOW) -> AsyncIterator[Seen]:
    return shown(hub.ticketing.WatchAdmissions(pb.WatchAdmissionsRequest(event_id=event_id, start_revision=start)))


async def shown(answers: AsyncIterable[pb.WatchAdmissionsResponse]) -> AsyncIterator[Seen]:
    async for answer in answers:
        yield answer.issued, answer.used, answer.ticket.ticket_id


async def let_in(house: House, ticket: Ticket, number: int) -> None:
    await house.stage.gate(ticket.event_id).ticketing.CheckIn(
        pb.CheckInRequest(scan_id=scan(number), event_id=ticket.event_id, code=await house.code(ticket))
    )
    await settled(house.ticketing.database)


async def test_counts_come_first_then_each_admission(house: House) -> None:
    first, second = await house.sell("ord_1", 2)
    await let_in(house, first, 1)
    seen = watching(house.stage.gate(SHOW))

    assert await anext(seen) == (2, 1, "")
    await let_in(house, second, 2)
    assert await anext(seen) == (2, 2, second.ticket_id)


async def test_tickets_sold_meanwhile_are_counted(house: House) -> None:
    seen = watching(house.stage.member())

    assert await anext(seen) == (0, 0, "")
    await house.sell("ord_1", 3)
    assert await anext(seen) == (3, 0, "")


async def test_a_watcher_goes_on_where_it_left_off(house: House) -> None:
    first, second, third = await house.sell("ord_1", 3)
    member = house.stage.member()
    answers = member.ticketing.WatchAdmissions(pb.WatchAdmissionsRequest(event_id=SHOW))
    await let_in(house, first, 1)
    async for answer in answers:
        left_off = answer.revision
        break
    await let_in(house, second, 2)
    await let_in(house, third, 3)
    seen = watching(member, left_off)

    assert [await anext(seen), await anext(seen)] == [(3, 3, second.ticket_id), (3, 3, third.ticket_id)]
    again = watching(member, left_off)
    assert await anext(again) == (3, 3, second.ticket_id), "the same revision goes on at the same place"


@pytest.mark.parametrize("start", [Revision(epoch="epo_other", position=1), Revision(position=1)])
async def test_a_revision_of_another_history_is_refused(house: House, start: Revision) -> None:
    (ticket,) = await house.sell("ord_1")
    await let_in(house, ticket, 1)

    with pytest.raises(refusals.RevisionUnknown):
        await anext(watching(house.stage.member(), start))


async def test_a_revision_still_to_come_is_refused(house: House) -> None:
    (ticket,) = await house.sell("ord_1")
    await let_in(house, ticket, 1)
    ((epoch,),) = await house.rows("SELECT epoch FROM feed_head")

    with pytest.raises(refusals.RevisionUnknown):
        await anext(watching(house.stage.member(), Revision(epoch=epoch, position=99)))


async def test_other_events_are_not_heard(house: House) -> None:
    (ticket,) = await house.sell("ord_1")
    seen = watching(house.stage.member())
    assert await anext(seen) == (1, 0, "")

    elsewhere, _ = await house.sell("ord_2", 2, event_id=TALK)
    await let_in(house, elsewhere, 1)
    await let_in(house, ticket, 2)

    assert await anext(seen) == (1, 1, ticket.ticket_id)


async def test_a_quiet_stream_beats_with_the_counts(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "LOOK_S", 0.001)
    monkeypatch.setattr(watch, "HEARTBEAT_S", 0.002)
    await house.sell("ord_1", 2)
    answers = house.stage.member().ticketing.WatchAdmissions(pb.WatchAdmissionsRequest(event_id=SHOW))

    first, beat = await anext(aiter(answers)), await anext(aiter(answers))

    assert first == beat
    assert (beat.issued, beat.used, beat.HasField("ticket")) == (2, 0, False)


async def test_only_its_organizer_and_its_gates_watch_an_event(house: House) -> None:
    await house.sell("ord_1")

    for hub, event_id in (
        (house.stage.member(OTHERS), SHOW),
        (house.stage.member(), FOREIGN),
        (house.stage.member(), "evt_none"),
        (house.stage.gate(TALK), SHOW),
        (house.stage.gate(FOREIGN), FOREIGN),
    ):
        with pytest.raises(refusals.EventNotFound):
            await anext(watching(hub, event_id=event_id))


async def test_the_stream_ends_with_the_token(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "LOOK_S", 0.001)
    seen = watching(house.stage.member())
    await anext(seen)

    house.stage.clock.advance(3_600)

    with pytest.raises(refusals.TokenExpired):
        await anext(seen)


async def test_the_stream_ends_when_the_server_drains(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "LOOK_S", 0.001)
    seen = watching(house.stage.member())
    await anext(seen)

    house.stage.platform.draining = True

    with pytest.raises(refusals.Draining):
        await anext(seen)


async def test_a_feed_reader_of_another_history_stops(house: House) -> None:
    feed = house.mesh().Feed(pb.FeedRequest(consumer="reporting", after=Revision(epoch="epo_other", position=1)))

    with pytest.raises(refusals.RevisionUnknown):
        await anext(aiter(feed))
