"""What an organizer wants of an event, decided in the transaction that locks it: see change_transactions.Decide."""

from eventhub.catalog.v1 import catalog_service_pb2 as pb
from services.catalog import changing, events, transactions, updates, venue_transactions
from services.catalog.change_transactions import Decide
from services.catalog.changing import Part
from services.catalog.events import Event
from services.kit.db import Tx


def moving(starts_local: str, duration_us: int | None, *, now_us: int) -> Decide:
    """To move an event. duration_us: None keeps the length. Raises as events.rescheduled."""

    async def decide(tx: Tx, event: Event) -> Event | None:
        return events.rescheduled(event, starts_local, duration_us, now_us)

    return decide


def updating(request: pb.UpdateEventRequest, organizer_id: str) -> Decide:
    """To change the fields that a request names. Raises as changing.updated and changing.moved_to, VenueNotFound."""

    async def decide(tx: Tx, event: Event) -> Event | None:
        after = updates.with_fields(event, request)
        if "venue_id" in request.update_mask.paths:
            venue = await venue_transactions.own_venue(tx, request.venue_id, organizer_id)
            after = changing.moved_to(after, venue)
        return changing.updated(event, after)

    return decide


def resizing(part: Part, capacity: int) -> Decide:
    """To change the number of places of a part of an event. Raises as changing.resized."""

    async def decide(tx: Tx, event: Event) -> Event | None:
        return changing.resized(event, part, capacity, await transactions.seat_counts(tx, event))

    return decide


def unpublishing() -> Decide:
    """To take an event out of sale. Raises as changing.unpublished."""

    async def decide(tx: Tx, event: Event) -> Event | None:
        return changing.unpublished(event)

    return decide


def putting_back(*, now_us: int) -> Decide:
    """To put an unpublished event back on sale. Raises as changing.put_back."""

    async def decide(tx: Tx, event: Event) -> Event | None:
        return changing.put_back(event, now_us)

    return decide


def archiving(*, restore: bool, now_us: int) -> Decide:
    """To put an event away, or to restore it. Raises as changing.archived."""

    async def decide(tx: Tx, event: Event) -> Event | None:
        return changing.archived(event, now_us, restore=restore)

    return decide
