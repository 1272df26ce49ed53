"""Watches that go on by themselves after their connection ended."""

import asyncio
import secrets
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable
from typing import TypeVar

from google.protobuf.message import Message

from eventhub.refusal import Refusal
from eventhub.refusals import Draining, Overloaded, TooManyRequests, Unavailable

# A stream that ended for one of these goes on from the last revision that was seen.
PASSING = (Draining, Unavailable, Overloaded, TooManyRequests)
# From a tenth of a second to six and a half.
FIRST_WAIT_S, DOUBLINGS_MAX = 0.1, 6
REVISION, START = "revision", "start_revision"

Asked = TypeVar("Asked", bound=Message)
Answered = TypeVar("Answered", bound=Message)
# A stub's method that answers a stream.
Watch = Callable[[Asked], AsyncIterable[Answered]]


def wait_s(tries: int, refused: Refusal, share: float) -> float:
    """How long to wait before the next try. tries: how many have brought nothing in a row, from 1 on. share: between 0
    and 1, by chance, so that the watchers of a server that went down do not all come back at one moment."""
    if refused.retry_after_s is not None:
        return refused.retry_after_s
    doubled: float = FIRST_WAIT_S * 2 ** min(tries - 1, DOUBLINGS_MAX)
    return doubled * (0.5 + share)


def chance() -> float:
    """A number between 0 and 1."""
    return secrets.randbelow(1_000) / 1_000


async def resumed(
    call: Watch[Asked, Answered],
    request: Asked,
    *,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    share: Callable[[], float] = chance,
) -> AsyncIterator[Answered]:
    """The answers of a watch. When its stream breaks off, another one begins after the last revision seen. Ends when
    the server ends the stream. Raises every refusal that another try would meet again. sleep, share: for tests."""
    asked, tries = type(request).FromString(request.SerializeToString()), 0
    while True:
        try:
            async for answer in call(asked):
                tries = 0
                remember(answer, asked)
                yield answer
        except PASSING as refused:
            tries += 1
            await sleep(wait_s(tries, refused, share()))
        else:
            return


def remember(answer: Message, asked: Message) -> None:
    """Notes in the next request how far an answer has come. Watches whose every answer is a whole picture have no
    revision, and begin anew."""
    seen = answer.DESCRIPTOR.fields_by_name.get(REVISION)
    if seen is not None and answer.HasField(REVISION) and START in asked.DESCRIPTOR.fields_by_name:
        getattr(asked, START).CopyFrom(getattr(answer, REVISION))
