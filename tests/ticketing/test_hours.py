"""Gates and links let people in around an event, not weeks before it."""

import aiohttp
import pytest

from eventhub import refusals
from eventhub.ticketing.v1 import ticketing_service_pb2 as pb
from eventhub.ticketing.v1.ticketing_pb2 import TICKET_STATE_USED, Ticket
from tests.ticketing.world import ONLINE_URL, SHOW, TALK, World, scan

HOUR_S = 3600
# The clock stands at 12:00 UTC, 9:00 in São Paulo.
CLOSED = {
    "opens_at": "2026-11-24T12:00:01Z",
    "closes_at": "2026-11-25T08:00:01Z",
    "time_zone": "America/Sao_Paulo",
    "title": "Um papo & mais",
}


async def check_in(world: World, ticket: Ticket, number: int = 1) -> Ticket:
    request = pb.CheckInRequest(scan_id=scan(number), event_id=SHOW, code=await world.code(ticket))
    return (await world.stage.gate(SHOW).ticketing.CheckIn(request)).ticket


async def join(world: World, ticket: Ticket) -> str:
    token = (await world.link(ticket)).rsplit("/", 1)[-1]
    return (await world.stage.anyone().ticketing.JoinOnline(pb.JoinOnlineRequest(token=token))).online_url


@pytest.mark.parametrize("starts_s", [12 * HOUR_S, 0, -2 * HOUR_S, -8 * HOUR_S + 1])
async def test_a_gate_lets_in_from_twelve_hours_before_until_six_after(world: World, starts_s: int) -> None:
    world.set_hours(SHOW, starts_s)
    (ticket,) = await world.sell("ord_1")

    assert (await check_in(world, ticket)).state == TICKET_STATE_USED


@pytest.mark.parametrize("starts_s", [12 * HOUR_S + 1, 30 * 24 * HOUR_S, -8 * HOUR_S, -30 * 24 * HOUR_S])
async def test_before_and_after_it_says_when(world: World, starts_s: int) -> None:
    world.set_hours(SHOW, starts_s)
    (ticket,) = await world.sell("ord_1")

    with pytest.raises(refusals.CheckInClosed) as refused:
        await check_in(world, ticket)

    assert refused.value.facts.keys() == CLOSED.keys()
    assert await world.rows("SELECT state FROM ticket") == [("VALID",)]
    assert await world.rows("SELECT scan_id FROM scan") == []


async def test_the_times_are_told_as_people_read_them(world: World) -> None:
    world.set_hours(SHOW, 12 * HOUR_S + 1)
    (ticket,) = await world.sell("ord_1")

    with pytest.raises(refusals.CheckInClosed) as refused:
        await check_in(world, ticket)

    assert refused.value.facts == CLOSED
    assert refused.value.for_people == (
        "A entrada de Um papo & mais fica aberta de 24 de novembro de 2026, 09:00 até 25 de novembro de 2026, 05:00."
    )


async def test_a_gate_lets_in_while_the_organizer_s_doors_are_open(world: World) -> None:
    world.set_hours(SHOW, 2 * HOUR_S, doors_s=(HOUR_S, 3 * HOUR_S))
    first, second = await world.sell("ord_1"), await world.sell("ord_2")

    with pytest.raises(refusals.CheckInClosed) as refused:
        await check_in(world, first[0])
    world.stage.clock.advance(HOUR_S)
    await check_in(world, first[0])
    world.stage.clock.advance(2 * HOUR_S)

    assert (refused.value.facts["opens_at"], refused.value.facts["closes_at"]) == (
        "2026-11-24T13:00:00Z",
        "2026-11-24T15:00:00Z",
    )
    with pytest.raises(refusals.CheckInClosed):
        await check_in(world, second[0], number=2)


async def test_a_scan_made_in_time_is_answered_again_afterwards(world: World) -> None:
    world.set_hours(SHOW, -7 * HOUR_S)
    (ticket,) = await world.sell("ord_1")
    admitted = await check_in(world, ticket)
    world.stage.clock.advance(HOUR_S)

    assert await check_in(world, ticket) == admitted
    with pytest.raises(refusals.CheckInClosed):
        await check_in(world, ticket, number=2)


async def test_an_event_that_was_moved_a_moment_ago_lets_in_at_once(world: World) -> None:
    world.set_hours(SHOW, 30 * 24 * HOUR_S)
    world.set_hours(TALK, 30 * 24 * HOUR_S)
    (ticket,) = await world.sell("ord_1")
    (online,) = await world.sell("ord_2", event_id=TALK)
    with pytest.raises(refusals.CheckInClosed):
        await check_in(world, ticket)
    with pytest.raises(refusals.JoinClosed):
        await join(world, online)

    world.set_hours(SHOW, HOUR_S)
    world.set_hours(TALK, 60)

    assert (await check_in(world, ticket)).state == TICKET_STATE_USED
    assert await join(world, online) == ONLINE_URL


async def test_a_second_holder_is_told_the_time_on_the_events_clock(world: World) -> None:
    world.set_hours(SHOW, 0)
    (ticket,) = await world.sell("ord_1")
    await check_in(world, ticket)

    with pytest.raises(refusals.TicketUsed) as refused:
        await check_in(world, ticket, number=2)

    said = "Este ingresso já foi usado em 24 de novembro de 2026, 09:00, na entrada North gate."
    assert refused.value.for_people == said


@pytest.mark.parametrize("starts_s", [1800, 0, -2 * HOUR_S + 1])
async def test_a_link_opens_from_half_an_hour_before_until_the_end(world: World, starts_s: int) -> None:
    world.set_hours(TALK, starts_s)
    (ticket,) = await world.sell("ord_1", event_id=TALK)

    assert await join(world, ticket) == ONLINE_URL
    assert await world.rows("SELECT state FROM ticket") == [("USED",)]


@pytest.mark.parametrize("starts_s", [1801, 10 * 24 * HOUR_S, -2 * HOUR_S])
async def test_before_and_after_a_link_uses_up_nothing(world: World, starts_s: int) -> None:
    world.set_hours(TALK, starts_s)
    (ticket,) = await world.sell("ord_1", event_id=TALK)

    with pytest.raises(refusals.JoinClosed):
        await join(world, ticket)

    assert await world.rows("SELECT state FROM ticket") == [("VALID",)]


async def test_a_link_that_is_opened_too_early_says_when_to_come_back(world: World) -> None:
    world.set_hours(TALK, 24 * HOUR_S)
    (ticket,) = await world.sell("ord_1", event_id=TALK)

    async with aiohttp.ClientSession() as web, web.get(await world.link(ticket), allow_redirects=False) as answer:
        page = await answer.text()

    assert answer.status == 403
    assert "<h1>Um papo &amp; mais</h1>" in page
    assert "de 25 de novembro de 2026, 08:30 até 25 de novembro de 2026, 11:00" in page
    assert "from November 25, 2026, 08:30 to November 25, 2026, 11:00" in page
    assert "Location" not in answer.headers
