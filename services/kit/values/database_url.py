"""What a database URL says: where PostgreSQL is, and how it is talked to."""

import re
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

POOL_MAX = 8
SCHEMES = ("postgresql", "postgres")
PLACE = re.compile(r"\{[^}]*\}")


def options(url: str) -> tuple[str, bool, int]:
    """A URL for the driver, whether statements are prepared, and how large the pool may become. Raises ValueError."""
    parts = urlsplit(url)
    if parts.scheme not in SCHEMES:
        raise ValueError(f"a database URL begins with postgresql://, not with {parts.scheme or 'nothing'}://")
    if parts.port == 0:
        raise ValueError("a database URL has a port from 1 to 65535")
    odd = [place for place in PLACE.findall(url) if place != "{context}"]
    if odd:
        raise ValueError(f"a database URL has {{context}} for the name of the database, not {odd[0]}")
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    prepare, pool = query.pop("prepare", "on"), query.pop("pool", str(POOL_MAX))
    if prepare not in ("on", "off") or not pool.isdigit() or int(pool) < 1:
        raise ValueError("a database URL takes prepare=on or off, and pool=1 or more")
    return urlunsplit(parts._replace(query=urlencode(query))), prepare == "on", int(pool)
