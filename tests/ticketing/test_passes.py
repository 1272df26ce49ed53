"""Passes: they admit to each night of their series, once a night."""

import asyncio

import pytest

from eventhub.catalog.v1.catalog_pb2 import ADMISSION_GENERAL, ADMISSION_ONLINE, Admission, Event, TicketType
from eventhub.client import EventHub
from eventhub.refusals import JoinClosed, TicketUsed
from eventhub.ticketing.v1 import ticketing_service_pb2 as pb
from eventhub.ticketing.v1.ticketing_events_pb2 import TicketUsed as Used
from services.kit.values import failpoints
from tests.facts import told
from tests.stage import Stage, outcome
from tests.ticketing.world import CASA, SHOW, World, scan

SERIES, FRIDAY, SATURDAY, SUNDAY = "ser_summer", "evt_friday", "evt_saturday", "evt_sunday"
DAY_S = 24 * 3600


async def open_series(stage: Stage, *, admission: Admission.ValueType = ADMISSION_GENERAL) -> World:
    """Three nights, of which the first begins in an hour, and passes for the first two."""
    world = await World(stage).open()
    for n, night in enumerate((FRIDAY, SATURDAY, SUNDAY)):
        world.catalog.events[night] = Event(event_id=night, organizer_id=CASA, admission=admission, series_id=SERIES)
        world.set_hours(night, 3600 + n * DAY_S)
    both = TicketType(ticket_type_id="tkt_full", night_ids=[FRIDAY, SATURDAY])
    world.catalog.events[SERIES] = Event(event_id=SERIES, organizer_id=CASA, admission=admission, ticket_types=[both])
    world.set_hours(SERIES, 3600, hours=48)
    return world


async def check_in(client: EventHub, code: str, night: str, n: int = 1) -> pb.CheckInResponse:
    return await client.ticketing.CheckIn(pb.CheckInRequest(scan_id=scan(n), event_id=night, code=code))


async def counts(world: World) -> list[tuple[str, int, int, int]]:
    """Issued, used and used passes of each event."""
    return await world.rows("SELECT event_id, issued, used, passes_used FROM event_admission ORDER BY event_id")


async def test_a_pass_admits_once_in_each_of_its_nights(stage: Stage) -> None:
    world = await open_series(stage)
    (ticket,) = await world.sell("ord_1", event_id=SERIES)
    code = await world.code(ticket)

    first = await check_in(stage.gate(FRIDAY), code, FRIDAY)
    with pytest.raises(TicketUsed) as refused:
        await check_in(stage.gate(FRIDAY, name="South gate"), code, FRIDAY, 2)
    stage.clock.advance(DAY_S)
    second = await check_in(stage.gate(SATURDAY), code, SATURDAY, 3)

    assert (first.ticket.event_id, first.ticket.used_at_gate) == (SERIES, "North gate")
    assert refused.value.facts["gate"] == "North gate"
    assert second.ticket.used_at.seconds == first.ticket.used_at.seconds + DAY_S
    assert sorted(await counts(world)) == sorted([(FRIDAY, 0, 0, 1), (SATURDAY, 0, 0, 1), (SERIES, 1, 0, 0)])


async def test_a_repeat_of_a_scan_gets_the_first_result(stage: Stage) -> None:
    world = await open_series(stage)
    (ticket,) = await world.sell("ord_1", event_id=SERIES)
    code = await world.code(ticket)
    first = await check_in(stage.gate(FRIDAY), code, FRIDAY)
    second = await outcome(check_in(stage.gate(FRIDAY), code, FRIDAY, 2))

    again = await check_in(stage.gate(FRIDAY), code, FRIDAY)
    second_again = await outcome(check_in(stage.gate(FRIDAY), code, FRIDAY, 2))

    assert again == first
    assert (second, second_again) == ("TICKET_USED", "TICKET_USED")


async def test_sixteen_gates_admit_a_pass_once(stage: Stage) -> None:
    world = await open_series(stage)
    (ticket,) = await world.sell("ord_1", event_id=SERIES)
    code = await world.code(ticket)

    answers = await asyncio.gather(
        *(outcome(check_in(stage.gate(FRIDAY, name=f"Gate {n}"), code, FRIDAY, n)) for n in range(16))
    )

    assert sorted(answers) == ["TICKET_USED"] * 15 + ["done"]
    assert (FRIDAY, 0, 0, 1) in await counts(world)


