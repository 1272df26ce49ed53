"""The transactions of venues."""

from eventhub.refusals import IdInUse, VenueNotFound
from services.catalog import venue_store
from services.catalog.events import Venue
from services.kit.db import Tx


async def create_venue(tx: Tx, venue: Venue, content_hash: str) -> Venue:
    """Creates a venue; a repeat returns it. Raises IdInUse."""
    if await venue_store.claim_venue(tx, venue, content_hash):
        return venue
    if await venue_store.venue_hash(tx, venue.venue_id, venue.organizer_id) != content_hash:
        raise IdInUse
    return venue


async def own_venue(tx: Tx, venue_id: str, organizer_id: str) -> Venue:
    """An organizer's venue. Raises VenueNotFound."""
    venue = await venue_store.find_venue(tx, venue_id, organizer_id)
    if venue is None:
        raise VenueNotFound
    return venue
