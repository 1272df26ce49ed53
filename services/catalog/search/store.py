"""catalog's SQL for the search of events. Single events and series have entries of their own: a single event is its
entry, and a series is found by its entries as the first of their nights that fits."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.catalog.search.entry import Terms
from services.catalog.search.terms_store import Query, in_content, in_time, scored
from services.kit.db import Row, Tx

# A page's key: the score, the start and the event. FIRST_KEY comes before all of them.
Key = tuple[int, int, str]
SCORE_MAX = 2**31 - 1
FIRST_KEY: Key = (SCORE_MAX, -(2**63), "")
# How many other nights of a series a search tells.
NIGHTS_TOLD = 10
# The event whose ticket types all nights of an entry s have alike.
A_NIGHT = "(SELECT min(x.event_id) FROM search_night x WHERE x.series_n = s.n)"


@dataclass(frozen=True, slots=True)
class Found:
    """An event that fits a search. key: its place in the order. series_id: empty if it is no night of a series."""

    key: Key
    event_id: str
    sold_out: bool
    series_id: str


@dataclass(frozen=True, slots=True)
class OtherNight:
    """A night of a series of which a search shows another night."""

    event_id: str
    starts_local: str
    starts_us: int
    sold_out: bool


async def find(tx: Tx, terms: Terms, after: Key, size: int, *, now_us: int, dialect: str) -> list[Found]:
    """The next events that fit, in the order of the terms. after: the key of the last one of the page before."""
    if terms.words is None:
        return []
    singles = await find_singles(tx, terms, after, size, now_us=now_us, dialect=dialect)
    if terms.is_plain:
        nights = await list_nights(tx, terms, after, size, now_us=now_us)
    else:
        nights = await find_nights(tx, terms, after, size, now_us=now_us, dialect=dialect)
    return [
        Found((-fit, starts_us, event_id), event_id, bool(sold_out), series_id)
        for fit, starts_us, event_id, sold_out, series_id in sorted([*singles, *nights])[:size]
    ]


async def find_singles(tx: Tx, terms: Terms, after: Key, size: int, *, now_us: int, dialect: str) -> list[Row]:
    """The next events that are no nights of series: score, negative, start, id, whether it is sold out, no series."""
    query = Query()
    score, fits = scored(query, terms), in_time(query, terms, now_us)("s")
    content = in_content(query, terms, "search_single", of="s.event_id", dialect=dialect)
    conditions = [fits, content, following(query, terms, score, after)]
    return await tx.all(
        f"""SELECT -({score}) AS fit, s.starts_us, s.event_id, s.sold_out, '' FROM search_single s
            WHERE {" AND ".join(filter(None, conditions))} ORDER BY {order(terms)} LIMIT {query.given(size)}""",
        *query.args,
    )


async def list_nights(tx: Tx, terms: Terms, after: Key, size: int, *, now_us: int) -> list[Row]:
    """As find_nights, for a list by date. It reads nights in their order and no more than the page needs, and looks for
    an earlier night of each."""
    query = Query()
    fits = in_time(query, terms, now_us)
    return await tx.all(
        f"""SELECT 0, s.starts_us, s.event_id, s.sold_out, s.series_id FROM search_night s
            WHERE {fits("s")} AND NOT EXISTS (
                    SELECT 1 FROM search_night x WHERE x.series_id = s.series_id
                    AND (x.starts_us, x.event_id) < (s.starts_us, s.event_id) AND {fits("x")})
                AND {following(query, terms, "0", after) or "1 = 1"}
            ORDER BY s.starts_us, s.event_id LIMIT {query.given(size)}""",
        *query.args,
    )


async def find_nights(tx: Tx, terms: Terms, after: Key, size: int, *, now_us: int, dialect: str) -> list[Row]:
    """The next series that have nights that fit, each as the first of them. The rows are those of find_singles."""
    query = Query()
    score, fits = scored(query, terms), in_time(query, terms, now_us)("x")
    content = in_content(query, terms, "search_series", of=A_NIGHT, dialect=dialect)
    narrowed = "AND (x.series_n IN (SELECT a.n FROM alike a)) IS TRUE" if content else ""
    return await tx.all(
        f"""WITH alike AS {"MATERIALIZED" if content else ""} (
                SELECT s.n, s.series_id FROM search_series s WHERE {content or "1 = 1"}),
            firsts AS MATERIALIZED (
                SELECT (SELECT x.n FROM search_night x WHERE x.series_id = a.series_id AND {fits} {narrowed}
                        ORDER BY x.starts_us, x.event_id LIMIT 1) AS n
                FROM alike a GROUP BY a.series_id)
            SELECT -({score}) AS fit, s.starts_us, s.event_id, s.sold_out, s.series_id FROM (
                SELECT x.starts_us, x.event_id, x.sold_out, x.series_id, t.title
                FROM firsts f JOIN search_night x ON x.n = f.n JOIN search_series t ON t.n = x.series_n) s
            WHERE {following(query, terms, score, after) or "1 = 1"}
            ORDER BY {order(terms)} LIMIT {query.given(size)}""",
        *query.args,
    )


def following(query: Query, terms: Terms, score: str, after: Key) -> str:
    """The condition that an event s comes after a key; empty for the first page."""
    if after == FIRST_KEY:
        return ""
    if not terms.by_relevance:
        return f"(s.starts_us, s.event_id) > ({query.all_given(*after[1:])})"
    least = -min(max(after[0], 0), SCORE_MAX)
    return f"(-({score}), s.starts_us, s.event_id) > ({query.all_given(least, *after[1:])})"


def order(terms: Terms) -> str:
    """The order of events s."""
    return "fit, s.starts_us, s.event_id" if terms.by_relevance else "s.starts_us, s.event_id"


async def more_nights(
    tx: Tx, terms: Terms, series_ids: Sequence[str], *, now_us: int, dialect: str
) -> dict[str, tuple[int, list[OtherNight]]]:
    """The nights that fit after the first, of each of some series, at least one: their number, and the next of them.
    Leaves out series without any."""
    query = Query()
    fits, listed = in_time(query, terms, now_us), query.all_given(*series_ids)
    content = in_content(query, terms, "search_series", of=A_NIGHT, dialect=dialect)
    fit = f"{fits('x')} AND (x.series_n IN (SELECT a.n FROM alike a)) IS TRUE" if content else fits("x")
    rows = await tx.all(
        f"""WITH alike AS MATERIALIZED (
                SELECT s.n, s.series_id FROM search_series s WHERE s.series_id IN ({listed}) AND {content or "1 = 1"})
            SELECT g.series_id, g.many, x.event_id, x.starts_local, x.starts_us, x.sold_out FROM (
                SELECT a.series_id,
                    (SELECT count(*) FROM search_night x WHERE x.series_id = a.series_id AND {fit}) AS many,
                    (SELECT x.starts_us FROM search_night x WHERE x.series_id = a.series_id AND {fit}
                     ORDER BY x.starts_us, x.event_id LIMIT 1 OFFSET {NIGHTS_TOLD}) AS last_us
                FROM alike a GROUP BY a.series_id
            ) g JOIN search_night x ON x.series_id = g.series_id AND x.starts_us <= coalesce(g.last_us, x.starts_us)
            WHERE g.many > 1 AND {fit} ORDER BY x.series_id, x.starts_us, x.event_id""",
        *query.args,
    )
    found: dict[str, tuple[int, list[OtherNight]]] = {}
    for series_id, many, event_id, starts_local, starts_us, sold_out in rows:
        # The first is the one that is found.
        if series_id not in found:
            found[series_id] = many - 1, []
        elif len(found[series_id][1]) < NIGHTS_TOLD:
            found[series_id][1].append(OtherNight(event_id, starts_local, starts_us, bool(sold_out)))
    return found
