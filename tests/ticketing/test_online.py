"""Links open an online event for the holders of its tickets, and for nobody else."""

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
from tests.ticketing.house import ONLINE_URL, TALK, House, scan

LOCATION = "https://meet.example/sala?chave=a%2Bb&nome=S%C3%A3o"


@pytest_asyncio.fixture
async def web() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


async def now(house: House, ticket: Ticket) -> Ticket:
    asked = pb.GetTicketRequest(ticket_id=ticket.ticket_id)
    return (await house.stage.buyer(ticket.buyer_id).ticketing.GetTicket(asked)).ticket


async def join(house: House, token: str) -> str:
    return (await house.stage.anyone().ticketing.JoinOnline(pb.JoinOnlineRequest(token=token))).online_url


async def token_of(house: House, ticket: Ticket) -> str:
    return (await house.link(ticket)).rsplit("/", 1)[-1]


async def test_a_holder_gets_a_link_always_the_same(house: House) -> None:
    first, second = await house.sell("ord_1", 2, event_id=TALK)

    link = await house.link(first)

    assert link.startswith(f"http://127.0.0.1:{house.stage.platform.http_port}/join/")
    assert await house.link(first) == link
    assert await house.link(second) != link
    assert (await now(house, first)).state == TICKET_STATE_VALID


async def test_nobody_else_gets_the_link(house: House) -> None:
    (ticket,) = await house.sell("ord_1", event_id=TALK)

    with pytest.raises(refusals.TicketNotFound):
        await house.stage.buyer("gst_bia").ticketing.GetOnlineLink(pb.GetOnlineLinkRequest(ticket_id=ticket.ticket_id))


async def test_a_ticket_for_the_hall_has_no_link(house: House) -> None:
    (ticket,) = await house.sell("ord_1")

    with pytest.raises(refusals.NotOnline):
        await house.link(ticket)


async def test_joining_opens_the_event_and_uses_the_ticket_once(house: House) -> None:
    (ticket,) = await house.sell("ord_1", event_id=TALK)
    token = await token_of(house, ticket)
    begun_us = house.stage.clock.now_us()

    assert await join(house, token) == ONLINE_URL
    house.stage.clock.advance(60)
    assert await join(house, token) == ONLINE_URL

    used = await now(house, ticket)
    assert (used.state, used.used_at_gate) == (TICKET_STATE_USED, "online")
    assert from_timestamp(used.used_at) == begun_us
    assert await house.rows("SELECT used FROM event_admission") == [(1,)]


async def test_many_who_join_at_once_use_the_ticket_once(house: House) -> None:
    (ticket,) = await house.sell("ord_1", event_id=TALK)
    token = await token_of(house, ticket)

    answers = await asyncio.gather(*(join(house, token) for _ in range(16)))

    assert set(answers) == {ONLINE_URL}
    assert await house.rows("SELECT used FROM event_admission") == [(1,)]
    assert await house.rows("SELECT count(*) FROM outbox") == [(2,)]


async def test_a_link_never_given_out_is_invalid(house: House) -> None:
    (ticket,) = await house.sell("ord_1", event_id=TALK)
    token = await token_of(house, ticket)
    stranger = links.make(b"another key", ticket_id=ticket.ticket_id, generation=1)

    for odd in ("x", token[:-1], stranger, f"{token}A"):
        with pytest.raises(refusals.LinkInvalid):
            await join(house, odd)
    assert (await now(house, ticket)).state == TICKET_STATE_VALID


async def test_a_link_whose_ticket_or_event_is_gone_is_invalid(house: House) -> None:
    first, second = await house.sell("ord_1", 2, event_id=TALK)
    token, other = await token_of(house, first), await token_of(house, second)

    await house.change("DELETE FROM ticket WHERE ticket_id = $1", first.ticket_id)
    with pytest.raises(refusals.LinkInvalid):
        await join(house, token)

    house.catalog.events.clear()
    with pytest.raises(refusals.LinkInvalid):
        await join(house, other)
    assert await house.rows("SELECT state FROM ticket") == [("VALID",)]


async def test_a_ticket_gone_while_joining_opens_nothing(house: House) -> None:
    (sold,) = await house.sell("ord_1", event_id=TALK)
    ticket = await house.ticketing.database.read(store.find_ticket, sold.ticket_id)
    assert ticket is not None
    await house.change("UPDATE ticket SET generation = 2 WHERE ticket_id = $1", sold.ticket_id)
    with pytest.raises(refusals.TicketRevoked):
        await house.ticketing.database.write(transactions.join_online, ticket, 1, now_us=1)

    await house.change("DELETE FROM ticket WHERE ticket_id = $1", sold.ticket_id)
    with pytest.raises(refusals.LinkInvalid):
        await house.ticketing.database.write(transactions.join_online, ticket, 1, now_us=1)


