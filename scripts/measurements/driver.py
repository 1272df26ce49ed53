"""The load generator: calls in a closed loop, which waits for answers, or in an open one, which keeps to a schedule."""

import asyncio
import itertools
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import grpc
from google.protobuf.message import Message

from eventhub.channel import deadline_s, refusal
from eventhub.refusal import Refusal, TransientRefusal
from scripts.measurements.figures import percentile

T = TypeVar("T")
Answer = TypeVar("Answer", bound=Message)
Ask = Callable[[], Awaitable[object]]
Headers = tuple[tuple[str, str], ...]

AT_ONCE = 48
TURN_S = 0.002
TRIES_MAX = 40
RETRY_S = 0.25
PAUSE_S = 0.05
DETAILS = "grpc-status-details-bin"
# Statuses of an overloaded server.
OF_THE_MOMENT = (
    grpc.StatusCode.RESOURCE_EXHAUSTED,
    grpc.StatusCode.DEADLINE_EXCEEDED,
    grpc.StatusCode.UNAVAILABLE,
)


@dataclass(slots=True)
class Tally:
    """Outcomes of calls. waits_s: how long each answered call took. by_code: how many others ended with each code.
    retry_told: how many of those said when to try again. seconds: how long the whole loop took."""

    waits_s: list[float] = field(default_factory=list)
    by_code: dict[str, int] = field(default_factory=dict)
    retry_told: int = 0
    seconds: float = 0.0

    def asked(self) -> int:
        """Counts all calls, answered or not."""
        return len(self.waits_s) + sum(self.by_code.values())

    def share(self) -> float:
        """Returns the share of calls that were answered, from 0 to 1."""
        return len(self.waits_s) / max(self.asked(), 1)

    def rate(self) -> float:
        """Returns the answers a second."""
        return len(self.waits_s) / self.seconds

    def p50_ms(self) -> float:
        """Returns the median of the answered calls' times."""
        return percentile(self.waits_s, 0.5) * 1000

    def p99_ms(self) -> float:
        """Returns the 99th percentile of the answered calls' times."""
        return percentile(self.waits_s, 0.99) * 1000

    def figures(self) -> dict[str, float]:
        """Returns the figures that each measurement has. share: of the calls that were answered."""
        return {"rate": self.rate(), "p50_ms": self.p50_ms(), "p99_ms": self.p99_ms(), "share": self.share()}


class Wires:
    """Calls methods over several connections in turn, and keeps the last answer of each method for the yardstick."""

    def __init__(self, channels: Sequence[grpc.aio.Channel]) -> None:
        """channels: to one server, each with a connection of its own."""
        self._channels = itertools.cycle(channels)
        self._count = len(channels)
        self._methods: dict[str, Any] = {}
        self.answers: dict[str, bytes] = {}

    def start(self, path: str, request: bytes, headers: Headers, timeout_s: float | None) -> Any:
        """Starts a call of bytes. Its answer is not kept."""
        if path not in self._methods:
            calls: list[Any] = [next(self._channels).unary_unary(path) for _ in range(self._count)]
            self._methods[path] = itertools.cycle(calls)
        return next(self._methods[path])(request, timeout=timeout_s, metadata=headers)

    async def call(self, path: str, request: Message, kind: type[Answer], headers: Headers) -> Answer:
        """Returns the answer of a call. Raises a Refusal."""
        try:
            answer: bytes = await self.start(path, request.SerializeToString(), headers, deadline_s(path))
        except grpc.aio.AioRpcError as error:
            raise refusal(error, path) from error
        self.answers[path] = answer
        return kind.FromString(answer)


async def patiently(call: Callable[[], Awaitable[T]]) -> T:
    """Returns a call's answer, and repeats the call when the server says that it may succeed later."""
    for _ in range(TRIES_MAX):
        try:
            return await call()
        except TransientRefusal as refused:
            await asyncio.sleep(refused.retry_after_s or RETRY_S)
    return await call()


async def counted(call: Awaitable[object], tally: Tally, answers: tuple[grpc.StatusCode, ...] = ()) -> None:
    """Waits for a call and counts its outcome. answers: error codes that count as answers."""
    started = time.monotonic()
    try:
        await call
    except grpc.aio.AioRpcError as error:
        if error.code() not in answers:
            count_refusal(tally, error.code().name, told=tells_when(error))
            return
    except Refusal as refused:
        count_refusal(tally, refused.reason, told=refused.retry_after_s is not None)
        return
    tally.waits_s.append(time.monotonic() - started)


def count_refusal(tally: Tally, name: str, *, told: bool) -> None:
    """Counts a call that was not answered. told: whether it says when to try again."""
    tally.by_code[name] = tally.by_code.get(name, 0) + 1
    tally.retry_told += told


def tells_when(error: grpc.aio.AioRpcError) -> bool:
    """Tells whether a refusal has RetryInfo, without parsing it: an overloaded driver has no time for that."""
    details = dict(error.trailing_metadata() or ()).get(DETAILS, b"")
    return isinstance(details, bytes) and b"google.rpc.RetryInfo" in details


async def closed_loop(ask: Ask, seconds: float, at_once: int = AT_ONCE) -> Tally:
    """Keeps at_once calls under way for some seconds. A call that an overloaded server refuses is counted, and its
    caller pauses. Another error ends the loop."""
    tally = Tally()
    started = time.monotonic()

    async def one() -> None:
        while (asked := time.monotonic()) - started < seconds:
            try:
                await ask()
            except grpc.aio.AioRpcError as error:
                if error.code() not in OF_THE_MOMENT:
                    raise
                count_refusal(tally, error.code().name, told=tells_when(error))
                await asyncio.sleep(PAUSE_S)
            else:
                tally.waits_s.append(time.monotonic() - asked)

    await asyncio.gather(*(one() for _ in range(at_once)))
    tally.seconds = time.monotonic() - started
    return tally


async def rate(ask: Ask, seconds: float, at_once: int = AT_ONCE) -> float:
    """Measures answers a second while at_once calls are always under way."""
    return (await closed_loop(ask, seconds, at_once)).rate()


async def open_loop(ask: Ask, a_second: float, seconds: float, answers: tuple[Any, ...] = ()) -> Tally:
    """Starts a_second calls a second for some seconds, regardless of earlier answers, then waits for all of them."""
    tally, under_way, asked = Tally(), set(), 0
    started = time.monotonic()
    while (passed := time.monotonic() - started) < seconds:
        for _ in range(int(passed * a_second) - asked):
            asked += 1
            one = asyncio.create_task(counted(ask(), tally, answers))
            under_way.add(one)
            one.add_done_callback(under_way.discard)
        await asyncio.sleep(TURN_S)
    await asyncio.gather(*under_way)
    tally.seconds = time.monotonic() - started
    return tally
