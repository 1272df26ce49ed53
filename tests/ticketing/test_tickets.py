"""Ids of tickets, and the reasons to refuse one."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventhub import refusals
from eventhub.ticketing.v1 import ticketing_pb2 as nouns
from services.kit.values.clock import rfc3339
from services.ticketing import tickets
from services.ticketing.tickets import Scan, ScanAttempt, ScanOutcome, Ticket, TicketState, derive_id, id_of, raw_of

TICKET = Ticket(
    ticket_id=derive_id("ord_1", "1"),
    order_id="ord_1",
    line_id="1",
    event_id="evt_show",
    organizer_id="org_casa",
    ticket_type_id="tkt_full",
    ticket_type_name="Inteira",
    seat_id="",
    seat_label="",
    buyer_id="gst_ana",
    state=TicketState.USED,
    generation=2,
    serial=7,
    issued_us=1,
    used_us=1_795_521_600_000_000,
    used_at_gate="North gate",
)
ATTEMPT = ScanAttempt(
    scan_id="scn_1",
    subject_id="gat_north",
    organizer_id="org_casa",
    event_id="evt_show",
    ticket_id=TICKET.ticket_id,
    generation=2,
    gate="North gate",
    requested_gate="",
)


def test_states_are_the_contracts() -> None:
    states = [f"TICKET_STATE_{state}" for state in TicketState]

    assert ["TICKET_STATE_UNSPECIFIED", *states] == nouns.TicketState.keys()
    assert set(ScanOutcome) == {"ADMITTED", "USED"}


@given(st.binary(min_size=16, max_size=16))
def test_an_id_and_its_bytes_name_each_other(raw: bytes) -> None:
    assert raw_of(id_of(raw)) == raw
    assert len(id_of(raw)) == len("tik_") + 26


@given(st.lists(st.tuples(st.text("or_1", max_size=4), st.text("1_", max_size=3)), min_size=2, max_size=2, unique=True))
def test_different_lines_have_different_tickets(lines: list[tuple[str, str]]) -> None:
    assert derive_id(*lines[0]) != derive_id(*lines[1])


def test_a_line_has_the_same_ticket_for_ever() -> None:
    # Printed tickets carry this id. If this line has to change, they stop working.
    assert derive_id("ord_1", "1") == "tik_2ycad6x28cyzjs7vcd0gnfbsvk"


def test_a_ticket_used_before_is_the_answer() -> None:
    assert tickets.require_used(TICKET, ATTEMPT) is TICKET


@pytest.mark.parametrize(
    ("attempt", "refusal"),
    [
        (replace(ATTEMPT, event_id="evt_other"), refusals.TicketOtherEvent),
        (replace(ATTEMPT, organizer_id="org_other"), refusals.TicketOtherEvent),
        (replace(ATTEMPT, generation=1), refusals.TicketRevoked),
        (replace(ATTEMPT, generation=1, organizer_id="org_other"), refusals.TicketOtherEvent),
    ],
)
def test_a_ticket_says_why_it_turns_away(attempt: ScanAttempt, refusal: type[Exception]) -> None:
    with pytest.raises(refusal):
        tickets.require_used(TICKET, attempt)


def test_an_unknown_ticket_is_no_ticket_of_ours() -> None:
    with pytest.raises(refusals.TicketForged):
        tickets.require_used(None, ATTEMPT)


def test_a_second_holder_is_told_when_and_where() -> None:
    with pytest.raises(refusals.TicketUsed) as refused:
        tickets.let_in(Scan(TICKET, admitted=False))

    assert refused.value.facts == {"used_at": "2026-11-24T12:00:00Z", "gate": "North gate"}


@pytest.mark.parametrize(
    ("us", "text"), [(0, "1970-01-01T00:00:00Z"), (1_795_521_600_250_000, "2026-11-24T12:00:00.250000Z")]
)
def test_times_are_told_as_rfc_3339(us: int, text: str) -> None:
    assert rfc3339(us) == text