async def test_a_link_of_an_earlier_generation_is_revoked(house: House, web: aiohttp.ClientSession) -> None:
    (ticket,) = await house.sell("ord_1", event_id=TALK)
    link = await house.link(ticket)
    await house.change("UPDATE ticket SET generation = 2 WHERE ticket_id = $1", ticket.ticket_id)

    with pytest.raises(refusals.TicketRevoked):
        await join(house, link.rsplit("/", 1)[-1])

    async with web.get(link, allow_redirects=False) as answer:
        assert answer.status == 404
    assert await house.link(ticket) != link


async def test_without_catalog_nobody_joins_and_nothing_changes(house: House) -> None:
    (ticket,) = await house.sell("ord_1", event_id=TALK)
    request = pb.JoinOnlineRequest(token=await token_of(house, ticket))
    house.catalog.away = True

    with pytest.raises(refusals.Unavailable):
        await TicketingServiceStub(house.stage.channel("web")).JoinOnline(request)

    assert (await now(house, ticket)).state == TICKET_STATE_VALID


async def test_a_ticket_that_joined_online_is_used_at_the_door_too(house: House) -> None:
    (ticket,) = await house.sell("ord_1", event_id=TALK)
    await join(house, await token_of(house, ticket))

    with pytest.raises(refusals.TicketUsed) as refused:
        await house.stage.gate(TALK).ticketing.CheckIn(
            pb.CheckInRequest(scan_id=scan(1), event_id=TALK, code=await house.code(ticket))
        )

    assert refused.value.gate == "online"


async def test_opening_the_link_leads_to_the_event(house: House, web: aiohttp.ClientSession) -> None:
    (ticket,) = await house.sell("ord_1", event_id=TALK)

    async with web.get(await house.link(ticket), allow_redirects=False) as answer:
        assert (answer.status, answer.headers["Location"]) == (302, LOCATION)
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert await answer.read() == b""
    assert (await now(house, ticket)).state == TICKET_STATE_USED


async def test_looking_at_the_link_uses_nothing_and_says_nothing(house: House, web: aiohttp.ClientSession) -> None:
    (ticket,) = await house.sell("ord_1", event_id=TALK)
    link = await house.link(ticket)
    told = []
    for url in (link, f"{link}x"):
        async with web.head(url, allow_redirects=False) as answer:
            told.append((answer.status, {**answer.headers, "Date": ""}, await answer.read()))

    assert told[0][0] == 200
    assert "Location" not in told[0][1]
    assert told[0] == told[1]
    assert (await now(house, ticket)).state == TICKET_STATE_VALID


@pytest.mark.parametrize("path", ["x", "A" * 46, "A" * 5_000, "%ff%fe", "%00", "a%2Fb", "<script>", "..%2f"])
async def test_a_wrong_link_shows_a_friendly_page(house: House, web: aiohttp.ClientSession, path: str) -> None:
    async with web.get(f"{house.stage.platform.runtime.public_url}/join/{path}", allow_redirects=False) as answer:
        page = await answer.text()

    assert (answer.status, answer.content_type) == (404, "text/html")
    assert "Este link não abre nenhum evento" in page
    assert "This link opens no event" in page
    assert "script" not in page
    assert answer.headers["Cache-Control"] == "no-store"


async def test_while_the_platform_is_away_the_page_asks_to_come_back(house: House, web: aiohttp.ClientSession) -> None:
    (ticket,) = await house.sell("ord_1", event_id=TALK)
    link = await house.link(ticket)
    house.catalog.away = True

    async with web.get(link, allow_redirects=False) as answer:
        page = await answer.text()

    assert (answer.status, answer.headers["Retry-After"]) == (503, "5")
    assert "Tente de novo" in page
    assert "UNAVAILABLE" not in page


async def test_an_e_mail_to_a_holder_gets_the_code_or_the_link(house: House) -> None:
    (hall,) = await house.sell("ord_1")
    (online,) = await house.sell("ord_2", event_id=TALK)

    in_person = await house.mesh().PrepareTicket(pb.PrepareTicketRequest(ticket_id=hall.ticket_id))
    from_home = await house.mesh().PrepareTicket(pb.PrepareTicketRequest(ticket_id=online.ticket_id))

    assert in_person.png.startswith(b"\x89PNG")
    assert in_person.link == ""
    assert from_home == pb.PrepareTicketResponse(link=await house.link(online))
    with pytest.raises(refusals.TicketNotFound):
        await house.mesh().PrepareTicket(pb.PrepareTicketRequest(ticket_id="tik_none"))
