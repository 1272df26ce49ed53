"""Retries: defined in one place, few, and bounded when all clients fail at once."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import grpc
import pytest
from google.protobuf.message import Message

from eventhub import contract, refusals
from eventhub.channel import Channel
from eventhub.contract import Kind, Method
from eventhub.refusal import Refusal

CONFIG = contract.service_config()
UNARY = [rpc for rpc in contract.by_path().values() if rpc.kind is Kind.UNARY]
REPEATABLE = [rpc for rpc in UNARY if rpc.repeatable]
BROWSE = contract.by_path()["/eventhub.catalog.v1.CatalogService/SearchEvents"]
ATTEMPTS_MAX = 4
# The number of failures that use up half of the ten tokens: from then on nothing is retried.
REPEATS_MAX = 5


class Failing(grpc.GenericRpcHandler):
    """Serves all methods and counts: fails a number of times with a code, then answers."""

    def __init__(self, code: grpc.StatusCode, times: float = float("inf")) -> None:
        self.attempts: Counter[str] = Counter()
        self._code = code
        self._times = times

    def service(self, call: grpc.HandlerCallDetails) -> "grpc.RpcMethodHandler[bytes, bytes]":
        async def serve(data: bytes, context: Any) -> bytes:
            self.attempts[call.method] += 1
            if self.attempts[call.method] <= self._times:
                await context.abort(self._code, "")
            return b""

        return grpc.unary_unary_rpc_method_handler(serve)


@asynccontextmanager
async def channel_to(failing: Failing) -> AsyncIterator[Channel]:
    server = grpc.aio.server()
    server.add_generic_rpc_handlers((failing,))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    async with Channel(f"127.0.0.1:{port}") as channel:
        yield channel
    await server.stop(0)


async def ask(channel: Channel, rpc: Method) -> Message:
    call = channel.unary_unary(
        rpc.path, request_serializer=rpc.request.SerializeToString, response_deserializer=rpc.response.FromString
    )
    answer: Message = await call(rpc.request())
    return answer


def test_a_failed_call_is_retried_only_if_that_does_no_harm_and_always_throttled() -> None:
    policies = {
        f"/{name['service']}/{name['method']}": entry["retryPolicy"]
        for entry in CONFIG["methodConfig"]
        if "retryPolicy" in entry
        for name in entry["name"]
    }

    assert set(policies) == {rpc.path for rpc in REPEATABLE}
    assert {tuple(policy["retryableStatusCodes"]) for policy in policies.values()} == {("UNAVAILABLE", "CANCELLED")}
    assert {policy["maxAttempts"] for policy in policies.values()} == {ATTEMPTS_MAX}
    assert CONFIG["retryThrottling"] == {"maxTokens": 10, "tokenRatio": 0.1}


@pytest.mark.parametrize("code", [grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED])
async def test_no_call_fails_if_the_server_is_back_soon(code: grpc.StatusCode) -> None:
    failing = Failing(code, times=2)
    async with channel_to(failing) as channel:
        await ask(channel, BROWSE)

    assert failing.attempts == {BROWSE.path: 3}


@pytest.mark.parametrize(
    ("code", "refused"),
    [
        (grpc.StatusCode.RESOURCE_EXHAUSTED, refusals.Overloaded),
        (grpc.StatusCode.DEADLINE_EXCEEDED, refusals.DeadlinePassed),
        (grpc.StatusCode.INTERNAL, refusals.Internal),
        (grpc.StatusCode.UNKNOWN, refusals.Internal),
    ],
)
async def test_nothing_else_is_asked_again(code: grpc.StatusCode, refused: type[Refusal]) -> None:
    failing = Failing(code)
    async with channel_to(failing) as channel:
        with pytest.raises(refused):
            await ask(channel, BROWSE)

    assert failing.attempts == {BROWSE.path: 1}


async def test_a_call_that_may_not_be_repeated_is_made_once() -> None:
    once = [rpc for rpc in UNARY if not rpc.repeatable]
    failing = Failing(grpc.StatusCode.UNAVAILABLE)
    async with channel_to(failing) as channel:
        for rpc in once:
            with pytest.raises(refusals.Unavailable):
                await ask(channel, rpc)

    assert failing.attempts == {rpc.path: 1 for rpc in once}


async def test_in_a_storm_retries_are_few_however_many_call() -> None:
    failing = Failing(grpc.StatusCode.UNAVAILABLE)
    async with channel_to(failing) as channel:
        for _ in range(3):
            calls = [ask(channel, rpc) for rpc in REPEATABLE]
            answers = await asyncio.gather(*calls, return_exceptions=True)
            assert {type(answer) for answer in answers} == {refusals.Unavailable}

    first = 3 * len(REPEATABLE)
    assert first <= failing.attempts.total() <= first + REPEATS_MAX
