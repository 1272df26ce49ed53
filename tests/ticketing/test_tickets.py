"""What tickets are called, and whom they turn away."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventhub import refusals
from services.ticketing import tickets
from services.ticketing.tickets import Attempt, Scan, Ticket, derive_id, id_of, raw_of

TICKET = Ticket(
    derive_id("ord_1", "1"),
    "ord_1",
    "1",
    "evt_show",
    "org_casa",
    "tkt_full",
    "Inteira",
    "",
    "",
    "gst_ana",
    tickets.USED,
    generation=2,
    serial=7,
    issued_us=1,
    used_us=1_795_521_600_000_000,
    used_at_gate="North gate",
)
ATTEMPT = Attempt("scn_1", "gat_north", "org_casa", "evt_show", TICKET.ticket_id, 2, "North gate", "")


@given(st.binary(min_size=16, max_size=16))
def test_an_id_and_its_bytes_name_each_other(raw: bytes) -> None:
    assert raw_of(id_of(raw)) == raw
    assert len(id_of(raw)) == len("tik_") + 26


@given(st.lists(st.tuples(st.text("or_1", max_size=4), st.text("1_", max_size=3)), min_size=2, max_size=2, unique=True))
def test_different_lines_have_different_tickets(lines: list[tuple[str, str]]) -> None:
    assert derive_id(*lines[0]) != derive_id(*lines[1])


def test_a_line_has_the_same_ticket_for_ever() -> None:
    # Printed tickets carry this id: the day this line must change, they stop working.
    assert derive_id("ord_1", "1") == "tik_2ycad6x28cyzjs7vcd0gnfbsvk"


def test_a_ticket_used_before_is_the_answer() -> None:
    assert tickets.turn_away(TICKET, ATTEMPT) is TICKET


@pytest.mark.parametrize(
    ("attempt", "refusal"),
    [
        (replace(ATTEMPT, event_id="evt_other"), refusals.TicketOtherEvent),
        (replace(ATTEMPT, organizer_id="org_other"), refusals.TicketOtherEvent),
        (replace(ATTEMPT, generation=1), refusals.TicketRevoked),
        (replace(ATTEMPT, generation=1, organizer_id="org_other"), refusals.TicketOtherEvent),
    ],
)
def test_a_ticket_says_why_it_turns_away(attempt: Attempt, refusal: type[Exception]) -> None:
    with pytest.raises(refusal):
        tickets.turn_away(TICKET, attempt)


def test_an_unknown_ticket_is_no_ticket_of_ours() -> None:
    with pytest.raises(refusals.TicketForged):
        tickets.turn_away(None, ATTEMPT)


def test_who_comes_second_is_told_when_and_where() -> None:
    with pytest.raises(refusals.TicketUsed) as refused:
        tickets.let_in(Scan(TICKET, admitted=False))

    assert refused.value.facts == {"used_at": "2026-11-24T12:00:00Z", "gate": "North gate"}


@pytest.mark.parametrize(
    ("us", "text"), [(0, "1970-01-01T00:00:00Z"), (1_795_521_600_250_000, "2026-11-24T12:00:00.250000Z")]
)
def test_times_are_told_as_rfc_3339(us: int, text: str) -> None:
    assert tickets.rfc3339(us) == text
