"""Parses a database URL: the server, and the two options that are ours."""

import re
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

POOL_MAX = 8
SCHEMES = ("postgresql", "postgres")
PLACE = re.compile(r"\{[^}]*\}")


def options(url: str) -> tuple[str, bool, int]:
    """Splits a URL into the driver's URL, whether to prepare statements (?prepare=on|off), and the largest size of the
    pool (?pool=N). Raises ValueError if the URL is malformed."""
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
