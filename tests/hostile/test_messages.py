"""Messages that are too large, malformed or never complete, sent frame by frame to the public port."""

import gc
from collections.abc import AsyncIterator, Iterator
from types import FrameType
from typing import Any

import pytest
import pytest_asyncio
from google.protobuf.message import Message
from hyperframe.frame import DataFrame, RstStreamFrame

from eventhub import contract
from eventhub.identity.v1.identity_service_pb2 import SendAccessCodeRequest
from eventhub.refusal import Refusal
from eventhub.refusals import InvalidRequest
from services.kit.language import validation
from services.kit.rpc import wrapper
from services.kit.rpc.admission import Most
from tests.hostile.frames import Connection, calls_over_several, connected, message
from tests.kit.peer import ANA, CODE, IDENTITY, ORDERS, Peer, open_peer
from tests.stage import Stage, until

CALLS_PER_CALLER_MAX = Most().calls_per_caller

INVALID_ARGUMENT, DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED, INTERNAL = 3, 4, 8, 13
SEND_CODE = IDENTITY + "SendAccessCode"
PUBLIC = [method for method in contract.by_path().values() if not method.internal]


@pytest_asyncio.fixture
async def peer(stage: Stage) -> AsyncIterator[Peer]:
    hostile = await open_peer(stage)
    yield hostile
    await hostile.wire.close()


@pytest_asyncio.fixture
async def raw(peer: Peer) -> AsyncIterator[Connection]:
    async with connected(peer.stage.platform.port) as connection:
        yield connection


def lists_of(method: contract.Method) -> Iterator[tuple[str, Message]]:
    """For each repeated field of a request: its name, and a request with 32,000 empty items in it."""
    for field in method.request.DESCRIPTOR.fields:
        if field.is_repeated:
            request = method.request()
            items: Any = getattr(request, field.name)
            empty = items.add() if field.message_type else "" if field.type == field.TYPE_STRING else 0
            items.extend([empty] * 32_000)
            yield field.name, request


FLOODS = [(method, name, request) for method in PUBLIC for name, request in lists_of(method)]


@pytest.mark.parametrize(("method", "name", "request_"), FLOODS, ids=lambda it: getattr(it, "path", ""))
def test_items_beyond_number_are_refused_by_their_number(method: contract.Method, name: str, request_: Message) -> None:
    with pytest.raises(InvalidRequest) as refused:
        validation.check(request_)

    assert refused.value.fields.keys() == {name}
    assert "at most" in refused.value.fields[name].en


def garbage() -> list[object]:
    """Objects that only the garbage collector frees."""
    gc.set_debug(gc.DEBUG_SAVEALL)
    try:
        gc.collect()
        return list(gc.garbage)
    finally:
        gc.set_debug(0)
        gc.garbage.clear()


@pytest.mark.parametrize(
    ("data", "ends"),
    [
        (CODE[:-1], INVALID_ARGUMENT),
        (SendAccessCodeRequest(email="x").SerializeToString(), INVALID_ARGUMENT),
        (SendAccessCodeRequest(email="boom@example.com").SerializeToString(), INTERNAL),
    ],
    ids=["cut off", "not as the rules say", "mistake"],
)
async def test_a_refusal_leaves_nothing_for_the_collector(raw: Connection, data: bytes, ends: int) -> None:
    raw.call(1, SEND_CODE, data)
    assert await raw.status(1) == ends
    gc.collect()
    gc.disable()
    try:
        for stream in range(3, 43, 2):
            raw.call(stream, SEND_CODE, data)
            assert await raw.status(stream) == ends
        kept = garbage()
    finally:
        gc.enable()

    assert not [it for it in kept if isinstance(it, Message | Refusal | FrameType)]


HALF = message(CODE)[:-4]


@pytest.mark.parametrize("sent", [b"", HALF, b"\x00", message(b"", says=4)], ids=["none", "half", "no length", "empty"])
async def test_a_message_that_never_ends_has_the_deadline_of_its_class(raw: Connection, sent: bytes) -> None:
    raw.send(raw.headers(1, SEND_CODE), DataFrame(1, data=sent))

    assert await raw.status(1, patience_s=5.0) == DEADLINE_EXCEEDED


async def test_the_one_message_of_a_watch_has_a_deadline_too(
    raw: Connection, peer: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wrapper, "REQUEST_S", 0.1)
    token = peer.stage.token(ANA)

    raw.send(raw.headers(1, ORDERS + "WatchOrder", ("authorization", f"Bearer {token}")), DataFrame(1, data=HALF))

    assert await raw.status(1) == DEADLINE_EXCEEDED


@pytest.mark.parametrize("sent", [b"", HALF], ids=["none", "half"])
async def test_a_message_that_was_cut_off_is_refused_at_once(raw: Connection, sent: bytes) -> None:
    raw.send(raw.headers(1, SEND_CODE), DataFrame(1, data=sent, flags=["END_STREAM"]))

    assert await raw.status(1, patience_s=1.0) == INVALID_ARGUMENT


async def test_calls_that_send_nothing_are_counted_from_their_first_header_and_given_back(peer: Peer) -> None:
    async with calls_over_several(peer.stage.platform.port, CALLS_PER_CALLER_MAX + 10) as calls:
        for raw, stream in calls:
            raw.send(raw.headers(stream, SEND_CODE))

        ends = [await raw.status(stream) for raw, stream in calls]

    assert sorted(ends) == [DEADLINE_EXCEEDED] * CALLS_PER_CALLER_MAX + [RESOURCE_EXHAUSTED] * 10
    assert await peer.ask(SEND_CODE, CODE) == b""


async def test_a_caller_that_leaves_before_its_message_is_forgotten_at_once(raw: Connection, peer: Peer) -> None:
    for stream in range(1, 2 * CALLS_PER_CALLER_MAX + 1, 2):
        raw.send(raw.headers(stream, SEND_CODE), RstStreamFrame(stream, 8))

    await until(lambda: not peer.stage.platform.admission.under_way)

    assert await peer.ask(SEND_CODE, CODE) == b""
    assert peer.identity.served == 1
