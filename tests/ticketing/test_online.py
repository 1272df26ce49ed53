"""Links open an online event for the holders of its tickets only."""

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import pytest
import pytest_asyncio

from eventhub import refusals
from eventhub.ticketing.v1 import ticketing_service_pb2 as pb
from eventhub.ticketing.v1.ticketing_pb2 import TICKET_STATE_USED, TICKET_STATE_VALID, Ticket
from eventhub.ticketing.v1.ticketing_service_pb2_grpc import TicketingServiceStub
from services.kit.values.clock import from_timestamp
from services.ticketing import links, store, transactions
from tests.ticketing.world import ONLINE_URL, TALK, World, scan

LOCATION = "https://meet.example/sala?chave=a%2Bb&nome=S%C3%A3o"


@pytest_asyncio.fixture
async def web() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


async def now(world: World, ticket: Ticket) -> Ticket:
    asked = pb.GetTicketRequest(ticket_id=ticket.ticket_id)
    return (await world.stage.buyer(ticket.buyer_id).ticketing.GetTicket(asked)).ticket


async def join(world: World, token: str) -> str:
    return (await world.stage.anyone().ticketing.JoinOnline(pb.JoinOnlineRequest(token=token))).online_url


async def token_of(world: World, ticket: Ticket) -> str:
    return (await world.link(ticket)).rsplit("/", 1)[-1]


async def test_a_holder_gets_a_link_always_the_same(world: World) -> None:
    first, second = await world.sell("ord_1", 2, event_id=TALK)

    link = await world.link(first)

    assert link.startswith(f"http://127.0.0.1:{world.stage.platform.http_port}/join/")
    assert await world.link(first) == link
    assert await world.link(second) != link
    assert (await now(world, first)).state == TICKET_STATE_VALID


async def test_only_the_holder_gets_the_link(world: World) -> None:
    (ticket,) = await world.sell("ord_1", event_id=TALK)

    with pytest.raises(refusals.TicketNotFound):
        await world.stage.buyer("gst_bia").ticketing.GetOnlineLink(pb.GetOnlineLinkRequest(ticket_id=ticket.ticket_id))


async def test_a_ticket_for_the_hall_has_no_link(world: World) -> None:
    (ticket,) = await world.sell("ord_1")

    with pytest.raises(refusals.NotOnline):
        await world.link(ticket)


async def test_joining_opens_the_event_and_uses_the_ticket_once(world: World) -> None:
    (ticket,) = await world.sell("ord_1", event_id=TALK)
    token = await token_of(world, ticket)
    begun_us = world.stage.clock.now_us()

    assert await join(world, token) == ONLINE_URL
    world.stage.clock.advance(60)
    assert await join(world, token) == ONLINE_URL

    used = await now(world, ticket)
    assert (used.state, used.used_at_gate) == (TICKET_STATE_USED, "online")
    assert from_timestamp(used.used_at) == begun_us
    assert await world.rows("SELECT used FROM event_admission") == [(1,)]


async def test_many_joins_at_once_use_the_ticket_once(world: World) -> None:
    (ticket,) = await world.sell("ord_1", event_id=TALK)
    token = await token_of(world, ticket)

    answers = await asyncio.gather(*(join(world, token) for _ in range(16)))

    assert set(answers) == {ONLINE_URL}
    assert await world.rows("SELECT used FROM event_admission") == [(1,)]
    assert await world.rows("SELECT count(*) FROM outbox") == [(2,)]


async def test_a_link_never_given_out_is_invalid(world: World) -> None:
    (ticket,) = await world.sell("ord_1", event_id=TALK)
    token = await token_of(world, ticket)
    stranger = links.make(b"another key", ticket_id=ticket.ticket_id, generation=1)

    for odd in ("x", token[:-1], stranger, f"{token}A"):
        with pytest.raises(refusals.LinkInvalid):
            await join(world, odd)
    assert (await now(world, ticket)).state == TICKET_STATE_VALID


async def test_a_link_whose_ticket_or_event_is_gone_is_invalid(world: World) -> None:
    first, second = await world.sell("ord_1", 2, event_id=TALK)
    token, other = await token_of(world, first), await token_of(world, second)

    await world.change("DELETE FROM ticket WHERE ticket_id = $1", first.ticket_id)
    with pytest.raises(refusals.LinkInvalid):
        await join(world, token)

    world.catalog.events.clear()
    with pytest.raises(refusals.LinkInvalid):
        await join(world, other)
    assert await world.rows("SELECT state FROM ticket") == [("VALID",)]


async def test_a_ticket_gone_while_joining_opens_nothing(world: World) -> None:
    (sold,) = await world.sell("ord_1", event_id=TALK)
    ticket = await world.ticketing.database.read(store.find_ticket, sold.ticket_id)
    assert ticket is not None
    await world.change("UPDATE ticket SET generation = 2 WHERE ticket_id = $1", sold.ticket_id)
    with pytest.raises(refusals.TicketRevoked):
        await world.ticketing.database.write(transactions.join_online, ticket, 1, now_us=1)

    await world.change("DELETE FROM ticket WHERE ticket_id = $1", sold.ticket_id)
    with pytest.raises(refusals.LinkInvalid):
        await world.ticketing.database.write(transactions.join_online, ticket, 1, now_us=1)


