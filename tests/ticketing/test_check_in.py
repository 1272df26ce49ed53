"""A ticket lets one person in, once, however many gates scan it."""

import asyncio

import pytest

from eventhub import refusals
from eventhub.client import EventHub
from eventhub.common.v1.options_pb2 import ROLE_BOX_OFFICE, ROLE_MANAGER, ROLE_VIEWER, Role
from eventhub.ticketing.v1 import ticketing_service_pb2 as pb
from eventhub.ticketing.v1.ticketing_events_pb2 import TicketUsed
from eventhub.ticketing.v1.ticketing_pb2 import TICKET_STATE_USED, Ticket
from services.kit.values.clock import from_timestamp
from tests.facts import settled
from tests.ticketing.world import CASA, FOREIGN, OTHERS, SHOW, TALK, World, scan


async def check_in(hub: EventHub, code: str, *, number: int = 1, event_id: str = SHOW, gate: str = "") -> Ticket:
    request = pb.CheckInRequest(scan_id=scan(number), event_id=event_id, code=code, gate=gate)
    return (await hub.ticketing.CheckIn(request)).ticket


async def test_a_gate_lets_a_holder_in(world: World) -> None:
    (ticket,) = await world.sell("ord_1")

    used = await check_in(world.stage.gate(SHOW), await world.code(ticket), gate="somewhere else")

    assert (used.ticket_id, used.state, used.used_at_gate) == (ticket.ticket_id, TICKET_STATE_USED, "North gate")
    assert from_timestamp(used.used_at) == world.stage.clock.now_us()


@pytest.mark.parametrize("role", [ROLE_MANAGER, ROLE_BOX_OFFICE])
async def test_members_let_in_where_they_say(world: World, role: Role.ValueType) -> None:
    (ticket,) = await world.sell("ord_1")

    used = await check_in(world.stage.member(role=role), await world.code(ticket), gate="Portão 2")

    assert used.used_at_gate == "Portão 2"


async def test_viewers_and_buyers_cannot_check_in(world: World) -> None:
    (ticket,) = await world.sell("ord_1")
    code = await world.code(ticket)

    for hub in (world.stage.member(role=ROLE_VIEWER), world.stage.buyer()):
        with pytest.raises(refusals.AccessDenied):
            await check_in(hub, code)


async def test_a_second_holder_is_told_when_and_at_which_gate(world: World) -> None:
    (ticket,) = await world.sell("ord_1")
    code = await world.code(ticket)
    await check_in(world.stage.gate(SHOW), code, number=1)
    world.stage.clock.advance(60)

    with pytest.raises(refusals.TicketUsed) as refused:
        await check_in(world.stage.gate(SHOW, name="South gate"), code, number=2)

    assert refused.value.facts == {"used_at": "2026-11-24T12:00:00Z", "gate": "North gate"}


async def test_a_repeated_scan_is_told_the_same(world: World) -> None:
    (ticket,) = await world.sell("ord_1")
    code, gate = await world.code(ticket), world.stage.gate(SHOW)

    first = await check_in(gate, code, number=1)
    world.stage.clock.advance(60)
    assert await check_in(gate, code, number=1) == first

    told = []
    for _ in range(2):
        with pytest.raises(refusals.TicketUsed) as refused:
            await check_in(gate, code, number=2)
        told.append(refused.value.facts)
    assert told[0] == told[1]
    assert await world.rows("SELECT outcome FROM scan ORDER BY scan_id") == [("ADMITTED",), ("USED",)]
    assert await world.rows("SELECT used FROM event_admission") == [(1,)]


async def test_a_scans_id_names_one_scan(world: World) -> None:
    first, second = await world.sell("ord_1", 2)
    code, other = await world.code(first), await world.code(second)
    gate = world.stage.gate(SHOW)
    await check_in(gate, code)

    for hub, scanned, said in (
        (gate, other, ""),
        (gate, code, "said"),
        (world.stage.member(), code, ""),
        (world.stage.member(OTHERS), code, ""),
    ):
        with pytest.raises(refusals.IdInUse) as refused:
            await check_in(hub, scanned, gate=said)
        assert refused.value.facts == {}
    assert await world.rows("SELECT used FROM event_admission") == [(1,)]


async def test_a_text_we_never_signed_is_forged(world: World) -> None:
    (ticket,) = await world.sell("ord_1")
    code = await world.code(ticket)
    changed = code[:-1] + ("0" if code[-1] != "0" else "1")

    for odd in ("hello", code.lower(), changed, f"{code} "):
        with pytest.raises(refusals.TicketForged):
            await check_in(world.stage.gate(SHOW), odd)
    assert await world.rows("SELECT scan_id FROM scan") == []


