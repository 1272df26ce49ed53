"""identity's writes about what is counted."""

from collections.abc import Iterable
from dataclasses import replace

from services.identity.door import store
from services.identity.door.limits import Counter, Visitor, Way
from services.kit.db import Tx


async def trusted(tx: Tx, visitor: Visitor, email: str) -> Visitor:
    """A visitor who comes with an address, trusted as far as their token fits it."""
    return replace(visitor, trust=await store.trust(tx, visitor.subject_id, email)) if visitor.subject_id else visitor


async def full(tx: Tx, counter: Counter, now_us: int) -> bool:
    """Whether a counter has no room for one more."""
    return counter.limit.full(await store.attempts(tx, counter, now_us), now_us)


async def open_way(tx: Tx, ways: Iterable[Way], now_us: int) -> Way | None:
    """The first of some ways that has room; None if all are full."""
    for way in ways:
        if not any([await full(tx, counter, now_us) for counter in way]):
            return way
    return None


async def check(tx: Tx, *counters: Counter, now_us: int) -> None:
    """Raises TooManyRequests if one of some counters has no room."""
    for counter in counters:
        counter.limit.check(await store.attempts(tx, counter, now_us), now_us)


async def note(tx: Tx, attempt_id: str, *counters: Counter, now_us: int) -> None:
    """Counts an attempt."""
    for counter in counters:
        await store.add_attempt(tx, attempt_id, counter, now_us)


async def note_try(tx: Tx, attempt_id: str, *counters: Counter, right: bool, now_us: int) -> None:
    """Notes a try: a wrong one counts, a right one clears the visitor's own count, which comes first. Raises
    TooManyRequests if others have used up the tries meanwhile: then a right one does not count either, so that guessing
    at once gains nothing."""
    await store.serialize_on(tx, *(counter.name for counter in counters), now_us=now_us)
    await check(tx, *counters, now_us=now_us)
    if right:
        await store.forget_attempts(tx, counters[0])
    else:
        await note(tx, attempt_id, *counters, now_us=now_us)
