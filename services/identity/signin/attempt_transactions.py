"""identity's reads and writes that count attempts: wrong passwords, secrets and codes, and requests for codes."""

from collections.abc import Iterable
from dataclasses import replace

from services.identity.signin import store
from services.identity.signin.limits import Counter, Visitor, Way
from services.kit.db import Tx


async def with_trust(tx: Tx, visitor: Visitor, email: str) -> Visitor:
    """A visitor with the trust that their token earns for an e-mail address."""
    return (
        replace(visitor, trust=await store.find_trust(tx, visitor.subject_id, email)) if visitor.subject_id else visitor
    )


async def is_full(tx: Tx, counter: Counter, now_us: int) -> bool:
    """Whether a counter has no room for one more."""
    return counter.limit.full(await store.find_attempts(tx, counter, now_us), now_us)


async def find_open_way(tx: Tx, ways: Iterable[Way], now_us: int) -> Way | None:
    """The first way whose counters all have room; None if there is none."""
    for way in ways:
        if not any([await is_full(tx, counter, now_us) for counter in way]):
            return way
    return None


async def check(tx: Tx, *counters: Counter, now_us: int) -> None:
    """Raises TooManyRequests if one of the counters has no room."""
    for counter in counters:
        counter.limit.check(await store.find_attempts(tx, counter, now_us), now_us)


async def add(tx: Tx, attempt_id: str, *counters: Counter, now_us: int) -> None:
    """Adds an attempt to each counter."""
    for counter in counters:
        await store.add_attempt(tx, attempt_id, counter, now_us)


async def count(tx: Tx, attempt_id: str, *counters: Counter, right: bool, now_us: int) -> None:
    """Counts a wrong try, or clears the visitor's own counter after a right one. counters: the visitor's own first.

    Raises TooManyRequests if other callers have used up the tries since the check. A right try is then refused too, so
    guessing in parallel gains nothing.
    """
    await store.serialize_on(tx, *(counter.name for counter in counters), now_us=now_us)
    await check(tx, *counters, now_us=now_us)
    if right:
        await store.clear_attempts(tx, counters[0])
    else:
        await add(tx, attempt_id, *counters, now_us=now_us)
