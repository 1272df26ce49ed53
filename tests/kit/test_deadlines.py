"""Deadlines: each call has one, it shrinks from hop to hop, and an error names the context that was late."""

import itertools
from collections.abc import Awaitable, Callable

import grpc
import pytest

from eventhub import contract
from eventhub.refusals import DeadlinePassed
from services.kit.db.database import Suspended, inside
from services.kit.rpc import call
from services.kit.rpc.call import ANYONE, RETURN_OVERHEAD_S, WORK_MIN_S, Call, current, onward, rounded_down
from tests.fakes.clock import FakeClock
from tests.kit.chain import CHECKOUT, EVENTS, QUOTE, REQUEST, Chain, for_ever
from tests.stage import Stage

RPCS = contract.by_path()
# gRPC counts a client's deadline in whole milliseconds, rounded up.
WIRE_S = 0.001


async def test_each_hop_has_at_least_20_ms_less(stage: Stage) -> None:
    chain = Chain(stage)
    await stage.start()

    await stage.buyer().orders.Checkout(REQUEST, timeout=0.9)

    assert [call.method.path for call in chain.calls] == [CHECKOUT, QUOTE, EVENTS]
    left = [call.remaining_s() or 0.0 for call in chain.calls]
    assert 0.5 < left[-1] < left[0] <= 0.9 + WIRE_S
    assert all(before - after >= RETURN_OVERHEAD_S - 1e-9 for before, after in itertools.pairwise(left)), left


def spends(stage: Stage, seconds: float) -> Callable[[], Awaitable[None]]:
    async def spend() -> None:
        stage.clock.pass_unseen(seconds)

    return spend


@pytest.mark.parametrize(
    ("context", "late", "reached"),
    [("orders", CHECKOUT, [CHECKOUT]), ("pricing", QUOTE, [CHECKOUT, QUOTE])],
)
async def test_a_context_that_used_the_time_up_makes_no_call_and_is_named(
    stage: Stage, context: str, late: str, reached: list[str]
) -> None:
    chain = Chain(stage, **{context: spends(stage, 4.99)})
    await stage.start()

    with pytest.raises(DeadlinePassed) as passed:
        await stage.buyer().orders.Checkout(REQUEST, timeout=5.0)

    assert passed.value.facts["method"] == late
    assert [call.method.path for call in chain.calls] == reached


async def test_the_context_that_does_not_answer_is_named_however_far_on(stage: Stage) -> None:
    Chain(stage, catalog=for_ever).patience_s = 0.05
    await stage.start()

    with pytest.raises(DeadlinePassed) as passed:
        await stage.buyer().orders.Checkout(REQUEST)

    assert passed.value.facts["method"] == EVENTS


async def test_a_server_that_says_nothing_is_named_by_the_client(stage: Stage) -> None:
    Chain(stage, orders=for_ever)
    await stage.start()

    with pytest.raises(DeadlinePassed) as passed:
        await stage.buyer().orders.Checkout(REQUEST, timeout=0.2)

    assert passed.value.facts["method"] == CHECKOUT


async def test_with_hardly_any_time_left_a_call_does_not_begin(stage: Stage) -> None:
    chain = Chain(stage)
    await stage.start()

    with pytest.raises(DeadlinePassed) as passed:
        await stage.platform.mesh.wrapper.around(RPCS[EVENTS], "", WORK_MIN_S / 2, "").__aenter__()

    assert passed.value.facts["method"] == EVENTS
    assert not chain.calls


def test_without_anything_being_served_a_call_has_its_class() -> None:
    assert {path: onward(rpc, None).timeout_s for path, rpc in RPCS.items()} == {
        path: rpc.deadline_s for path, rpc in RPCS.items()
    }


@pytest.mark.parametrize(("asked", "given"), [(1e9, 10.0), (3.0, 3.0), (None, 10.0)])
def test_no_call_gets_more_than_its_class(asked: float | None, given: float) -> None:
    assert onward(RPCS[CHECKOUT], asked).timeout_s == given


def test_the_call_being_served_bounds_the_calls_made_for_it() -> None:
    serving = Call(
        method=RPCS[CHECKOUT],
        caller=ANYONE,
        request_id="req_1",
        deadline=1.0,
        clock=FakeClock(),
        draining=lambda: False,
        trace="t",
    )
    outer = current.set(serving)
    try:
        taken = onward(RPCS[QUOTE], None)
    finally:
        current.reset(outer)

    assert taken == call.Onward("req_1", "t", rounded_down(1.0 - RETURN_OVERHEAD_S))


@pytest.mark.parametrize("timeout_s", [0.5, 0.99999, 1.0, 2.98, 3.3337, 9.9999, 12.34, 99.98, 150.2])
async def test_a_timeout_that_is_rounded_down_never_arrives_longer(timeout_s: float) -> None:
    arrived: list[float] = []

    async def remaining(_: bytes, context: grpc.aio.ServicerContext[bytes, bytes]) -> bytes:
        arrived.append(context.time_remaining() or 0.0)
        return b""

    server = grpc.aio.server()
    server.add_generic_rpc_handlers(
        (grpc.method_handlers_generic_handler("wire", {"Ask": grpc.unary_unary_rpc_method_handler(remaining)}),)
    )
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        ask: grpc.aio.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary("/wire/Ask")
        for _ in range(20):
            await ask(b"", timeout=rounded_down(timeout_s))
    await server.stop(None)

    assert max(arrived) <= timeout_s
    assert timeout_s - rounded_down(timeout_s) <= max(0.002, timeout_s / 99)


def test_a_transaction_makes_no_call() -> None:
    outer = inside.set(True)
    try:
        with pytest.raises(Suspended):
            onward(RPCS[QUOTE], None)
    finally:
        inside.reset(outer)
