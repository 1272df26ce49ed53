"""The decisions about the ticket types of a locked event, with their reads."""

from eventhub.refusals import IdInUse
from services.catalog import transactions, type_store
from services.catalog.events import Event, TicketType
from services.catalog.ticket_types import adding
from services.kit.db import Tx


async def add(
    tx: Tx, event: Event, wanted: TicketType, content_hash: str, *, currency: str | None, now_us: int
) -> Event | None:
    """The event with one more ticket type, whose id is taken now; None if an earlier request with the same content has
    added it. currency: of the given price; None if the organizer gave none. Raises IdInUse, and as adding.with_type."""
    known_hash = await type_store.type_hash(tx, wanted.ticket_type_id)
    if known_hash == content_hash:
        return None
    if known_hash:
        raise IdInUse
    seats = await transactions.seat_counts(tx, event)
    changed = adding.with_type(event, wanted, currency=currency, seat_counts=seats, now_us=now_us)
    if not await type_store.claim_type(tx, event, changed.types[-1], content_hash, place=len(event.types)):
        raise IdInUse
    return changed
