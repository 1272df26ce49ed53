"""Frames, headers and connections that break HTTP/2's rules, at the process's own port."""

import asyncio
import gzip
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace

import pytest
import pytest_asyncio
from hyperframe.frame import DataFrame, PingFrame, RstStreamFrame, SettingsFrame

from eventhub.identity.v1.identity_service_pb2 import SendAccessCodeRequest
from eventhub.orders.v1.orders_service_pb2 import WatchOrderRequest
from services.kit.rpc import wrapper
from services.kit.rpc.admission import Most
from services.kit.rpc.connections import LOOK_EVERY_S, OPEN_FILES, Connections, hang_up
from services.kit.rpc.server import STREAMS_MAX
from services.kit.values.addresses import Addresses
from tests.hostile.frames import Connection, calls_over_several, connected, message
from tests.kit.peer import ANA, CODE, IDENTITY, ORDERS, Peer, open_peer
from tests.stage import Stage, until

OK, RESOURCE_EXHAUSTED = 0, 8
SEND_CODE = IDENTITY + "SendAccessCode"
SLOW = SendAccessCodeRequest(email="slow@example.com").SerializeToString()
END = ["END_STREAM"]


@pytest_asyncio.fixture
async def peer(stage: Stage) -> AsyncIterator[Peer]:
    hostile = await open_peer(stage)
    yield hostile
    await hostile.wire.close()


@pytest_asyncio.fixture
async def raw(peer: Peer) -> AsyncIterator[Connection]:
    async with connected(peer.stage.platform.port) as connection:
        yield connection


async def test_a_bomb_is_not_unpacked(raw: Connection) -> None:
    bomb = gzip.compress(bytes(64 * 1024 * 1024))
    packed = b"\x01" + len(bomb).to_bytes(4, "big") + bomb
    parts = [packed[at : at + 16_000] for at in range(0, len(packed), 16_000)]
    raw.send(raw.headers(1, SEND_CODE, ("grpc-encoding", "gzip")), *[DataFrame(1, data=part) for part in parts])
    raw.send(DataFrame(1, flags=END))

    assert await raw.status(1) == RESOURCE_EXHAUSTED


async def test_a_length_of_4_gib_is_refused_at_once(raw: Connection) -> None:
    raw.send(raw.headers(1, SEND_CODE), DataFrame(1, data=message(b"", says=2**32 - 1)))

    assert await raw.status(1, patience_s=1.5) == RESOURCE_EXHAUSTED


@pytest.mark.parametrize(("size", "passes"), [(7_000, True), (9_000, False), (64_000, False)])
async def test_whether_headers_are_too_long_is_no_matter_of_chance(
    peer: Peer, raw: Connection, size: int, *, passes: bool
) -> None:
    await raw.until(
        lambda: any(isinstance(frame, SettingsFrame) for frame in raw.frames)
    )  # the settings are acknowledged
    for stream in range(1, 21, 2):
        start = raw.headers(stream, SEND_CODE, ("x-odd", "x" * size))
        body, start.data = start.data[16_000:], start.data[:16_000]
        if body:
            start.flags.discard("END_HEADERS")
        raw.send(start, *raw.continued(stream, body), DataFrame(stream, data=message(CODE), flags=END))

    assert {await raw.status(stream) == OK for stream in range(1, 21, 2)} == {passes}


async def test_headers_without_number_are_refused(peer: Peer, raw: Connection) -> None:
    raw.send(raw.headers(1, SEND_CODE, *[(f"x-{n}", "") for n in range(1_000)]))

    assert await raw.status(1) != OK
    assert peer.identity.served == 0


@pytest.mark.parametrize(
    ("method", "more"),
    [
        ("GET", ()),
        ("PUT", ()),
        ("POST", (("grpc-timeout", "abc"),)),
        ("POST", (("grpc-timeout", "-5S"),)),
        ("POST", (("grpc-encoding", "no-such"),)),
    ],
)
async def test_a_request_that_is_no_call_is_not_served(
    peer: Peer, raw: Connection, method: str, more: tuple[tuple[str, str], ...]
) -> None:
    said = DataFrame(1, data=b"\x01" + message(CODE)[1:], flags=END)
    raw.send(raw.headers(1, SEND_CODE, *more, method=method), said)

    assert await raw.status(1) != OK
    assert peer.identity.served == 0


async def test_of_two_messages_the_second_is_not_read(peer: Peer, raw: Connection) -> None:
    raw.send(raw.headers(1, SEND_CODE), DataFrame(1, data=message(CODE) * 2, flags=END))

    assert await raw.status(1) == OK
    assert peer.identity.served == 1


async def test_a_flood_of_resets_ends_no_call_of_others(peer: Peer) -> None:
    async with connected(peer.stage.platform.port) as one, connected(peer.stage.platform.port) as other:
        for first in range(1, 4_001, 200):
            for stream in range(first, first + 200, 2):
                for raw in (one, other):
                    raw.send(raw.headers(stream, SEND_CODE), RstStreamFrame(stream, 8))
            await asyncio.gather(one.drain(), other.drain())
            assert await peer.ask(SEND_CODE, CODE) == b""

    await until(lambda: not peer.stage.platform.admission.under_way)


async def test_an_abandoned_call_ends(peer: Peer) -> None:
    async with calls_over_several(peer.stage.platform.port, Most().calls_per_caller) as calls:
        for raw, stream in calls:
            raw.call(stream, SEND_CODE, SLOW)
        await until(lambda: peer.identity.served == len(calls))
        for raw, stream in calls:
            raw.send(RstStreamFrame(stream, 8))

        await until(lambda: not peer.stage.platform.admission.under_way)
    assert await peer.ask(SEND_CODE, CODE) == b""


