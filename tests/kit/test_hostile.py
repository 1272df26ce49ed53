"""Hostile clients: raw bytes on the public port."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import grpc
import pytest
import pytest_asyncio

from eventhub.common.v1.options_pb2 import ACCESS_INTERNAL
from eventhub.identity.v1.identity_service_pb2 import (
    SendAccessCodeRequest,
    SendAccessCodeResponse,
)
from eventhub.orders.v1.orders_service_pb2 import WatchOrderRequest
from eventhub.refusals import InvalidRequest, TooManyRequests
from services.kit.db.database import Tx
from services.kit.rpc.admission import Most
from services.kit.rpc.call import Call, Caller
from services.kit.rpc.ending import REQUEST_ID_KEY
from tests.kit.peer import ANA, CODE, IDENTITY, ORDERS, Peer, bearer, open_peer, reason
from tests.stage import Stage, until

CALLS_PER_CALLER_MAX = Most().calls_per_caller


@pytest_asyncio.fixture
async def peer(stage: Stage) -> AsyncIterator[Peer]:
    hostile = await open_peer(stage)
    yield hostile
    await hostile.wire.close()


@pytest.mark.parametrize(
    "data",
    [
        b"\xff\xff\xff\xff",
        CODE[:-3],  # cut off
        b"\x0a\xff\xff\xff\xff\x7f",  # claims to be a string of 32 GiB
        b"\x0a\x02\xc3\x28",  # invalid UTF-8
        b"\x0a\x03\xed\xa0\x80",  # a lone surrogate
        b"\x0b" * 200,  # groups without end
        b"\x0a",
    ],
)
async def test_bytes_that_are_no_message_are_an_invalid_request(peer: Peer, data: bytes) -> None:
    error = await peer.refused(IDENTITY + "SendAccessCode", data)

    assert (error.code(), reason(error).reason) == (grpc.StatusCode.INVALID_ARGUMENT, "INVALID_REQUEST")
    assert peer.identity.served == 0
    assert await peer.ask(IDENTITY + "SendAccessCode", CODE) == b""


UNKNOWN_FIELD = b"\x7a"


async def test_a_message_of_65_kib_is_an_invalid_request(peer: Peer) -> None:
    error = await peer.refused(IDENTITY + "SendAccessCode", CODE + UNKNOWN_FIELD + bytes(65 * 1024))

    assert (error.code(), reason(error).reason) == (grpc.StatusCode.INVALID_ARGUMENT, "INVALID_REQUEST")
    assert "65536" in (error.details() or "")
    assert peer.identity.served == 0


async def test_a_message_of_a_mebibyte_is_not_even_read_and_the_client_says_why(peer: Peer, stage: Stage) -> None:
    error = await peer.refused(IDENTITY + "SendAccessCode", CODE + UNKNOWN_FIELD + bytes(1024 * 1024))

    assert error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert peer.identity.served == 0
    with pytest.raises(InvalidRequest, match="larger than max"):
        await stage.buyer().identity.SendAccessCode(SendAccessCodeRequest(email="x" * 1024 * 1024))


async def test_headers_of_9_kib_are_not_even_read(peer: Peer) -> None:
    error = await peer.refused(IDENTITY + "SendAccessCode", CODE, metadata=bearer("x" * 9 * 1024))

    assert error.code() in (grpc.StatusCode.RESOURCE_EXHAUSTED, grpc.StatusCode.INTERNAL)
    assert peer.identity.served == 0


@pytest.mark.parametrize(
    "path",
    [
        IDENTITY + "DropTables",
        "/eventhub.identity.v1.NoService/GetProfile",
        "/nonsense",
        "/eventhub.orders.v1.OrdersMesh/Feed",
        "/eventhub.inventory.v1.InventoryMesh/LockHold",
        "/eventhub.inventory.v1.InventoryService/Hold",  # in the contract, not on this stage
    ],
)
async def test_an_unknown_method_is_unimplemented(peer: Peer, path: str) -> None:
    token = bearer(peer.stage.token(ANA))

    error = await peer.refused(path, metadata=token)

    assert (error.code(), reason(error).reason) == (grpc.StatusCode.UNIMPLEMENTED, "METHOD_UNKNOWN")


@pytest.mark.parametrize("scheme", ["bearer", "BEARER"])
async def test_the_scheme_of_a_token_may_be_written_in_any_case(peer: Peer, scheme: str) -> None:
    token = f"{scheme} {peer.stage.token(ANA)}"

    assert await peer.ask(IDENTITY + "GetProfile", b"", metadata=(("authorization", token),))


@pytest.mark.parametrize(("given", "kept"), [("support-0815.a", True), ("two words", False), ("x" * 65, False)])
async def test_every_answer_names_its_request(peer: Peer, given: str, *, kept: bool) -> None:
    ask: grpc.aio.UnaryUnaryMultiCallable[bytes, bytes] = peer.wire.unary_unary(IDENTITY + "SendAccessCode")
    answered = ask(CODE, metadata=((REQUEST_ID_KEY, given),))
    await answered
    refused = await peer.refused(IDENTITY + "SendAccessCode", b"\xff", metadata=((REQUEST_ID_KEY, given),))

    for trailers in (await answered.trailing_metadata(), refused.trailing_metadata()):
        (named,) = [value for key, value in trailers or () if key == REQUEST_ID_KEY]
        assert (named == given) is kept
        assert named


async def test_a_token_that_says_internal_opens_nothing_internal(peer: Peer) -> None:
    inside = peer.stage.token(Caller(kind=ACCESS_INTERNAL, subject_id="orders", service="orders"))

    error = await peer.refused("/eventhub.orders.v1.OrdersMesh/Feed", metadata=bearer(inside))
    assert error.code() is grpc.StatusCode.UNIMPLEMENTED
    error = await peer.refused(IDENTITY + "GetProfile", metadata=bearer(inside))
    assert error.code() is grpc.StatusCode.PERMISSION_DENIED


async def test_a_call_without_a_deadline_ends_all_the_same(peer: Peer) -> None:
    data = SendAccessCodeRequest(email="slow@example.com").SerializeToString()

    async with asyncio.timeout(3):
        error = await peer.refused(IDENTITY + "SendAccessCode", data, timeout=None)

    assert (error.code(), reason(error).reason) == (grpc.StatusCode.DEADLINE_EXCEEDED, "DEADLINE_PASSED")


async def test_a_crowd_without_names_is_one_caller_and_leaves_room_for_the_others(peer: Peer) -> None:
    slow = SendAccessCodeRequest(email="slow@example.com").SerializeToString()
    peers = [Peer(peer.stage, peer.identity) for _ in range(3)]
    crowd = [
        asyncio.ensure_future(peers[n % 3].refused(IDENTITY + "SendAccessCode", slow, timeout=None))
        for n in range(CALLS_PER_CALLER_MAX + 5)
    ]
    await until(lambda: peer.identity.served == CALLS_PER_CALLER_MAX)
    await until(lambda: sum(one.done() for one in crowd) == 5)

    assert {reason(one.result()) for one in crowd if one.done()} == {TooManyRequests}
    assert await peer.ask(IDENTITY + "GetProfile", b"", metadata=bearer(peer.stage.token(ANA)))
    for one in crowd:
        one.cancel()


async def test_a_crowd_behind_a_gateway_is_many_callers(peer: Peer) -> None:
    slow = SendAccessCodeRequest(email="slow@example.com").SerializeToString()
    peers = [Peer(peer.stage, peer.identity) for _ in range(3)]  # one connection does not carry all of them at once
    crowd = [
        asyncio.ensure_future(
            peers[n % 3].ask(
                IDENTITY + "SendAccessCode", slow, timeout=None, metadata=(("x-forwarded-for", f"203.0.113.{n}"),)
            )
        )
        for n in range(CALLS_PER_CALLER_MAX + 5)
    ]

    await until(lambda: peer.identity.served == len(crowd))
    for one in crowd:
        one.cancel()


@pytest.mark.parametrize("value", ["00-", "x" * 7_000, "00-" + "0" * 32 + "-" + "0" * 16 + "-01"])
async def test_a_trace_that_is_none_is_not_passed_on(peer: Peer, value: str) -> None:
    assert await peer.ask(IDENTITY + "SendAccessCode", CODE, metadata=(("traceparent", value),)) == b""


def everything(error: grpc.aio.AioRpcError) -> str:
    """Everything that a client sees of an error."""
    return repr((error.details(), error.initial_metadata(), error.trailing_metadata(), error.debug_error_string()))


async def test_a_mistake_shows_nothing_of_itself(peer: Peer) -> None:
    data = SendAccessCodeRequest(email="boom@example.com").SerializeToString()
    error = await peer.refused(IDENTITY + "SendAccessCode", data)

    watch: grpc.aio.UnaryStreamMultiCallable[bytes, bytes] = peer.wire.unary_stream(ORDERS + "WatchOrder")
    request = WatchOrderRequest(order_id="ord_1").SerializeToString()
    stream = watch(request, metadata=bearer(peer.stage.token(ANA)), timeout=5)
    with pytest.raises(grpc.aio.AioRpcError) as broken:
        async for _ in stream:
            pass

    for seen in (error, broken.value):
        assert (seen.code(), reason(seen).reason) == (grpc.StatusCode.INTERNAL, "INTERNAL")
        for leak in ("hunter2", "ValueError", "Traceback", ".py"):
            assert leak not in everything(seen)


class Notes:
    """Writes, and is cancelled in the middle of its transaction, as when its caller disconnects."""

    async def open(self, stage: Stage, folder: Path) -> None:
        self.database = await stage.platform.runtime.database("notes", folder)

    async def SendAccessCode(self, request: SendAccessCodeRequest, call: Call) -> SendAccessCodeResponse:
        handling, loop = asyncio.current_task(), asyncio.get_running_loop()
        assert handling is not None

        async def note(tx: Tx) -> None:
            loop.call_soon_threadsafe(handling.cancel)
            await tx.run("INSERT INTO note (email) VALUES ($1)", request.email)

        await self.database.write(note)
        return SendAccessCodeResponse()


@pytest.fixture
def schema(tmp_path: Path) -> Path:
    folder = tmp_path / "schema"
    folder.mkdir()
    (folder / "0001_note.sql").write_text("CREATE TABLE note (email TEXT PRIMARY KEY);\n")
    return folder


async def emails(tx: Tx) -> list[tuple[str]]:
    return [(row[0],) for row in await tx.all("SELECT email FROM note ORDER BY email")]


async def test_a_caller_that_disconnects_does_not_stop_a_write(stage: Stage, schema: Path) -> None:
    notes = Notes()
    await notes.open(stage, schema)
    stage.script("identity", IdentityService=notes)
    await stage.start()

    async def written() -> bool:
        return await notes.database.read(emails) == [("ana@example.com",)]

    async with grpc.aio.insecure_channel(f"127.0.0.1:{stage.platform.port}") as wire:
        send: grpc.aio.UnaryUnaryMultiCallable[bytes, bytes] = wire.unary_unary(IDENTITY + "SendAccessCode")
        call = send(CODE)
        await until(written)
        assert call.cancel(), "the call was answered although it was cut off"
    await notes.database.close()
