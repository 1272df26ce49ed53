"""Keeps other contexts' answers for a few seconds, and asks for each only once however many callers want it.

Callers that want the same missing key at once share one question. It runs in a task of its own, so it goes on if one of
them is cancelled or its deadline passes, and it ends after QUESTION_MAX_S. If it fails, all callers that wait for it
get the failure, and the next caller asks anew.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from eventhub.refusals import DeadlinePassed, Unavailable
from services.kit.values.batches import batches
from services.kit.values.clock import SECOND_US, Clock
from services.kit.work.cache import Cache
from services.kit.work.runner import detached

V = TypeVar("V")

FRESH_S = 5.0
KEPT_MAX = 1_000
# The calls of a question have deadlines of their own, most of them shorter.
QUESTION_MAX_S = 10.0


@dataclass(frozen=True, slots=True, eq=False)
class Question(Generic[V]):
    """A question under way. asked_us: when it was asked."""

    asked_us: int
    task: asyncio.Task[Mapping[str, V]]


class Answers(Generic[V]):
    """Another context's answers by key."""

    def __init__(
        self,
        clock: Clock,
        ask: Callable[[list[str]], Awaitable[Mapping[str, V]]],
        *,
        keys_max: int = 1,
        fresh_s: float = FRESH_S,
        kept_max: int = KEPT_MAX,
    ) -> None:
        """ask: asks the other context for some keys. Its result leaves out the keys that the other context does not
        know; they are not kept.
        keys_max: number of keys in one question.
        fresh_s: how long an answer is fresh, in seconds.
        kept_max: number of answers to keep.
        """
        self._clock = clock
        self._ask = ask
        self._keys_max = keys_max
        self._fresh_us = int(fresh_s * SECOND_US)
        self._kept: Cache[str, V] = Cache(kept_max)
        self._under_way: dict[str, Question[V]] = {}

    async def get(self, key: str, *, since_us: int = 0) -> V | None:
        """A fresh answer for one key, as find()."""
        return (await self.find([key], since_us=since_us)).get(key)

    async def find(self, keys: Iterable[str], *, since_us: int = 0) -> dict[str, V]:
        """Fresh answers for some keys, in the order of the keys, without those that the other context does not know.
        Raises what ask raises, and DeadlinePassed after QUESTION_MAX_S.

        since_us: an answer to an earlier question is not used, in microseconds.
        """
        wanted = sorted(set(keys))
        since_us = max(since_us, self._clock.now_us() - self._fresh_us + 1)
        found = {key: kept for key in wanted if (kept := self._kept.get(key, since_us=since_us)) is not None}
        missing = [key for key in wanted if key not in found]
        if not missing:
            return found
        questions = self._questions(missing, since_us)
        await asyncio.wait([question.task for question in questions])
        for question in questions:
            found.update(answer_to(question))
        return {key: found[key] for key in wanted if key in found}

    def latest(self, key: str) -> V | None:
        """The kept answer for a key, however old; None if there is none."""
        return self._kept.get(key)

    def keep(self, key: str, answer: V, *, fresh_s: float) -> None:
        """Keeps an answer that was not asked for. fresh_s: how long it is fresh, in seconds."""
        self._kept.put(key, answer, at_us=self._clock.now_us() - self._fresh_us + int(fresh_s * SECOND_US))

    def _questions(self, keys: list[str], since_us: int) -> list[Question[V]]:
        """The questions that answer some keys: those under way, and new ones for the other keys."""
        joined = {key: self._under_way[key] for key in keys if key in self._under_way}
        joined = {key: question for key, question in joined.items() if question.asked_us >= since_us}
        new = [self._begin(some) for some in batches([key for key in keys if key not in joined], self._keys_max)]
        return [*dict.fromkeys(joined.values()), *new]

    def _begin(self, keys: list[str]) -> Question[V]:
        # The age counts from before the question, so an answer is never older than promised.
        asked_us = self._clock.now_us()
        # The task gets its own context, because it outlives the deadline of the caller that begins it.
        task = asyncio.create_task(self._answer(keys, asked_us), name=f"ask for {keys[0]}", context=detached())
        question = Question(asked_us, task)
        self._under_way.update(dict.fromkeys(keys, question))
        task.add_done_callback(lambda _: self._end(keys, question))
        return question

    async def _answer(self, keys: list[str], asked_us: int) -> Mapping[str, V]:
        try:
            async with asyncio.timeout(QUESTION_MAX_S):
                answer = await self._ask(keys)
        except TimeoutError:
            raise DeadlinePassed from None
        for key, value in answer.items():
            if self._kept.get(key, since_us=asked_us) is None:  # a later question may have been answered first
                self._kept.put(key, value, at_us=asked_us)
        return answer

    def _end(self, keys: list[str], question: Question[V]) -> None:
        for key in keys:
            if self._under_way.get(key) is question:
                del self._under_way[key]
        if not question.task.cancelled():
            question.task.exception()  # asyncio reports a failure that no caller has seen, and all may have left


def answer_to(question: Question[V]) -> Mapping[str, V]:
    """The answer to a question that has ended. Raises its failure, Unavailable if the process has cancelled it."""
    if question.task.cancelled():
        raise Unavailable(retry_after_s=0.0)
    return question.task.result()
