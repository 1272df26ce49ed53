"""catalog's SQL for the search of events."""

from services.catalog.event_store import EVENT, WITH_VENUE, EventKey, events_of
from services.catalog.events import Event
from services.kit.db import Tx
from services.kit.values import folded

MONTH_US = 30 * 24 * 3600 * 1_000_000


async def search(tx: Tx, text: str, city: str, after: EventKey, size: int, *, now_us: int) -> list[Event]:
    """Published events that are not over, soonest first. text: words that the title must contain. after: key of the
    last event of the page before."""
    words = folded(text).split()
    titles = "".join(f" AND e.title_folded LIKE ${n} ESCAPE '!'" for n in range(7, len(words) + 7))
    rows = await tx.all(
        f"""SELECT {EVENT} FROM {WITH_VENUE}
            WHERE e.state = 'PUBLISHED' AND e.starts_us >= $1 AND e.ends_us > $2
              AND (e.starts_us, e.event_id) > ($3, $4) AND ($5 = '' OR v.city_folded = $5){titles}
            ORDER BY e.starts_us, e.event_id LIMIT $6""",
        now_us - MONTH_US,  # events last at most 30 days, so the index can skip older ones
        now_us,
        *after,
        folded(city),
        size,
        *(f"%{escaped(word)}%" for word in words),
    )
    return await events_of(tx, rows)


def escaped(text: str) -> str:
    """Text for a LIKE pattern, with its wildcards escaped by "!"."""
    return text.replace("!", "!!").replace("%", "!%").replace("_", "!_")
