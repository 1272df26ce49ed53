"""The terms of a search in SQL. The words of the entries are a full-text index on SQLite, and a tsvector with a GIN
index on PostgreSQL."""

from collections.abc import Callable

from services.catalog.search.entry import MONTH_US, Terms

# Ticket types that buyers see; see ticket_types/showing.py.
SHOWN = "t.state = 'LIVE' AND t.hidden = 0 AND t.access_codes = ''"
# On PostgreSQL the index also has the beginnings of words up to this length, with a = before each.
BEGINNING_MAX = 3


class Query:
    """A condition in SQL with the values of its parameters."""

    def __init__(self) -> None:
        self.args: list[object] = []

    def given(self, value: object) -> str:
        """Adds a parameter and returns its mark."""
        self.args.append(value)
        return f"${len(self.args)}"

    def all_given(self, *values: object) -> str:
        """Adds parameters and returns their marks, with a comma between two."""
        return ", ".join(map(self.given, values))


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


def in_time(query: Query, terms: Terms, now_us: int) -> Callable[[str], str]:
    """The condition that an event is within the period of the terms and, if wanted, available. Returns a function from
    the name of its table in a statement to the condition."""
    from_us = max(terms.from_us, now_us)
    conditions = [f"@starts_us >= {query.given(from_us - MONTH_US)} AND @ends_us > {query.given(from_us)}"]
    if terms.until_us:
        conditions.append(f"@starts_us < {query.given(terms.until_us)}")
    if terms.available_only:
        conditions.append(f"@sold_out = 0 AND @sales_end_us > {query.given(now_us)}")
    condition = " AND ".join(conditions)
    return lambda table: condition.replace("@", f"{table}.")


def in_content(query: Query, terms: Terms, table: str, *, of: str, dialect: str) -> str:
    """The condition that an entry s fits in all but its times; empty if all do. table: that of the entries. of: the
    event whose ticket types the entry has, in SQL."""
    conditions = []
    if terms.words:
        conditions.append(has_words(query, terms.words, table, dialect))
    if terms.city_folded:
        conditions.append(f"s.city_folded = {query.given(terms.city_folded)}")
    if terms.kind:
        conditions.append(f"s.kind = {query.given(terms.kind)}")
    if terms.online_only:
        conditions.append("s.online = 1")
    if terms.free_only:
        conditions.append("s.dearest_minor = 0")
    if terms.currency:
        conditions.append(in_prices(query, terms, of))
    return " AND ".join(conditions)


def has_words(query: Query, words: tuple[str, ...], table: str, dialect: str) -> str:
    """The condition that an entry s has words that begin with all of these."""
    if dialect == "sqlite":
        wanted = query.given(" ".join(f'"{word}"*' for word in words))
        return f"s.n IN (SELECT rowid FROM {table}_words WHERE {table}_words MATCH {wanted})"
    # In a subquery, so that PostgreSQL plans for an unknown value: it would rather read all entries if it knew that
    # most of them fit, and unpack the words of each.
    wanted = query.given(" & ".join(f"'={word}'" if len(word) <= BEGINNING_MAX else f"'{word}':*" for word in words))
    return f"s.words @@ (SELECT CAST(CAST({wanted} AS TEXT) AS TSQUERY))"


def in_prices(query: Query, terms: Terms, of: str) -> str:
    """The condition that a ticket type of an entry s is within the prices. The range of the entry's prices answers for
    most entries; the types are read only if both of its ends lie outside."""
    least, most = query.given(terms.price_min_minor), terms.price_max_minor
    reach = f"s.currency = {query.given(terms.currency)} AND s.dearest_minor >= {least}"
    if most < 0:
        return reach
    limit = query.given(most)
    return f"""{reach} AND s.cheapest_minor <= {limit}
        AND (s.cheapest_minor >= {least} OR s.dearest_minor <= {limit} OR s.has_lots = 1
            OR (SELECT count(*) FROM ticket_type t WHERE t.event_id = {of} AND {SHOWN}
                AND t.price_minor >= {least} AND t.price_minor <= {limit}) > 0)"""
