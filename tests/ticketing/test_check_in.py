"""A ticket lets one person in, once, whoever scans it however often."""

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
from tests.ticketing.house import CASA, FOREIGN, OTHERS, SHOW, TALK, House, scan


async def check_in(hub: EventHub, code: str, *, number: int = 1, event_id: str = SHOW, gate: str = "") -> Ticket:
    request = pb.CheckInRequest(scan_id=scan(number), event_id=event_id, code=code, gate=gate)
    return (await hub.ticketing.CheckIn(request)).ticket


async def test_a_gate_lets_a_holder_in(house: House) -> None:
    (ticket,) = await house.sell("ord_1")

    used = await check_in(house.stage.gate(SHOW), await house.code(ticket), gate="somewhere else")

    assert (used.ticket_id, used.state, used.used_at_gate) == (ticket.ticket_id, TICKET_STATE_USED, "North gate")
    assert from_timestamp(used.used_at) == house.stage.clock.now_us()


@pytest.mark.parametrize("role", [ROLE_MANAGER, ROLE_BOX_OFFICE])
async def test_members_let_in_where_they_say(house: House, role: Role.ValueType) -> None:
    (ticket,) = await house.sell("ord_1")

    used = await check_in(house.stage.member(role=role), await house.code(ticket), gate="Portão 2")

    assert used.used_at_gate == "Portão 2"


async def test_viewers_and_buyers_let_nobody_in(house: House) -> None:
    (ticket,) = await house.sell("ord_1")
    code = await house.code(ticket)

    for hub in (house.stage.member(role=ROLE_VIEWER), house.stage.buyer()):
        with pytest.raises(refusals.AccessDenied):
            await check_in(hub, code)


async def test_who_comes_second_is_told_when_and_at_which_gate(house: House) -> None:
    (ticket,) = await house.sell("ord_1")
    code = await house.code(ticket)
    await check_in(house.stage.gate(SHOW), code, number=1)
    house.stage.clock.advance(60)

    with pytest.raises(refusals.TicketUsed) as refused:
        await check_in(house.stage.gate(SHOW, name="South gate"), code, number=2)

    assert refused.value.facts == {"used_at": "2026-11-24T12:00:00Z", "gate": "North gate"}


async def test_a_repeated_scan_is_told_the_same(house: House) -> None:
    (ticket,) = await house.sell("ord_1")
    code, gate = await house.code(ticket), house.stage.gate(SHOW)

    first = await check_in(gate, code, number=1)
    house.stage.clock.advance(60)
    assert await check_in(gate, code, number=1) == first

    told = []
    for _ in range(2):
        with pytest.raises(refusals.TicketUsed) as refused:
            await check_in(gate, code, number=2)
        told.append(refused.value.facts)
    assert told[0] == told[1]
    assert await house.rows("SELECT outcome FROM scan ORDER BY scan_id") == [("ADMITTED",), ("USED",)]
    assert await house.rows("SELECT used FROM event_admission") == [(1,)]


async def test_a_scans_id_names_one_scan(house: House) -> None:
    first, second = await house.sell("ord_1", 2)
    code, other = await house.code(first), await house.code(second)
    gate = house.stage.gate(SHOW)
    await check_in(gate, code)

    for hub, scanned, said in (
        (gate, other, ""),
        (gate, code, "said"),
        (house.stage.member(), code, ""),
        (house.stage.member(OTHERS), code, ""),
    ):
        with pytest.raises(refusals.IdInUse) as refused:
            await check_in(hub, scanned, gate=said)
        assert refused.value.facts == {}
    assert await house.rows("SELECT used FROM event_admission") == [(1,)]


async def test_what_is_no_ticket_of_ours_is_forged(house: House) -> None:
    (ticket,) = await house.sell("ord_1")
    code = await house.code(ticket)
    changed = code[:-1] + ("0" if code[-1] != "0" else "1")

    for odd in ("hello", code.lower(), changed, f"{code} "):
        with pytest.raises(refusals.TicketForged):
            await check_in(house.stage.gate(SHOW), odd)
    assert await house.rows("SELECT scan_id FROM scan") == []