async def test_a_ticket_we_signed_and_do_not_know_is_forged(world: World) -> None:
    (ticket,) = await world.sell("ord_1")
    code = await world.code(ticket)
    await world.change("DELETE FROM ticket WHERE ticket_id = $1", ticket.ticket_id)

    with pytest.raises(refusals.TicketForged):
        await check_in(world.stage.gate(SHOW), code)


async def test_a_ticket_of_another_event_stays_outside(world: World) -> None:
    (ticket,) = await world.sell("ord_1", event_id=TALK)
    code = await world.code(ticket)

    with pytest.raises(refusals.TicketOtherEvent):
        await check_in(world.stage.gate(SHOW), code)
    with pytest.raises(refusals.TicketOtherEvent):
        await check_in(world.stage.gate(SHOW), code, event_id=TALK)
    assert await world.rows("SELECT state FROM ticket") == [("VALID",)]


async def test_another_organizers_ticket_is_told_like_another_events(world: World) -> None:
    (ticket,) = await world.sell("ord_1", event_id=FOREIGN)
    code = await world.code(ticket)
    told = []
    for event_id in (FOREIGN, SHOW):
        with pytest.raises(refusals.TicketOtherEvent) as refused:
            await check_in(world.stage.member(CASA), code, event_id=event_id)
        told.append((refused.value.message, refused.value.facts))

    assert told[0] == told[1]
    assert await world.rows("SELECT scan_id FROM scan") == []
    assert await check_in(world.stage.member(OTHERS), code, event_id=FOREIGN)


async def test_a_code_of_an_earlier_generation_is_revoked(world: World) -> None:
    (ticket,) = await world.sell("ord_1")
    code = await world.code(ticket)
    await world.change("UPDATE ticket SET generation = 2 WHERE ticket_id = $1", ticket.ticket_id)

    with pytest.raises(refusals.TicketRevoked):
        await check_in(world.stage.gate(SHOW), code)

    assert await check_in(world.stage.gate(SHOW), await world.code(ticket))


async def test_a_gates_name_is_printable(world: World) -> None:
    (ticket,) = await world.sell("ord_1")

    with pytest.raises(refusals.InvalidRequest) as refused:
        await check_in(world.stage.member(), await world.code(ticket), gate="a\nb")

    assert list(refused.value.fields) == ["gate"]


async def test_the_door_does_not_wait_for_catalog(world: World) -> None:
    (ticket,) = await world.sell("ord_1")
    code = await world.code(ticket)
    world.catalog.away = True
    world.stage.clock.advance(60)
    world.catalog.events.clear()

    assert (await check_in(world.stage.gate(SHOW), code)).state == TICKET_STATE_USED


async def test_sixty_four_gates_let_one_person_in(world: World) -> None:
    (ticket,) = await world.sell("ord_1")
    code, gate = await world.code(ticket), world.stage.gate(SHOW)

    answers = await asyncio.gather(
        *(check_in(gate, code, number=number) for number in range(64)), return_exceptions=True
    )

    assert sum(isinstance(answer, Ticket) for answer in answers) == 1
    assert sum(isinstance(answer, refusals.TicketUsed) for answer in answers) == 63
    assert await world.rows("SELECT issued, used FROM event_admission") == [(1, 1)]


async def test_one_scan_repeated_at_once_is_told_the_same_each_time(world: World) -> None:
    (ticket,) = await world.sell("ord_1")
    code, gate = await world.code(ticket), world.stage.gate(SHOW)

    answers = await asyncio.gather(*(check_in(gate, code) for _ in range(16)))

    assert all(answer == answers[0] for answer in answers)
    assert await world.rows("SELECT count(*) FROM scan") == [(1,)]


async def test_an_admission_is_told_to_the_mesh(world: World) -> None:
    (ticket,) = await world.sell("ord_1")
    used = await check_in(world.stage.gate(SHOW), await world.code(ticket))

    await settled(world.stage.platform.contexts[0].database)
    answer = await anext(aiter(world.mesh().Feed(pb.FeedRequest(consumer="reporting"))))

    fact = answer.batch.facts[-1]
    assert (fact.type, fact.aggregate_id) == (TicketUsed.DESCRIPTOR.full_name, ticket.ticket_id)
    assert TicketUsed.FromString(fact.payload).ticket == used
