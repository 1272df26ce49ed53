"""The HTTP server answers its routes, and everything else with a plain error."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from services.kit.process import http_server, impatient
from services.kit.process.http_server import BODY_BYTES_MAX, HEADER_BYTES_MAX, HttpServer
from services.kit.process.route import Answer, Request, Route
from services.kit.values.addresses import Addresses

Say = Callable[[bytes], Awaitable[bytes]]


async def greet(request: Request) -> Answer:
    return Answer(200, {"Content-Type": "text/plain"}, f"hello {request.rest}".encode())


async def echo(request: Request) -> Answer:
    told = f"{request.method} {request.rest} {dict(request.query)} {request.headers['x-from']} ".encode()
    return Answer(200, body=told + request.body)


async def stumble(request: Request) -> Answer:
    raise RuntimeError("the guest list of Ana")


@contextlib.asynccontextmanager
async def opened() -> AsyncIterator[Say]:
    """Returns a function that sends bytes over a new connection and reads the answer to its end."""
    routes = [Route("GET", "/hello/", greet), Route("GET", "/stumble/", stumble), Route("POST", "/echo/", echo)]
    site = HttpServer(routes, Addresses(""))
    port = await site.start("127.0.0.1", 0)

    async def say(text: bytes) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            writer.write(text)
            async with asyncio.timeout(5):
                return await reader.read()
        finally:
            writer.close()

    yield say
    await site.stop()


def request(line: str, *headers: str) -> bytes:
    return "\r\n".join([f"{line} HTTP/1.1", "Host: here", "Connection: close", *headers, "", ""]).encode()


async def test_a_route_is_given_the_rest_of_the_path() -> None:
    async with opened() as say:
        answer = await say(request("GET /hello/a%20b/c?d=e"))

    assert answer.startswith(b"HTTP/1.1 200")
    assert answer.endswith(b"\r\n\r\nhello a b/c")
    assert b"uvicorn" not in answer


async def test_a_route_is_given_the_query_the_headers_and_the_body() -> None:
    async with opened() as say:
        answer = await say(request("POST /echo/here?a=1&b=&a=%32", "X-From: Ana", "Content-Length: 5") + b"hello")

    assert answer.startswith(b"HTTP/1.1 200")
    assert answer.endswith(b"\r\n\r\nPOST here {'a': '2', 'b': ''} Ana hello")


async def test_a_body_that_is_too_large_is_refused_unread() -> None:
    async with opened() as say:
        answer = await say(request("POST /echo/", "X-From: Ana", f"Content-Length: {BODY_BYTES_MAX + 1}"))

    assert answer.startswith(b"HTTP/1.1 413")


async def test_a_body_that_does_not_arrive_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_server, "BODY_S", 0.01)
    async with opened() as say:
        answer = await say(request("POST /echo/", "X-From: Ana", "Content-Length: 5") + b"he")

    assert answer.startswith(b"HTTP/1.1 413")


@pytest.mark.parametrize(
    ("line", "status"),
    [("GET /", 404), ("GET /hello", 404), ("POST /hello/a", 405), ("DELETE /hello/a", 405), ("GET /stumble/", 500)],
)
async def test_other_paths_and_methods_are_answered_with_an_error(line: str, status: int) -> None:
    async with opened() as say:
        answer = await say(request(line, "Content-Length: 0"))

    assert answer.startswith(f"HTTP/1.1 {status}".encode())
    assert b"Ana" not in answer


@pytest.mark.parametrize("odd", [b"\x00\xff nonsense\r\n\r\n", b"GET\r\n\r\n", b"GET / HTTP/1.1\r\nHost\r\n\r\n"])
async def test_nonsense_is_refused(odd: bytes) -> None:
    async with opened() as say:
        assert (await say(odd)).startswith(b"HTTP/1.1 400")


async def test_headers_without_end_are_cut_off() -> None:
    async with opened() as say:
        answer = await say(b"GET /hello/a HTTP/1.1\r\nX: " + b"a" * 4 * HEADER_BYTES_MAX)

    assert answer.startswith(b"HTTP/1.1 400")


async def test_a_port_that_is_taken_is_said() -> None:
    first, second = HttpServer([], Addresses("")), HttpServer([], Addresses(""))
    port = await first.start("127.0.0.1", 0)
    with pytest.raises(OSError, match="in use"):
        await second.start("127.0.0.1", port)
    await second.stop()
    await first.stop()


async def test_a_client_may_take_its_time_to_read_a_large_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(impatient, "HEADERS_S", 0.001)
    large = bytes(32 * 1024 * 1024)

    async def answer(asked: Request) -> Answer:
        return Answer(200, body=large)

    site = HttpServer([Route("GET", "/large", answer)], Addresses(""))
    port = await site.start("127.0.0.1", 0)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request("GET /large"))

    async with asyncio.timeout(20):
        told = await reader.read()

    assert told.endswith(large)
    writer.close()
    await site.stop()