async def test_a_link_of_an_earlier_generation_is_revoked(world: World, web: aiohttp.ClientSession) -> None:
    (ticket,) = await world.sell("ord_1", event_id=TALK)
    link = await world.link(ticket)
    await world.change("UPDATE ticket SET generation = 2 WHERE ticket_id = $1", ticket.ticket_id)

    with pytest.raises(refusals.TicketRevoked):
        await join(world, link.rsplit("/", 1)[-1])

    async with web.get(link, allow_redirects=False) as answer:
        assert answer.status == 404
    assert await world.link(ticket) != link


async def test_without_catalog_a_link_opens_nothing_and_changes_nothing(world: World) -> None:
    (ticket,) = await world.sell("ord_1", event_id=TALK)
    request = pb.JoinOnlineRequest(token=await token_of(world, ticket))
    world.catalog.away = True

    with pytest.raises(refusals.Unavailable):
        await TicketingServiceStub(world.stage.channel("web")).JoinOnline(request)

    assert (await now(world, ticket)).state == TICKET_STATE_VALID


async def test_a_ticket_that_joined_online_is_used_at_the_door_too(world: World) -> None:
    (ticket,) = await world.sell("ord_1", event_id=TALK)
    await join(world, await token_of(world, ticket))

    with pytest.raises(refusals.TicketUsed) as refused:
        await world.stage.gate(TALK).ticketing.CheckIn(
            pb.CheckInRequest(scan_id=scan(1), event_id=TALK, code=await world.code(ticket))
        )

    assert refused.value.gate == "online"


async def test_opening_the_link_leads_to_the_event(world: World, web: aiohttp.ClientSession) -> None:
    (ticket,) = await world.sell("ord_1", event_id=TALK)

    async with web.get(await world.link(ticket), allow_redirects=False) as answer:
        assert (answer.status, answer.headers["Location"]) == (302, LOCATION)
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert await answer.read() == b""
    assert (await now(world, ticket)).state == TICKET_STATE_USED


async def test_looking_at_the_link_uses_nothing_and_says_nothing(world: World, web: aiohttp.ClientSession) -> None:
    (ticket,) = await world.sell("ord_1", event_id=TALK)
    link = await world.link(ticket)
    told = []
    for url in (link, f"{link}x"):
        async with web.head(url, allow_redirects=False) as answer:
            told.append((answer.status, {**answer.headers, "Date": ""}, await answer.read()))

    assert told[0][0] == 200
    assert "Location" not in told[0][1]
    assert told[0] == told[1]
    assert (await now(world, ticket)).state == TICKET_STATE_VALID


@pytest.mark.parametrize("path", ["x", "A" * 46, "A" * 5_000, "%ff%fe", "%00", "a%2Fb", "<script>", "..%2f"])
async def test_a_wrong_link_shows_a_friendly_page(world: World, web: aiohttp.ClientSession, path: str) -> None:
    async with web.get(f"{world.stage.platform.runtime.public_url}/join/{path}", allow_redirects=False) as answer:
        page = await answer.text()

    assert (answer.status, answer.content_type) == (404, "text/html")
    assert "Este link não abre nenhum evento" in page
    assert "This link opens no event" in page
    assert "script" not in page
    assert answer.headers["Cache-Control"] == "no-store"


async def test_while_the_platform_is_away_the_page_asks_to_come_back(world: World, web: aiohttp.ClientSession) -> None:
    (ticket,) = await world.sell("ord_1", event_id=TALK)
    link = await world.link(ticket)
    world.catalog.away = True

    async with web.get(link, allow_redirects=False) as answer:
        page = await answer.text()

    assert (answer.status, answer.headers["Retry-After"]) == (503, "5")
    assert "Tente de novo" in page
    assert "UNAVAILABLE" not in page


async def test_an_e_mail_to_a_holder_gets_the_code_or_the_link(world: World) -> None:
    (hall,) = await world.sell("ord_1")
    (online,) = await world.sell("ord_2", event_id=TALK)

    in_person = await world.mesh().PrepareTicket(pb.PrepareTicketRequest(ticket_id=hall.ticket_id))
    from_home = await world.mesh().PrepareTicket(pb.PrepareTicketRequest(ticket_id=online.ticket_id))

    assert in_person.png.startswith(b"\x89PNG")
    assert in_person.link == ""
    assert from_home == pb.PrepareTicketResponse(link=await world.link(online))
    with pytest.raises(refusals.TicketNotFound):
        await world.mesh().PrepareTicket(pb.PrepareTicketRequest(ticket_id="tik_none"))