async def test_a_ticket_we_signed_and_do_not_know_is_forged(house: House) -> None:
    (ticket,) = await house.sell("ord_1")
    code = await house.code(ticket)
    await house.change("DELETE FROM ticket WHERE ticket_id = $1", ticket.ticket_id)

    with pytest.raises(refusals.TicketForged):
        await check_in(house.stage.gate(SHOW), code)


async def test_a_ticket_of_another_event_stays_outside(house: House) -> None:
    (ticket,) = await house.sell("ord_1", event_id=TALK)
    code = await house.code(ticket)

    with pytest.raises(refusals.TicketOtherEvent):
        await check_in(house.stage.gate(SHOW), code)
    with pytest.raises(refusals.TicketOtherEvent):
        await check_in(house.stage.gate(SHOW), code, event_id=TALK)
    assert await house.rows("SELECT state FROM ticket") == [("VALID",)]


async def test_somebody_elses_ticket_is_told_like_another_events(house: House) -> None:
    (ticket,) = await house.sell("ord_1", event_id=FOREIGN)
    code = await house.code(ticket)
    told = []
    for event_id in (FOREIGN, SHOW):
        with pytest.raises(refusals.TicketOtherEvent) as refused:
            await check_in(house.stage.member(CASA), code, event_id=event_id)
        told.append((refused.value.message, refused.value.facts))

    assert told[0] == told[1]
    assert await house.rows("SELECT scan_id FROM scan") == []
    assert await check_in(house.stage.member(OTHERS), code, event_id=FOREIGN)


async def test_a_code_of_an_earlier_generation_lets_nobody_in(house: House) -> None:
    (ticket,) = await house.sell("ord_1")
    code = await house.code(ticket)
    await house.change("UPDATE ticket SET generation = 2 WHERE ticket_id = $1", ticket.ticket_id)

    with pytest.raises(refusals.TicketRevoked):
        await check_in(house.stage.gate(SHOW), code)

    assert await check_in(house.stage.gate(SHOW), await house.code(ticket))


async def test_a_gates_name_is_printable(house: House) -> None:
    (ticket,) = await house.sell("ord_1")

    with pytest.raises(refusals.InvalidRequest) as refused:
        await check_in(house.stage.member(), await house.code(ticket), gate="a\nb")

    assert list(refused.value.fields) == ["gate"]


async def test_the_door_does_not_wait_for_catalog(house: House) -> None:
    (ticket,) = await house.sell("ord_1")
    code = await house.code(ticket)
    house.catalog.away = True
    house.stage.clock.advance(60)
    house.catalog.events.clear()

    assert (await check_in(house.stage.gate(SHOW), code)).state == TICKET_STATE_USED


async def test_sixty_four_gates_let_one_person_in(house: House) -> None:
    (ticket,) = await house.sell("ord_1")
    code, gate = await house.code(ticket), house.stage.gate(SHOW)

    answers = await asyncio.gather(
        *(check_in(gate, code, number=number) for number in range(64)), return_exceptions=True
    )

    assert sum(isinstance(answer, Ticket) for answer in answers) == 1
    assert sum(isinstance(answer, refusals.TicketUsed) for answer in answers) == 63
    assert await house.rows("SELECT issued, used FROM event_admission") == [(1, 1)]


async def test_one_scan_repeated_at_once_is_told_the_same_each_time(house: House) -> None:
    (ticket,) = await house.sell("ord_1")
    code, gate = await house.code(ticket), house.stage.gate(SHOW)

    answers = await asyncio.gather(*(check_in(gate, code) for _ in range(16)))

    assert all(answer == answers[0] for answer in answers)
    assert await house.rows("SELECT count(*) FROM scan") == [(1,)]


async def test_an_admission_is_told_to_the_mesh(house: House) -> None:
    (ticket,) = await house.sell("ord_1")
    used = await check_in(house.stage.gate(SHOW), await house.code(ticket))

    await settled(house.stage.platform.contexts[0].database)
    answer = await anext(aiter(house.mesh().Feed(pb.FeedRequest(consumer="reporting"))))

    fact = answer.batch.facts[-1]
    assert (fact.type, fact.aggregate_id) == (TicketUsed.DESCRIPTOR.full_name, ticket.ticket_id)
    assert TicketUsed.FromString(fact.payload).ticket == used
