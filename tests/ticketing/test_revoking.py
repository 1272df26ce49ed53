"""Tickets of orders that are given back let nobody in any more."""

import asyncio

import pytest

from eventhub import refusals
from eventhub.orders.v1.orders_events_pb2 import OrderDisputed, OrderPaid
from eventhub.ticketing.v1 import ticketing_service_pb2 as pb
from eventhub.ticketing.v1.ticketing_events_pb2 import TicketsRevoked
from eventhub.ticketing.v1.ticketing_pb2 import TICKET_STATE_REVOKED, TICKET_STATE_VALID
from eventhub.ticketing.v1.ticketing_service_pb2_grpc import TicketingMeshStub
from tests.facts import told
from tests.stage import Stage, outcome
from tests.ticketing.world import CASA, SHOW, TALK, World, order, scan

COUNTS = "SELECT issued, used FROM event_admission WHERE event_id = $1"


async def revoke(stage: Stage, *line_ids: str, order_id: str = "ord_1", even_if_used: bool = False) -> None:
    request = pb.RevokeTicketsRequest(order_id=order_id, line_ids=line_ids, even_if_used=even_if_used)
    await TicketingMeshStub(stage.channel("orders")).RevokeTickets(request)


async def states(world: World, order_id: str = "ord_1") -> list[int]:
    found = (await world.stage.buyer().ticketing.ListTickets(pb.ListTicketsRequest(order_id=order_id))).tickets
    return [ticket.state for ticket in sorted(found, key=lambda ticket: int(ticket.line_id))]


async def check_in(world: World, code: str, n: int = 1) -> None:
    await world.stage.gate(SHOW).ticketing.CheckIn(pb.CheckInRequest(scan_id=scan(n), event_id=SHOW, code=code))


async def test_a_revoked_ticket_is_refused_at_the_gate_and_shown_to_nobody(stage: Stage) -> None:
    world = await World(stage).open()
    first, second = await world.sell("ord_1", 2)
    codes = [await world.code(first), await world.code(second)]

    await revoke(stage, "1")

    assert await states(world) == [TICKET_STATE_REVOKED, TICKET_STATE_VALID]
    assert await outcome(check_in(world, codes[0])) == "TICKET_REVOKED"
    assert await outcome(world.code(first)) == "TICKET_REVOKED"
    assert await world.rows(COUNTS, SHOW) == [(1, 0)]
    await check_in(world, codes[1], 2)
    assert await world.rows(COUNTS, SHOW) == [(1, 1)]


async def test_a_repeat_changes_nothing_and_one_fact_tells_all_tickets(stage: Stage) -> None:
    world = await World(stage).open()
    await world.sell("ord_1", 3)
    for _ in range(3):
        await revoke(stage, "1", "3")
    facts = [fact for fact in await told(world.ticketing.database) if fact.type.endswith("TicketsRevoked")]
    assert len(facts) == 1
    revoked = TicketsRevoked.FromString(facts[0].payload)
    assert (facts[0].organizer_id, revoked.order_id, revoked.event_id) == (CASA, "ord_1", SHOW)
    assert sorted(ticket.line_id for ticket in revoked.tickets) == ["1", "3"]
    assert await world.rows(COUNTS, SHOW) == [(1, 0)]


async def test_used_tickets_are_revoked_only_if_the_organizer_says_so(stage: Stage) -> None:
    world = await World(stage).open()
    first, _ = await world.sell("ord_1", 2)
    code = await world.code(first)
    await check_in(world, code)
    with pytest.raises(refusals.TicketUsed) as refused:
        await revoke(stage, "1", "2")
    assert refused.value.facts["gate"] == "North gate"
    assert TICKET_STATE_REVOKED not in await states(world), "all or none"

    await revoke(stage, "1", "2", even_if_used=True)

    assert await states(world) == [TICKET_STATE_REVOKED] * 2
    assert await world.rows(COUNTS, SHOW) == [(1, 1)], "one has come in"
    await check_in(world, code)  # a repeat of the scan gets its first answer
    assert await outcome(check_in(world, code, 2)) == "TICKET_REVOKED"


async def test_tickets_are_revoked_after_they_are_issued(stage: Stage) -> None:
    world = await World(stage).open()
    assert await outcome(revoke(stage, "1")) == "UNAVAILABLE"
    await world.sell("ord_1")
    assert await outcome(revoke(stage, "1", "2")) == "UNAVAILABLE"
    await revoke(stage, "1")
    world.orders.tell(OrderPaid(order=order("ord_1", 1)))
    await world.caught_up()
    assert await states(world) == [TICKET_STATE_REVOKED]


async def test_a_disputed_order_loses_all_its_tickets(stage: Stage) -> None:
    world = await World(stage).open()
    first, _ = await world.sell("ord_1", 2)
    await check_in(world, await world.code(first))
    await world.sell("ord_2")
    world.orders.tell(OrderDisputed(order=order("ord_1", 2)), OrderDisputed(order=order("ord_none", 1)))
    await world.caught_up()
    assert await states(world) == [TICKET_STATE_REVOKED] * 2
    assert await states(world, "ord_2") == [TICKET_STATE_VALID]


async def test_a_revoked_link_opens_nothing(stage: Stage) -> None:
    world = await World(stage).open()
    (talk,) = await world.sell("ord_1", event_id=TALK)
    token = (await world.link(talk)).rpartition("/")[2]
    await revoke(stage, "1")
    joined = stage.anyone().ticketing.JoinOnline(pb.JoinOnlineRequest(token=token))
    assert await outcome(joined) == "TICKET_REVOKED"
    assert await outcome(world.link(talk)) == "TICKET_REVOKED"


async def test_scans_and_returns_at_once_let_a_holder_in_or_revoke_the_ticket(stage: Stage) -> None:
    world = await World(stage).open()
    sold = await world.sell("ord_1", 8)
    codes = [await world.code(ticket) for ticket in sold]
    scans = [outcome(check_in(world, code, n)) for n, code in enumerate(codes)]
    returns = [outcome(revoke(stage, ticket.line_id)) for ticket in sold]

    results = await asyncio.gather(*(each for pair in zip(scans, returns, strict=True) for each in pair))

    for entered, revoked in zip(results[::2], results[1::2], strict=True):
        assert (entered, revoked) in {("done", "TICKET_USED"), ("TICKET_REVOKED", "done")}
    came = results[::2].count("done")
    assert await world.rows(COUNTS, SHOW) == [(came, came)]
