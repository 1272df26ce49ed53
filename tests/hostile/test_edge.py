"""Attacks that gRPC's own server cannot stop, against a real Envoy with the limits in deploy/envoy.yaml."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import grpc
import pytest
import pytest_asyncio
from hyperframe.frame import ContinuationFrame, DataFrame, PingFrame, RstStreamFrame, SettingsFrame

from tests.hostile import edge
from tests.hostile.edge import GRPC
from tests.hostile.frames import Connection, connected, message
from tests.kit.peer import CODE, IDENTITY, Peer, open_peer
from tests.stage import Stage

pytestmark = pytest.mark.skipif(not edge.is_there(), reason="no Envoy for this kind of machine")

SEND_CODE = IDENTITY + "SendAccessCode"
OK, RESOURCE_EXHAUSTED = 0, 8


@pytest_asyncio.fixture
async def peer(stage: Stage) -> AsyncIterator[Peer]:
    hostile = await open_peer(stage)
    yield hostile
    await hostile.wire.close()


@pytest_asyncio.fixture
async def port(peer: Peer, tmp_path: Path) -> AsyncIterator[int]:
    async with edge.envoy(tmp_path, edge.config(), peer.stage.platform.port) as ports:
        yield ports[GRPC]


@pytest_asyncio.fixture
async def raw(port: int) -> AsyncIterator[Connection]:
    async with connected(port) as connection:
        yield connection


async def served(port: int) -> None:
    """Checks that other clients are served."""
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as wire:
        ask: grpc.aio.UnaryUnaryMultiCallable[bytes, bytes] = wire.unary_unary(SEND_CODE)
        assert await ask(CODE, timeout=5) == b""


async def closed(raw: Connection, patience_s: float = 10.0) -> None:
    """Checks that the connection is closed."""
    await raw.until(lambda: raw.closed or raw.goaway is not None, patience_s)


async def test_a_call_counts_for_the_address_that_envoy_saw_whatever_its_caller_says(peer: Peer, port: int) -> None:
    async with connected(port, address="127.0.0.9") as caller:
        caller.call(1, SEND_CODE, CODE, ("x-forwarded-for", "203.0.113.1"))
        assert await caller.status(1) == OK

    assert peer.identity.address == "127.0.0.9"


@pytest.mark.parametrize("kind", ["text/plain", "application/json", "application/grpc-web", "", "application/grpcx"])
async def test_other_content_types_are_not_served(peer: Peer, raw: Connection, kind: str) -> None:
    raw.send(raw.headers(1, SEND_CODE, content_type=kind), DataFrame(1, data=message(CODE), flags=["END_STREAM"]))

    await raw.until(lambda: 1 in raw.answers)
    assert raw.answers[1][":status"] in ("404", "415")
    assert peer.identity.served == 0


@pytest.mark.parametrize("kind", ["application/grpc", "application/grpc+proto", "application/grpc;charset=utf-8"])
async def test_other_names_of_grpc_are_served(raw: Connection, kind: str) -> None:
    raw.send(raw.headers(1, SEND_CODE, content_type=kind), DataFrame(1, data=message(CODE), flags=["END_STREAM"]))

    assert await raw.status(1) == OK


async def test_headers_that_never_end_have_five_seconds(port: int, raw: Connection) -> None:
    raw.send(raw.headers(1, SEND_CODE, flags=()))

    await raw.until(lambda: raw.closed or raw.goaway is not None or 1 in raw.resets or 1 in raw.answers)
    await served(port)


async def test_a_flood_of_continuations_is_cut_off(port: int, raw: Connection) -> None:
    raw.send(raw.headers(1, SEND_CODE, flags=()))
    for _ in range(200):
        raw.send(ContinuationFrame(1, data=b"\x10\x01a\x7f\x81\x7f" + bytes(8_000)))
        await raw.drain()

    await closed(raw)
    await served(port)


async def test_a_flood_of_empty_continuations_is_cut_off(port: int, raw: Connection) -> None:
    raw.send(raw.headers(1, SEND_CODE, flags=()))
    for _ in range(50):
        raw.send(*[ContinuationFrame(1, data=b"")] * 200)
        await raw.drain()

    await closed(raw)
    await served(port)


@pytest.mark.parametrize("flood", [SettingsFrame(0, settings={4: 65_535}), PingFrame(0, b"12345678")])
async def test_a_flood_of_settings_or_pings_is_cut_off(port: int, raw: Connection, flood: SettingsFrame) -> None:
    thousand = flood.serialize() * 1_000
    raw.stop_reading()
    # The kernel buffers some megabytes of unread answers before they pile up in Envoy.
    for _ in range(2_000):
        raw.send(thousand)
        await raw.drain()
        if raw.gone:
            break

    assert raw.gone
    await served(port)


async def test_a_flood_of_resets_is_cut_off(port: int, raw: Connection) -> None:
    for stream in range(1, 4_001, 2):
        raw.send(raw.headers(stream, SEND_CODE), RstStreamFrame(stream, 8))
        if raw.closed or raw.goaway:
            break
        await raw.drain()

    await closed(raw)
    await served(port)


async def test_one_address_asks_only_so_often_and_others_do_not_notice(peer: Peer, tmp_path: Path) -> None:
    shipped = edge.config()
    (each,) = edge.calls(shipped)["descriptors"]
    each["token_bucket"] = {"max_tokens": 20, "tokens_per_fill": 20, "fill_interval": "60s"}
    async with edge.envoy(tmp_path, shipped, peer.stage.platform.port) as ports:
        async with connected(ports[GRPC]) as busy:
            for stream in range(1, 61, 2):
                busy.call(stream, SEND_CODE, CODE)
            ends = [await busy.status(stream) for stream in range(1, 61, 2)]
        async with connected(ports[GRPC], address="127.0.0.9") as other:
            other.call(1, SEND_CODE, CODE)
            assert await other.status(1) == OK

    assert ends == [OK] * 20 + [RESOURCE_EXHAUSTED] * 10


async def test_connections_that_never_call_are_ended(peer: Peer, tmp_path: Path) -> None:
    shipped = edge.config()
    edge.manager(shipped, GRPC)["common_http_protocol_options"]["idle_timeout"] = "0.5s"
    async with edge.envoy(tmp_path, shipped, peer.stage.platform.port) as ports:
        async with connected(ports[GRPC]) as quiet, connected(ports[GRPC]) as other:
            await asyncio.gather(closed(quiet), closed(other))
        await served(ports[GRPC])
