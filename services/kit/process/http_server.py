"""A small HTTP server, for the routes of contexts and, on a port of its own, for metrics."""

import asyncio
import contextlib
import socket
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, cast
from urllib.parse import parse_qsl

from uvicorn.config import Config
from uvicorn.server import Server

from services.kit.observe import log
from services.kit.process.impatient import Crowd, Impatient
from services.kit.process.route import Answer, Request, Route
from services.kit.values.addresses import Addresses

CONNECTIONS_MAX = 500
HEADER_BYTES_MAX = 16 * 1024
BODY_BYTES_MAX = 64 * 1024
# How long a request's body may take to arrive.
BODY_S = 5.0
WITH_BODY = ("POST", "PUT", "PATCH")
WAITING_MAX = 256
KEEP_ALIVE_S = 5
GRACE_S = 2
PLAIN = {"Content-Type": "text/plain; charset=utf-8"}
NOT_MODIFIED = 304
UNKNOWN = Answer(404, PLAIN, b"Nothing is here.\n")
AWAY = Answer(500, PLAIN, b"Something went wrong.\n")
# The connection is closed, so the rest of the body need not be read.
TOO_LARGE = Answer(413, {**PLAIN, "Connection": "close"}, b"The body is too large or too slow.\n")


class Listener(Server):
    """uvicorn's server without its signal handlers: the process handles signals itself."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Does nothing in place of uvicorn's handlers."""
        yield


class HttpServer:
    """Serves some routes on a port."""

    def __init__(self, routes: Iterable[Route], addresses: Addresses) -> None:
        """routes: the routes to serve. addresses: finds the address that a connection counts for."""
        self._routes = tuple(routes)
        self._log = log.get("site")
        config = Config(
            self._serve,
            http=cast("Any", partial(Impatient, crowd=Crowd(addresses))),
            ws="none",
            lifespan="off",
            interface="asgi3",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            limit_concurrency=CONNECTIONS_MAX,
            h11_max_incomplete_event_size=HEADER_BYTES_MAX,
            timeout_keep_alive=KEEP_ALIVE_S,
            timeout_graceful_shutdown=GRACE_S,
        )
        self._server = Listener(config)
        self._serving: asyncio.Task[None] | None = None

    async def start(self, host: str, port: int) -> int:
        """Listens; port 0 asks for a free one. Returns the port. Raises OSError if it is taken."""
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listens = socket.create_server((host.strip("[]"), port), family=family, backlog=WAITING_MAX)
        self._server.config.load()
        self._serving = asyncio.create_task(self._server.serve([listens]))
        found: int = listens.getsockname()[1]
        return found

    async def stop(self) -> None:
        """Waits up to GRACE_S for running requests, and closes."""
        if self._serving is not None:
            self._server.should_exit = True
            await self._serving

    async def _serve(self, scope: Any, receive: Any, send: Any) -> None:
        """Serves one request, as an ASGI application."""
        try:
            answer = await self._answer(scope, receive)
        except Exception as error:  # noqa: BLE001 - the client must not see the text of an error
            self._log.error("mistake", **log.error_location(error))
            answer = AWAY
        headers = dict(answer.headers)
        if answer.status != NOT_MODIFIED:  # its length would be that of the answer that the client has
            headers["Content-Length"] = str(len(answer.body))
        told = [(name.encode(), value.encode()) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": answer.status, "headers": told})
        await send({"type": "http.response.body", "body": answer.body})

    async def _answer(self, scope: Any, receive: Any) -> Answer:
        method, path = scope["method"], scope["path"]
        below = [route for route in self._routes if path.startswith(route.below)]
        for route in below:
            if route.method == method:
                asked = request(scope, route.below)
                if method in WITH_BODY:
                    body = await whole_body(asked.headers, receive)
                    if body is None:
                        return TOO_LARGE
                    asked = replace(asked, body=body)
                return await route.answer(asked)
        if below:
            return Answer(405, {**PLAIN, "Allow": ", ".join(route.method for route in below)}, b"Not like this.\n")
        return UNKNOWN


async def whole_body(headers: Mapping[str, str], receive: Any) -> bytes | None:
    """Reads the body of a request; None if it is larger than BODY_BYTES_MAX, or does not arrive within BODY_S. A body
    whose length is announced and too large is not read at all."""
    if int(headers.get("content-length", 0)) > BODY_BYTES_MAX:
        return None
    body, more = b"", True
    try:
        async with asyncio.timeout(BODY_S):
            while more:
                message = await receive()
                body, more = body + message.get("body", b""), message.get("more_body", False)
                if len(body) > BODY_BYTES_MAX:
                    return None
    except TimeoutError:
        return None
    return body


def request(scope: Any, below: str) -> Request:
    """The request of an ASGI scope for a route, without its body."""
    return Request(
        method=scope["method"],
        rest=scope["path"].removeprefix(below),
        query=dict(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)),
        headers={name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]},
    )
