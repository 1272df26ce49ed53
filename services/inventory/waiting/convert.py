"""Entries of waiting lists as the contract's messages, and back."""

from collections.abc import Sequence

from eventhub.inventory.v1 import inventory_pb2 as nouns
from eventhub.inventory.v1 import inventory_service_pb2 as pb
from services.inventory.waiting.entries import Entry, EntryState, Wanted
from services.kit.values import to_timestamp

STATES = {name.removeprefix("WAITING_STATE_"): value for name, value in nouns.WaitingState.items()}


def wanted(request: pb.JoinWaitingListRequest, buyer_id: str) -> Wanted:
    """What a JoinWaitingList request asks for."""
    return Wanted(
        entry_id=request.entry_id,
        event_id=request.event_id,
        ticket_type_id=request.ticket_type_id,
        buyer_id=buyer_id,
        quantity=request.quantity,
    )


def entry_pb(entry: Entry) -> nouns.WaitingEntry:
    """An entry."""
    offered = entry.state == EntryState.OFFERED
    return nouns.WaitingEntry(
        entry_id=entry.wanted.entry_id,
        event_id=entry.wanted.event_id,
        ticket_type_id=entry.wanted.ticket_type_id,
        quantity=entry.wanted.quantity,
        state=STATES[entry.state],
        joined_at=to_timestamp(entry.joined_us),
        ahead=entry.ahead,
        hold_id=entry.hold_id,
        offer_expires_at=to_timestamp(entry.offer_ends_us) if offered else None,
    )


def key(found: Sequence[Entry]) -> tuple[int | str, ...]:
    """The place of the last of some entries in a list of them."""
    return (found[-1].joined_us, found[-1].wanted.entry_id) if found else ()
