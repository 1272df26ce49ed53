"""Hostile clients of the HTTP ports: requests that are never complete, and many connections of one address."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from services.kit.process import impatient
from services.kit.process.http_server import HttpServer
from services.kit.process.impatient import PER_ADDRESS_MAX
from services.kit.process.route import Answer, Request, Route
from services.kit.values.addresses import Addresses

HERE, ELSEWHERE = "127.0.0.7", "127.0.0.8"
HALF = b"GET /join/x HTTP/1.1\r\nHost: here\r\n"
WHOLE = HALF + b"\r\n"


async def join(request: Request) -> Answer:
    return Answer(200, {}, b"welcome")


class Port:
    """A port for the join links, and connections to it."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.connections: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def say(self, text: bytes, address: str = HERE) -> asyncio.StreamReader:
        """Connects from an address, and sends some bytes."""
        connection = await asyncio.open_connection("127.0.0.1", self.number, local_addr=(address, 0))
        self.connections.append(connection)
        connection[1].write(text)
        return connection[0]

    async def answer(self, address: str) -> bytes:
        """The answer to a complete request."""
        async with asyncio.timeout(5):
            return await (await self.say(WHOLE, address)).readline()


async def opened(gateways: str) -> AsyncIterator[Port]:
    site = HttpServer([Route("GET", "/join/", join)], Addresses(gateways))
    port = Port(await site.start("127.0.0.1", 0))
    yield port
    for _, writer in port.connections:
        writer.close()
    await site.stop()


@pytest_asyncio.fixture
async def port() -> AsyncIterator[Port]:
    async for one in opened(""):
        yield one


@pytest_asyncio.fixture
async def behind_a_gateway() -> AsyncIterator[Port]:
    async for one in opened(f"{HERE}/32"):
        yield one


async def hung_up(reader: asyncio.StreamReader) -> bool:
    """Whether the server closes the connection in time."""
    try:
        async with asyncio.timeout(5):
            await reader.read()
    except ConnectionResetError:
        return True
    return True


@pytest.mark.parametrize(
    "said", [b"", HALF, WHOLE + HALF, b"POST /join/x HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n"]
)
async def test_an_incomplete_request_is_disconnected(port: Port, said: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(impatient, "HEADERS_S", 0.1)

    assert await hung_up(await port.say(said))


async def test_half_said_requests_do_not_take_the_port(port: Port) -> None:
    half_said = [await port.say(HALF) for _ in range(520)]

    ends = await asyncio.gather(*(hung_up(one) for one in half_said[PER_ADDRESS_MAX:]))
    assert all(ends)
    assert await port.answer(ELSEWHERE) == b"HTTP/1.1 200 OK\r\n"
    assert not half_said[0].at_eof()


async def test_a_place_is_free_again_once_its_connection_has_ended(port: Port) -> None:
    for _ in range(2 * PER_ADDRESS_MAX):
        assert await port.answer(HERE) == b"HTTP/1.1 200 OK\r\n"
        _, writer = port.connections.pop()
        writer.close()
        await writer.wait_closed()


async def test_a_gateway_stands_for_many(behind_a_gateway: Port) -> None:
    half_said = [await behind_a_gateway.say(HALF) for _ in range(2 * PER_ADDRESS_MAX)]

    assert await behind_a_gateway.answer(HERE) == b"HTTP/1.1 200 OK\r\n"
    assert not any(one.at_eof() for one in half_said)
