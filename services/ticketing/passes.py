"""Passes at the gates of their nights: each admits once a night. Pure."""

from collections.abc import Sequence
from dataclasses import replace

from eventhub.refusals import TicketForged, TicketOtherEvent, TicketRevoked
from services.ticketing.hours import Event
from services.ticketing.tickets import ScanAttempt, Ticket, TicketState


def admissible(ticket: Ticket | None, attempt: ScanAttempt, series_id: str, series: Event) -> Ticket:
    """The pass of a scan at a night, used there or not. series: as catalog describes it. Raises TicketForged,
    TicketRevoked, and TicketOtherEvent if the night is none of the pass."""
    if ticket is None:
        raise TicketForged
    if (ticket.event_id, ticket.organizer_id) != (series_id, attempt.organizer_id):
        raise TicketOtherEvent
    if attempt.event_id not in series.passes.get(ticket.ticket_type_id, ()):
        raise TicketOtherEvent
    if ticket.generation != attempt.generation or ticket.state is TicketState.REVOKED:
        raise TicketRevoked
    return ticket


def next_night(nights: Sequence[tuple[str, Event]], now_us: int) -> tuple[str, Event]:
    """The soonest of a pass's nights that is not over; the last if all are. nights: at least one."""
    in_order = sorted(nights, key=lambda night: (night[1].starts_us, night[0]))
    return next((night for night in in_order if night[1].ends_us > now_us), in_order[-1])


def used_at(ticket: Ticket, used_us: int, gate: str) -> Ticket:
    """A pass as it was used in one night. It stays valid for its other nights."""
    return replace(ticket, state=TicketState.USED, used_us=used_us, used_at_gate=gate)
