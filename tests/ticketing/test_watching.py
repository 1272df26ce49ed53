"""A watch tells each admission once."""

from collections.abc import AsyncIterable, AsyncIterator

import pytest

from eventhub import refusals
from eventhub.client import EventHub
from eventhub.common.v1.feed_pb2 import Revision
from eventhub.ticketing.v1 import ticketing_service_pb2 as pb
from eventhub.ticketing.v1.ticketing_pb2 import Ticket
from services.kit.feeds import watch
from tests.facts import settled
from tests.ticketing.world import FOREIGN, OTHERS, SHOW, TALK, World, scan

Seen = tuple[int, int, str]


def watching(hub: EventHub, start: Revision | None = None, event_id: str = SHOW) -> AsyncIterator[Seen]:
    return shown(hub.ticketing.WatchAdmissions(pb.WatchAdmissionsRequest(event_id=event_id, start_revision=start)))


async def shown(answers: AsyncIterable[pb.WatchAdmissionsResponse]) -> AsyncIterator[Seen]:
    async for answer in answers:
        yield answer.issued, answer.used, answer.ticket.ticket_id


async def let_in(world: World, ticket: Ticket, number: int) -> None:
    await world.stage.gate(ticket.event_id).ticketing.CheckIn(
        pb.CheckInRequest(scan_id=scan(number), event_id=ticket.event_id, code=await world.code(ticket))
    )
    await settled(world.ticketing.database)


async def test_counts_come_first_then_each_admission(world: World) -> None:
    first, second = await world.sell("ord_1", 2)
    await let_in(world, first, 1)
    seen = watching(world.stage.gate(SHOW))

    assert await anext(seen) == (2, 1, "")
    await let_in(world, second, 2)
    assert await anext(seen) == (2, 2, second.ticket_id)


async def test_tickets_sold_meanwhile_are_counted(world: World) -> None:
    seen = watching(world.stage.member())

    assert await anext(seen) == (0, 0, "")
    await world.sell("ord_1", 3)
    assert await anext(seen) == (3, 0, "")


async def test_a_watcher_goes_on_where_it_left_off(world: World) -> None:
    first, second, third = await world.sell("ord_1", 3)
    member = world.stage.member()
    answers = member.ticketing.WatchAdmissions(pb.WatchAdmissionsRequest(event_id=SHOW))
    await let_in(world, first, 1)
    async for answer in answers:
        left_off = answer.revision
        break
    await let_in(world, second, 2)
    await let_in(world, third, 3)
    seen = watching(member, left_off)

    assert [await anext(seen), await anext(seen)] == [(3, 3, second.ticket_id), (3, 3, third.ticket_id)]
    again = watching(member, left_off)
    assert await anext(again) == (3, 3, second.ticket_id), "the same revision goes on at the same place"


@pytest.mark.parametrize("start", [Revision(epoch="epo_other", position=1), Revision(position=1)])
async def test_a_revision_of_another_history_is_refused(world: World, start: Revision) -> None:
    (ticket,) = await world.sell("ord_1")
    await let_in(world, ticket, 1)

    with pytest.raises(refusals.RevisionUnknown):
        await anext(watching(world.stage.member(), start))


async def test_a_revision_still_to_come_is_refused(world: World) -> None:
    (ticket,) = await world.sell("ord_1")
    await let_in(world, ticket, 1)
    ((epoch,),) = await world.rows("SELECT epoch FROM feed_head")

    with pytest.raises(refusals.RevisionUnknown):
        await anext(watching(world.stage.member(), Revision(epoch=epoch, position=99)))


async def test_other_events_are_not_heard(world: World) -> None:
    (ticket,) = await world.sell("ord_1")
    seen = watching(world.stage.member())
    assert await anext(seen) == (1, 0, "")

    elsewhere, _ = await world.sell("ord_2", 2, event_id=TALK)
    await let_in(world, elsewhere, 1)
    await let_in(world, ticket, 2)

    assert await anext(seen) == (1, 1, ticket.ticket_id)


async def test_a_quiet_stream_beats_with_the_counts(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "LOOK_S", 0.001)
    monkeypatch.setattr(watch, "HEARTBEAT_S", 0.002)
    await world.sell("ord_1", 2)
    answers = world.stage.member().ticketing.WatchAdmissions(pb.WatchAdmissionsRequest(event_id=SHOW))

    first, beat = await anext(aiter(answers)), await anext(aiter(answers))

    assert first == beat
    assert (beat.issued, beat.used, beat.HasField("ticket")) == (2, 0, False)


async def test_only_its_organizer_and_its_gates_watch_an_event(world: World) -> None:
    await world.sell("ord_1")

    for hub, event_id in (
        (world.stage.member(OTHERS), SHOW),
        (world.stage.member(), FOREIGN),
        (world.stage.member(), "evt_none"),
        (world.stage.gate(TALK), SHOW),
        (world.stage.gate(FOREIGN), FOREIGN),
    ):
        with pytest.raises(refusals.EventNotFound):
            await anext(watching(hub, event_id=event_id))


async def test_the_stream_ends_with_the_token(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "LOOK_S", 0.001)
    seen = watching(world.stage.member())
    await anext(seen)

    world.stage.clock.advance(3_600)

    with pytest.raises(refusals.TokenExpired):
        await anext(seen)


async def test_the_stream_ends_when_the_server_drains(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "LOOK_S", 0.001)
    seen = watching(world.stage.member())
    await anext(seen)

    world.stage.platform.draining = True

    with pytest.raises(refusals.Draining):
        await anext(seen)


async def test_a_feed_reader_of_another_history_stops(world: World) -> None:
    feed = world.mesh().Feed(pb.FeedRequest(consumer="reporting", after=Revision(epoch="epo_other", position=1)))

    with pytest.raises(refusals.RevisionUnknown):
        await anext(aiter(feed))
