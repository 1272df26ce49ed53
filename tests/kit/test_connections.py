"""Connections are closed at a certain age, and no call is lost."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import grpc
import pytest

from eventhub import channel as client
from eventhub.identity.v1.identity_service_pb2 import GetProfileRequest, GetProfileResponse
from eventhub.orders.v1.orders_service_pb2 import WatchOrderRequest, WatchOrderResponse
from eventhub.refusals import Unavailable
from services.kit.rpc import remote, server, tokens
from services.kit.rpc.call import Call
from services.kit.values.config import Settings
from tests.kit.peer import ANA, IDENTITY, bearer
from tests.stage import PATIENCE_S, Stage

OPTIONS = dict(server.OPTIONS)


class Quiet:
    """Answers calls at once; a watch sends one message and then none."""

    async def GetProfile(self, request: GetProfileRequest, call: Call) -> GetProfileResponse:
        return GetProfileResponse(name="Ana")

    async def WatchOrder(self, request: WatchOrderRequest, call: Call) -> AsyncIterator[WatchOrderResponse]:
        yield WatchOrderResponse()
        await asyncio.Event().wait()


async def serve(stage: Stage, *, age_s: float, grace_s: float) -> None:
    settings = stage.platform.runtime.settings
    stage.platform.runtime.settings = replace(settings, connection_age_s=age_s, connection_grace_s=grace_s)
    stage.script("identity", IdentityService=Quiet())
    stage.script("orders", OrdersService=Quiet())
    await stage.start()


async def test_an_old_connection_is_replaced_and_no_call_is_lost(stage: Stage) -> None:
    await serve(stage, age_s=0.3, grace_s=5.0)
    token, states = bearer(stage.token(ANA)), set()

    async with grpc.aio.insecure_channel(f"127.0.0.1:{stage.platform.port}") as wire, asyncio.timeout(PATIENCE_S):
        ask: grpc.aio.UnaryUnaryMultiCallable[bytes, bytes] = wire.unary_unary(IDENTITY + "GetProfile")
        while grpc.ChannelConnectivity.IDLE not in states:  # between the old connection and the next
            assert await ask(b"", metadata=token)
            states.add(wire.get_state())
            await asyncio.sleep(0)
        assert await ask(b"", metadata=token)


async def test_a_watch_that_outlives_the_grace_is_ended_and_can_be_opened_again(stage: Stage) -> None:
    await serve(stage, age_s=0.2, grace_s=0.2)
    buyer = stage.buyer()

    for _ in range(2):
        watch: Any = buyer.orders.WatchOrder(WatchOrderRequest(order_id=f"ord_{1:026d}"))
        assert await anext(watch) == WatchOrderResponse()
        with pytest.raises(Unavailable):
            await anext(watch)


def test_by_default_no_watch_is_cut_off_before_its_token_ends() -> None:
    assert Settings().connection_grace_s > tokens.LIFETIME_S + tokens.LEEWAY_S
    assert Settings().connection_age_s >= 60


def test_our_clients_never_ping_more_often_than_our_servers_bear() -> None:
    theirs = dict(client.OPTIONS)

    for ours in (theirs, remote.KEEPALIVE):
        assert ours["grpc.keepalive_time_ms"] >= 2 * OPTIONS["grpc.http2.min_ping_interval_without_data_ms"]
        assert ours["grpc.keepalive_time_ms"] > ours["grpc.keepalive_timeout_ms"]


@pytest.mark.parametrize(
    "name", sorted({*OPTIONS, *dict(client.OPTIONS), *remote.KEEPALIVE, *dict(server.aging(1, 1))})
)
def test_every_option_is_one_that_grpc_knows(name: str) -> None:
    """gRPC accepts options of any name and ignores unknown ones, so a misspelt one would have no effect."""
    core = find_spec("grpc._cython.cygrpc")
    assert core is not None
    assert core.origin is not None
    assert name.encode() in Path(core.origin).read_bytes()
