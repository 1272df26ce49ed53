"""The transactions that copy events and delete drafts."""

from eventhub.catalog.v1 import catalog_service_pb2 as pb
from eventhub.refusals import IdInUse
from services.catalog import changing, event_store, transactions, type_store
from services.catalog.events import Event
from services.kit.db import Tx


async def copy_event(
    tx: Tx, request: pb.CopyEventRequest, organizer_id: str, content_hash: str, *, now_us: int
) -> Event:
    """Makes a draft of another event; a repeat returns the copy's current state. Raises IdInUse, EventNotFound, and
    what changing.copy_of raises."""
    known = await transactions.repeated_event(tx, request.event_id, organizer_id, content_hash)
    if known is not None:
        return known
    event = await transactions.own_event(tx, request.from_event_id, organizer_id)
    copy = changing.copy_of(event, request.event_id, request.starts_local, request.title, now_us)
    return await create_with_types(tx, copy, content_hash)


async def create_with_types(tx: Tx, draft: Event, content_hash: str) -> Event:
    """Creates a draft with its ticket types; a repeat returns its current state. Raises IdInUse."""
    if not await event_store.claim_event(tx, draft, content_hash):
        known = await transactions.repeated_event(tx, draft.event_id, draft.organizer_id, content_hash)
        assert known is not None, "its id is taken"
        return known
    for place, ticket_type in enumerate(draft.types):
        if not await type_store.claim_type(tx, draft, ticket_type, content_hash, place=place):
            raise IdInUse
    await type_store.save_types(tx, (), draft.types)
    return draft


async def drop_event(tx: Tx, event_id: str, organizer_id: str) -> None:
    """Deletes a draft with its ticket types. Does nothing if the organizer has no such event. Raises EventState."""
    event = await event_store.lock_event(tx, event_id, organizer_id)
    if event is None:
        return
    changing.check_droppable(event)
    await type_store.delete_types(tx, event_id)
    await event_store.delete_event(tx, event_id)