async def test_another_night_or_event_does_not_admit_a_pass(stage: Stage) -> None:
    world = await open_series(stage)
    (ticket,) = await world.sell("ord_1", event_id=SERIES)
    code = await world.code(ticket)
    stage.clock.advance(2 * DAY_S)

    assert await outcome(check_in(stage.gate(SUNDAY), code, SUNDAY)) == "TICKET_OTHER_EVENT"
    assert await outcome(check_in(stage.gate(SHOW), code, SHOW)) == "TICKET_OTHER_EVENT"
    assert await outcome(check_in(stage.gate(SERIES), code, SERIES)) == "TICKET_OTHER_EVENT"
    assert await counts(world) == [(SERIES, 1, 0, 0)]
    assert await world.rows("SELECT * FROM pass_use") == []
    assert await world.rows("SELECT * FROM scan") == []


async def test_a_single_ticket_does_not_admit_to_other_nights(stage: Stage) -> None:
    world = await open_series(stage)
    (ticket,) = await world.sell("ord_1", event_id=SATURDAY)

    assert await outcome(check_in(stage.gate(FRIDAY), await world.code(ticket), FRIDAY)) == "TICKET_OTHER_EVENT"


async def test_a_pass_has_the_hours_of_the_night(stage: Stage) -> None:
    world = await open_series(stage)
    (ticket,) = await world.sell("ord_1", event_id=SERIES)

    answer = await outcome(check_in(stage.gate(SATURDAY), await world.code(ticket), SATURDAY))

    assert answer == "CHECK_IN_CLOSED"
    assert await world.rows("SELECT * FROM pass_use") == []


async def test_a_void_pass_is_revoked(stage: Stage) -> None:
    world = await open_series(stage)
    (ticket,) = await world.sell("ord_1", event_id=SERIES)
    code = await world.code(ticket)
    await world.change("UPDATE ticket SET generation = 2")

    assert await outcome(check_in(stage.gate(FRIDAY), code, FRIDAY)) == "TICKET_REVOKED"


async def test_an_interrupted_scan_changes_nothing(stage: Stage) -> None:
    world = await open_series(stage)
    (ticket,) = await world.sell("ord_1", event_id=SERIES)
    code = await world.code(ticket)
    failpoints.arm("ticketing.check_in.before=raise")

    interrupted = await outcome(check_in(stage.gate(FRIDAY), code, FRIDAY))
    again = await outcome(check_in(stage.gate(FRIDAY), code, FRIDAY))

    assert (interrupted, again) == ("INTERNAL", "done")
    assert (FRIDAY, 0, 0, 1) in await counts(world)


async def test_the_admissions_of_a_night_tell_its_passes(stage: Stage) -> None:
    world = await open_series(stage)
    await world.sell("ord_0", event_id=FRIDAY)
    (ticket,) = await world.sell("ord_1", event_id=SERIES)
    watch = stage.member().ticketing.WatchAdmissions(pb.WatchAdmissionsRequest(event_id=FRIDAY))
    answers = aiter(watch)
    first = await anext(answers)

    await check_in(stage.gate(FRIDAY), await world.code(ticket), FRIDAY)
    then = await anext(answers)

    assert (first.issued, first.used, first.passes_used) == (1, 0, 0)
    assert (then.issued, then.used, then.passes_used, then.ticket.ticket_id) == (1, 0, 1, ticket.ticket_id)
    facts = [
        Used.FromString(fact.payload) for fact in await told(world.ticketing.database) if "TicketUsed" in fact.type
    ]
    assert [(fact.ticket.ticket_id, fact.night_id) for fact in facts] == [(ticket.ticket_id, FRIDAY)]


async def test_the_link_of_a_pass_opens_the_night_that_is_on(stage: Stage) -> None:
    world = await open_series(stage, admission=ADMISSION_ONLINE)
    (ticket,) = await world.sell("ord_1", event_id=SERIES)
    link = await world.link(ticket)
    request = pb.JoinOnlineRequest(token=link.rpartition("/")[2])
    client = stage.anyone().ticketing

    stage.clock.advance(3600)
    await client.JoinOnline(request)
    await client.JoinOnline(request)
    stage.clock.advance(3 * 3600)
    with pytest.raises(JoinClosed):
        await client.JoinOnline(request)
    stage.clock.advance(DAY_S - 3 * 3600)
    await client.JoinOnline(request)

    uses = await world.rows("SELECT event_id, used_at_gate FROM pass_use ORDER BY used_us")
    assert uses == [(FRIDAY, "online"), (SATURDAY, "online")]
