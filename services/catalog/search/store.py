"""catalog's SQL for the search of events. The words of an entry have the same table on both databases: a full-text
index on SQLite, and a tsvector with a GIN index on PostgreSQL."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from services.catalog.search.entry import MONTH_US, Terms
from services.kit.db import Tx

# A page's key: the score, the start and the event. FIRST_KEY comes before all of them.
Key = tuple[int, int, str]
SCORE_MAX = 2**31 - 1
FIRST_KEY: Key = (SCORE_MAX, -(2**63), "")
# The entries that have all words of a query, and the query for words that are found by their beginnings.
MATCHES = {
    "sqlite": "SELECT rowid FROM search_text WHERE search_text MATCH {query}",
    "postgres": "SELECT rowid FROM search_text WHERE words @@ CAST(CAST({query} AS TEXT) AS TSQUERY)",
}
# The name of an entry in a condition.
ALIAS = re.compile(r"\bs\.")
# How many other nights of a series a search tells.
NIGHTS_TOLD = 10
QUERIES = {"sqlite": ('"{}"*', " "), "postgres": ("{}:*", " & ")}


@dataclass(frozen=True, slots=True)
class Found:
    """An entry that fits a search. key: its place in the order. series_id: empty if it is no night of a series."""

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


class Query:
    """A condition in SQL with the values of its parameters."""

    def __init__(self) -> None:
        self.args: list[object] = []
        self.conditions: list[str] = []

    def given(self, value: object) -> str:
        """Adds a parameter and returns its mark."""
        self.args.append(value)
        return f"${len(self.args)}"

    def narrow(self, condition: str, *values: object) -> None:
        """Adds a condition, with {} in place of each value."""
        self.conditions.append(condition.format(*map(self.given, values)))

    def where(self) -> str:
        """All conditions."""
        return " AND ".join(self.conditions)


async def find(tx: Tx, terms: Terms, after: Key, size: int, *, now_us: int, dialect: str) -> list[Found]:
    """The next entries that fit, in the order of the terms. after: the key of the last entry of the page before."""
    if terms.words is None:
        return []
    query = fitting(terms, now_us, dialect)
    score = scored(query, terms)
    query.conditions.append(once(query, terms))
    if after != FIRST_KEY:
        if terms.by_relevance:
            least = -min(max(after[0], 0), SCORE_MAX)
            query.narrow(f"(-({score}), s.starts_us, s.event_id) > ({{}}, {{}}, {{}})", least, *after[1:])
        else:
            query.narrow("(s.starts_us, s.event_id) > ({}, {})", *after[1:])
    order = "fit, s.starts_us, s.event_id" if terms.by_relevance else "s.starts_us, s.event_id"
    rows = await tx.all(
        f"""SELECT -({score}) AS fit, s.starts_us, s.event_id, s.sold_out, s.series_id FROM search_entry s
            WHERE {query.where()} ORDER BY {order} LIMIT {query.given(size)}""",
        *query.args,
    )
    return [Found((-row[0], row[1], row[2]), row[2], bool(row[3]), row[4]) for row in rows]


def once(query: Query, terms: Terms) -> str:
    """The condition that an entry s is the first night of its series that fits, so that a series is found once."""
    fits = ALIAS.sub("p.", query.where())
    if terms.is_plain:
        # Reads as many entries as the page has, and looks for an earlier night of each.
        return f"""(s.series_id = '' OR NOT EXISTS (SELECT 1 FROM search_entry p WHERE p.series_id = s.series_id
            AND p.series_id <> '' AND (p.starts_us, p.event_id) < (s.starts_us, s.event_id) AND {fits}))"""
    # A narrower search reads all entries that fit. It finds the first nights among them in one go.
    return f"""(s.series_id = '' OR s.n IN (SELECT firsts.n FROM (
        SELECT p.n, row_number() OVER (PARTITION BY p.series_id ORDER BY p.starts_us, p.event_id) AS place
        FROM search_entry p WHERE p.series_id <> '' AND {fits}) firsts WHERE firsts.place = 1))"""


async def more_nights(
    tx: Tx, terms: Terms, series_ids: Sequence[str], *, now_us: int, dialect: str
) -> dict[str, tuple[int, list[OtherNight]]]:
    """The nights that fit after the first, of each of some series, at least one: their number, and the next of them.
    Leaves out series without any."""
    query = fitting(terms, now_us, dialect)
    query.conditions.append(f"s.series_id <> '' AND s.series_id IN ({', '.join(map(query.given, series_ids))})")
    rows = await tx.all(
        f"""SELECT n.series_id, n.many, n.event_id, e.starts_local, n.starts_us, n.sold_out FROM (
                SELECT s.series_id, s.event_id, s.starts_us, s.sold_out,
                    row_number() OVER (PARTITION BY s.series_id ORDER BY s.starts_us, s.event_id) AS place,
                    count(*) OVER (PARTITION BY s.series_id) AS many
                FROM search_entry s WHERE {query.where()}
            ) n JOIN event e ON e.event_id = n.event_id WHERE n.place BETWEEN 2 AND {1 + NIGHTS_TOLD}
            ORDER BY n.series_id, n.place""",
        *query.args,
    )
    found: dict[str, tuple[int, list[OtherNight]]] = {}
    for series_id, many, *night in rows:
        event_id, starts_local, starts_us, sold_out = night
        found.setdefault(series_id, (many - 1, []))[1].append(
            OtherNight(event_id, starts_local, starts_us, bool(sold_out))
        )
    return found


def scored(query: Query, terms: Terms) -> str:
    """How well a title fits, in SQL: two for each whole word that it has, one for each beginning of a word."""
    if not terms.by_relevance or not terms.words:
        return "0"
    parts = [
        f"CASE WHEN s.title NOT LIKE {query.given(f'% {word}%')} THEN 0"
        f" WHEN s.title LIKE {query.given(f'% {word} %')} THEN 2 ELSE 1 END"
        for word in terms.words
    ]
    return " + ".join(parts)


def fitting(terms: Terms, now_us: int, dialect: str) -> Query:
    """The condition that an entry s fits."""
    query, from_us = Query(), max(terms.from_us, now_us)
    query.narrow("s.starts_us >= {} AND s.ends_us > {}", from_us - MONTH_US, from_us)
    if terms.words:
        form, joint = QUERIES[dialect]
        query.narrow(f"s.n IN ({MATCHES[dialect]})".replace("{query}", "{}"), joint.join(map(form.format, terms.words)))
    if terms.until_us:
        query.narrow("s.starts_us < {}", terms.until_us)
    if terms.city_folded:
        query.narrow("s.city_folded = {}", terms.city_folded)
    if terms.kind:
        query.narrow("s.kind = {}", terms.kind)
    if terms.online_only:
        query.conditions.append("s.online = 1")
    if terms.available_only:
        query.narrow("s.sold_out = 0 AND s.sales_end_us > {}", now_us)
    if terms.free_only:
        query.conditions.append("s.dearest_minor = 0")
    if terms.currency:
        _narrow_prices(query, terms)
    return query


def _narrow_prices(query: Query, terms: Terms) -> None:
    """Asks for a ticket type within the prices. The range of an entry's prices leaves out most others without a look at
    their types."""
    least, most = terms.price_min_minor, terms.price_max_minor
    query.narrow("s.currency = {} AND s.dearest_minor >= {}", terms.currency, least)
    if most >= 0:
        query.narrow("s.cheapest_minor <= {}", most)
        query.narrow(
            """EXISTS (SELECT 1 FROM ticket_type t WHERE t.event_id = s.event_id
               AND (t.price_minor >= {} AND t.price_minor <= {} OR t.lots <> '[]'))""",
            least,
            most,
        )
