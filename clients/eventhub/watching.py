"""Watches that reconnect by themselves after their connection breaks."""

import asyncio
import secrets
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable
from typing import TypeVar

from google.protobuf.message import Message

from eventhub.refusal import Refusal, TransientRefusal
from eventhub.refusals import DeadlinePassed

# Waits double from 0.1 to 6.4 seconds.
FIRST_WAIT_S, DOUBLINGS_MAX = 0.1, 6
REVISION, START = "revision", "start_revision"

Asked = TypeVar("Asked", bound=Message)
Answered = TypeVar("Answered", bound=Message)
# A stub's method that returns a stream.
Watch = Callable[[Asked], AsyncIterable[Answered]]


def wait_s(tries: int, refused: Refusal, share: float) -> float:
    """Returns the seconds to wait before the next try. tries: consecutive tries without an answer, from 1. share: a
    random number from 0 to 1, so that the watchers of a stopped server do not all reconnect at once."""
    if refused.retry_after_s is not None:
        return refused.retry_after_s
    doubled: float = FIRST_WAIT_S * 2 ** min(tries - 1, DOUBLINGS_MAX)
    return doubled * (0.5 + share)


def chance() -> float:
    """Returns a random number from 0 up to, but not including, 1."""
    return secrets.randbelow(1_000) / 1_000


async def resumed(
    call: Watch[Asked, Answered],
    request: Asked,
    *,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    share: Callable[[], float] = chance,
) -> AsyncIterator[Answered]:
    """Yields the answers of a watch. When its stream breaks off, it starts another after the last revision seen. Ends
    when the server ends the stream. Raises DeadlinePassed, and all refusals that are not transient. sleep, share:
    replaced in tests."""
    asked, tries = type(request).FromString(request.SerializeToString()), 0
    while True:
        try:
            async for answer in call(asked):
                tries = 0
                remember(answer, asked)
                yield answer
        except DeadlinePassed:
            raise  # a watch has no deadline of its own, so its caller has set one
        except TransientRefusal as refused:
            tries += 1
            await sleep(wait_s(tries, refused, share()))
        else:
            return


def remember(answer: Message, asked: Message) -> None:
    """Copies an answer's revision into the next request. Some watches send complete snapshots without revisions; those
    start again from the beginning."""
    seen = answer.DESCRIPTOR.fields_by_name.get(REVISION)
    if seen is not None and answer.HasField(REVISION) and START in asked.DESCRIPTOR.fields_by_name:
        getattr(asked, START).CopyFrom(getattr(answer, REVISION))
