"""Another context's answers are cached for a few seconds, and never longer."""

import pytest

from eventhub.refusals import EventNotFound
from services.kit.work.ttl_cache import GOOD_US, TtlCache
from tests.fakes.clock import FakeClock


class Neighbour:
    """Answers with the number of questions so far."""

    def __init__(self) -> None:
        self.asked = 0
        self.knows = True

    async def ask(self, key: str) -> str:
        self.asked += 1
        if not self.knows:
            raise EventNotFound
        return f"{key} {self.asked}"


async def test_it_asks_once_in_five_seconds() -> None:
    clock, neighbour = FakeClock(), Neighbour()
    known = TtlCache(clock, neighbour.ask)

    assert await known.get("a") == "a 1"
    clock.advance(GOOD_US / 1_000_000 - 0.001)
    assert await known.get("a") == "a 1"
    clock.advance(0.001)
    assert await known.get("a") == "a 2"


async def test_it_asks_again_if_the_answer_is_too_old() -> None:
    clock, neighbour = FakeClock(), Neighbour()
    known = TtlCache(clock, neighbour.ask)
    first_us = clock.now_us()
    await known.get("a")

    assert await known.get("a", since_us=first_us) == "a 1"
    clock.advance(1)
    assert await known.get("a", since_us=first_us + 1) == "a 2"


async def test_it_drops_the_least_recently_used_and_errors() -> None:
    clock, neighbour = FakeClock(), Neighbour()
    known = TtlCache(clock, neighbour.ask, kept_max=2)
    for key in ("a", "b", "a", "c"):
        await known.get(key)
    assert neighbour.asked == 3

    assert await known.get("a") == "a 1"
    assert await known.get("b") == "b 4"
    neighbour.knows = False
    clock.advance(10)
    with pytest.raises(EventNotFound):
        await known.get("a")
    neighbour.knows = True
    assert await known.get("a") == "a 6"
