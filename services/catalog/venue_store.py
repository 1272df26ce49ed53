"""catalog's SQL for venues."""

from services.catalog.events import Venue
from services.kit.db import Row, Tx
from services.kit.values import folded

VENUE = "venue_id, organizer_id, name, address, city, time_zone"


async def claim_venue(tx: Tx, venue: Venue, content_hash: str) -> bool:
    """Saves a new venue. False if its id is taken."""
    claimed = await tx.one(
        f"""INSERT INTO venue ({VENUE}, name_folded, city_folded, content_hash)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (venue_id) DO NOTHING RETURNING 1""",
        venue.venue_id,
        venue.organizer_id,
        venue.name,
        venue.address,
        venue.city,
        venue.time_zone,
        folded(venue.name),
        folded(venue.city),
        content_hash,
    )
    return claimed is not None


async def find_venue(tx: Tx, venue_id: str, organizer_id: str) -> Venue | None:
    """An organizer's venue, by its id."""
    row = await tx.one(f"SELECT {VENUE} FROM venue WHERE venue_id = $1 AND organizer_id = $2", venue_id, organizer_id)
    return venue(row) if row else None


def venue(row: Row) -> Venue:
    """A row of the columns VENUE."""
    return Venue(venue_id=row[0], organizer_id=row[1], name=row[2], address=row[3], city=row[4], time_zone=row[5])


async def venue_hash(tx: Tx, venue_id: str, organizer_id: str) -> str:
    """The hash of the request that created an organizer's venue; empty if there is no such venue."""
    row = await tx.one(
        "SELECT content_hash FROM venue WHERE venue_id = $1 AND organizer_id = $2", venue_id, organizer_id
    )
    return row[0] if row else ""


async def venues_after(tx: Tx, organizer_id: str, after: str, size: int) -> list[Venue]:
    """An organizer's venues, sorted by name. after: id of the last venue of the page before; empty for the first
    page."""
    rows = await tx.all(
        f"""SELECT {VENUE} FROM venue
            WHERE organizer_id = $1 AND ($2 = '' OR (name_folded, venue_id) >
                  (SELECT name_folded, venue_id FROM venue WHERE venue_id = $2 AND organizer_id = $1))
            ORDER BY name_folded, venue_id LIMIT $3""",
        organizer_id,
        after,
        size,
    )
    return [venue(row) for row in rows]
