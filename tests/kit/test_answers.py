"""Another context's answers are kept for a few seconds, never longer, and asked for once however many callers wait."""

import asyncio

import pytest

from eventhub.refusals import DeadlinePassed, EventNotFound, Unavailable
from services.kit.values.clock import SECOND_US
from services.kit.work import answers
from services.kit.work.answers import FRESH_S, Answers
from tests.fakes.clock import FakeClock
from tests.stage import until

CALLERS = 200


class Neighbour:
    """Answers with the number of questions so far, and knows no key that begins with "no". open: whether it answers
    now."""

    def __init__(self) -> None:
        self.asked: list[list[str]] = []
        self.refuses = False
        self.open = asyncio.Event()
        self.open.set()

    async def ask(self, keys: list[str]) -> dict[str, str]:
        self.asked.append(keys)
        answer = {key: f"{key} {len(self.asked)}" for key in keys if not key.startswith("no")}
        await self.open.wait()
        if self.refuses:
            raise EventNotFound
        return answer


async def waiting(
    known: "Answers[str]", neighbour: Neighbour, callers: int = CALLERS
) -> list["asyncio.Task[str | None]"]:
    """Callers of one key that all wait for the neighbour, which is closed."""
    neighbour.open.clear()
    tasks = [asyncio.create_task(known.get("a")) for _ in range(callers)]
    await until(lambda: neighbour.asked)
    return tasks


async def test_it_asks_once_in_five_seconds() -> None:
    clock, neighbour = FakeClock(), Neighbour()
    known = Answers(clock, neighbour.ask)

    assert await known.get("a") == "a 1"
    clock.advance(FRESH_S - 0.001)
    assert await known.get("a") == "a 1"
    clock.advance(0.001)
    assert await known.get("a") == "a 2"


async def test_it_asks_again_if_the_answer_is_too_old() -> None:
    clock, neighbour = FakeClock(), Neighbour()
    known = Answers(clock, neighbour.ask)
    first_us = clock.now_us()
    await known.get("a")

    assert await known.get("a", since_us=first_us) == "a 1"
    clock.advance(1)
    assert await known.get("a", since_us=first_us + 1) == "a 2"


async def test_it_drops_the_least_recently_used() -> None:
    neighbour = Neighbour()
    known = Answers(FakeClock(), neighbour.ask, kept_max=2)
    for key in ("a", "b", "a", "c"):
        await known.get(key)
    assert neighbour.asked == [["a"], ["b"], ["c"]]

    assert await known.get("a") == "a 1"
    assert await known.get("b") == "b 4"


async def test_neither_a_failure_nor_an_unknown_key_is_kept() -> None:
    clock, neighbour = FakeClock(), Neighbour()
    known = Answers(clock, neighbour.ask)
    await known.get("a")
    neighbour.refuses = True
    clock.advance(10)
    with pytest.raises(EventNotFound):
        await known.get("a")
    assert known.latest("a") == "a 1", "the older answer is still there for a caller that can use it"
    neighbour.refuses = False

    assert await known.get("a") == "a 3"
    assert [await known.get("none") for _ in range(2)] == [None, None]
    assert len(neighbour.asked) == 5


async def test_keys_are_asked_for_in_parts_and_only_the_missing_ones() -> None:
    neighbour = Neighbour()
    known = Answers(FakeClock(), neighbour.ask, keys_max=2)
    await known.get("b")

    assert await known.find(["d", "c", "b", "a", "none"]) == {"a": "a 2", "b": "b 1", "c": "c 2", "d": "d 3"}
    assert neighbour.asked == [["b"], ["a", "c"], ["d", "none"]]


async def test_an_answer_that_was_not_asked_for_is_kept_as_long_as_its_keeper_says() -> None:
    clock, neighbour = FakeClock(), Neighbour()
    known = Answers(clock, neighbour.ask)
    known.keep("a", "told", fresh_s=1.0)

    clock.advance(1 - 1 / SECOND_US)
    assert await known.get("a") == "told"
    clock.advance(1 / SECOND_US)
    assert await known.get("a") == "a 1"