async def test_streams_beyond_the_most_of_a_connection_are_refused(raw: Connection) -> None:
    for stream in range(1, 2 * STREAMS_MAX + 201, 2):
        raw.send(raw.headers(stream, SEND_CODE))

    await raw.until(lambda: len(raw.resets) + len(raw.answers) >= STREAMS_MAX)
    # REFUSED_STREAM, or ENHANCE_YOUR_CALM before the settings are acknowledged: the call has not begun and may be
    # retried.
    assert set(raw.resets.values()) <= {7, 11}


async def test_a_flood_of_pings_ends_its_connection(peer: Peer, raw: Connection) -> None:
    for _ in range(50):
        raw.send(*[PingFrame(0, b"12345678")] * 20)
        await raw.drain()

    await raw.until(lambda: raw.goaway is not None or raw.closed)
    assert await peer.ask(SEND_CODE, CODE) == b""


async def test_readers_that_read_nothing_delay_no_others(peer: Peer) -> None:
    async with asyncio.timeout(20):
        slow = [connected(peer.stage.platform.port, (4, 0)) for _ in range(50)]
        for one in slow:
            raw = await one.__aenter__()
            raw.call(1, SEND_CODE, CODE)
        await until(lambda: peer.identity.served == len(slow))
        assert await peer.ask(SEND_CODE, CODE) == b""
        for one in slow:
            await one.__aexit__(None, None, None)


@pytest.mark.parametrize("said", [b"", b"PRI * HT"])
async def test_a_client_without_a_handshake_is_disconnected(peer: Peer, said: bytes) -> None:
    async with connected(peer.stage.platform.port, shakes_hands=False) as silent:
        silent.send(said)
        await silent.until(lambda: silent.closed)


async def test_a_connection_that_never_calls_is_ended(stage: Stage) -> None:
    stage.platform.runtime.settings = replace(stage.platform.runtime.settings, connection_idle_s=1.0)
    await stage.start()

    async with connected(stage.platform.port) as quiet:
        await quiet.until(lambda: quiet.closed or quiet.goaway is not None)


async def test_a_connection_that_acknowledges_no_settings_is_ended(peer: Peer) -> None:
    async with connected(peer.stage.platform.port) as rude:
        rude.sends_acks = False
        await rude.until(lambda: rude.closed or rude.goaway is not None)


async def test_an_address_with_too_many_connections_loses_the_youngest(stage: Stage) -> None:
    await stage.start()
    connections = Connections(stage.platform.port, 3, Addresses(""))
    async with AsyncExitStack() as stack:
        crowd = [await stack.enter_async_context(connected(stage.platform.port)) for _ in range(3)]
        await until(lambda: all(one.frames for one in crowd))
        assert connections.look() == 0
        late = [await stack.enter_async_context(connected(stage.platform.port)) for _ in range(2)]
        await until(lambda: all(one.frames for one in late))

        assert connections.look() == 2

        await until(lambda: all(one.closed for one in late))
        assert not any(one.closed for one in crowd)


async def test_a_client_that_does_not_read_is_hung_up_on(peer: Peer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wrapper, "WRITE_S", 0.1)
    token = peer.stage.token(ANA)
    async with connected(peer.stage.platform.port, (4, 0), address="127.0.0.2") as slow:
        request = WatchOrderRequest(order_id="ord_1").SerializeToString()
        slow.call(1, ORDERS + "WatchOrder", request, ("authorization", f"Bearer {token}"))

        await slow.until(lambda: slow.closed)
        await until(lambda: not peer.stage.platform.admission.under_way)

    assert await peer.ask(SEND_CODE, CODE) == b""


@pytest.mark.parametrize(("gateways", "stays"), [("127.0.0.1/32", True), ("", False)])
async def test_a_gateway_is_never_hung_up_on(peer: Peer, gateways: str, *, stays: bool) -> None:
    port = peer.stage.platform.port
    async with connected(port) as one, connected(port) as other:
        await until(lambda: bool(one.frames and other.frames))
        number = one._writer.get_extra_info("sockname")[1]

        hang_up(port, f"ipv4:127.0.0.1:{number}", Addresses(gateways))

        if not stays:
            await one.until(lambda: one.closed)
        for connection in [other, *([one] if stays else [])]:
            connection.call(1, SEND_CODE, CODE)
            assert await connection.status(1) == OK


async def test_looking_at_connections_leaves_no_file_open(stage: Stage) -> None:
    await stage.start()
    connections = Connections(stage.platform.port, 1, Addresses("127.0.0.0/8"))
    async with connected(stage.platform.port) as one, connected(stage.platform.port) as another:
        await until(lambda: bool(one.frames and another.frames))
        before = len(list(OPEN_FILES.iterdir()))

        for _ in range(3):
            connections.look()

        assert len(list(OPEN_FILES.iterdir())) == before


async def test_a_gateway_has_as_many_connections_as_it_needs(stage: Stage) -> None:
    await stage.start()
    connections = Connections(stage.platform.port, 1, Addresses("127.0.0.0/8"))
    async with connected(stage.platform.port) as one, connected(stage.platform.port) as another:
        await until(lambda: bool(one.frames and another.frames))

        assert connections.look() == 0


async def test_a_server_looks_after_its_connections(stage: Stage) -> None:
    stage.platform.runtime.settings = replace(stage.platform.runtime.settings, connections_per_address=3)
    await stage.start()
    async with AsyncExitStack() as stack:
        far = [connected(stage.platform.port, address="127.0.0.2") for _ in range(8)]
        crowd = [await stack.enter_async_context(one) for one in far]
        await until(lambda: all(one.frames for one in crowd) and "connections" in stage.clock.asleep())

        stage.clock.advance(LOOK_EVERY_S)

        await until(lambda: sum(one.closed for one in crowd) == 5)