async def test_many_callers_at_once_share_one_question() -> None:
    neighbour = Neighbour()
    known = Answers(FakeClock(), neighbour.ask)
    callers = await waiting(known, neighbour)

    neighbour.open.set()

    assert await asyncio.gather(*callers) == ["a 1"] * CALLERS
    assert neighbour.asked == [["a"]]


async def test_a_caller_of_several_keys_joins_the_questions_under_way() -> None:
    neighbour = Neighbour()
    known = Answers(FakeClock(), neighbour.ask, keys_max=10)
    (first,) = await waiting(known, neighbour, 1)
    second = asyncio.create_task(known.find(["a", "b"]))
    await until(lambda: len(neighbour.asked) == 2)

    neighbour.open.set()

    assert await second == {"a": "a 1", "b": "b 2"}
    assert await first == "a 1"
    assert neighbour.asked == [["a"], ["b"]]


async def test_a_failure_reaches_all_that_wait() -> None:
    neighbour = Neighbour()
    known = Answers(FakeClock(), neighbour.ask)
    callers = await waiting(known, neighbour)

    neighbour.refuses = True
    neighbour.open.set()
    ends = await asyncio.gather(*callers, return_exceptions=True)

    assert {type(end) for end in ends} == {EventNotFound}
    assert neighbour.asked == [["a"]]
    neighbour.refuses = False
    assert await known.get("a") == "a 2"


@pytest.mark.parametrize("gone", [0, CALLERS - 1])
async def test_a_caller_that_leaves_takes_the_answer_from_no_other(gone: int) -> None:
    neighbour = Neighbour()
    known = Answers(FakeClock(), neighbour.ask)
    callers = await waiting(known, neighbour)

    callers[gone].cancel()
    await asyncio.wait([callers[gone]])
    neighbour.open.set()
    ends = await asyncio.gather(*callers, return_exceptions=True)

    assert callers[gone].cancelled()
    assert ends.count("a 1") == CALLERS - 1
    assert neighbour.asked == [["a"]]


async def test_a_question_goes_on_after_all_callers_have_left() -> None:
    neighbour = Neighbour()
    known = Answers(FakeClock(), neighbour.ask)
    callers = await waiting(known, neighbour)
    for caller in callers:
        caller.cancel()
    await asyncio.wait(callers)

    neighbour.open.set()

    assert await known.get("a") == "a 1"
    assert neighbour.asked == [["a"]]


async def test_a_caller_that_needs_a_newer_answer_does_not_join_an_older_question() -> None:
    clock, neighbour = FakeClock(), Neighbour()
    known = Answers(clock, neighbour.ask)
    (older,) = await waiting(known, neighbour, 1)
    clock.advance(1)
    newer = asyncio.create_task(known.get("a", since_us=clock.now_us()))
    await until(lambda: len(neighbour.asked) == 2)

    neighbour.open.set()

    assert (await older, await newer) == ("a 1", "a 2")
    assert await known.get("a") == "a 2"


async def test_a_question_without_an_answer_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "QUESTION_MAX_S", 0.01)
    neighbour = Neighbour()
    callers = await waiting(Answers(FakeClock(), neighbour.ask), neighbour)

    ends = await asyncio.gather(*callers, return_exceptions=True)

    assert {type(end) for end in ends} == {DeadlinePassed}


async def test_a_question_that_the_process_cancels_does_not_look_like_the_callers_own_cancellation() -> None:
    neighbour = Neighbour()
    callers = await waiting(Answers(FakeClock(), neighbour.ask), neighbour)

    for task in asyncio.all_tasks():
        if task.get_name() == "ask for a":
            task.cancel()
    ends = await asyncio.gather(*callers, return_exceptions=True)

    assert {type(end) for end in ends} == {Unavailable}
