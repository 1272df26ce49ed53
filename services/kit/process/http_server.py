"""What a process answers over HTTP: the few routes of its contexts, and on a port of their own its figures."""

import asyncio
import contextlib
import socket
from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any, cast

from uvicorn.config import Config
from uvicorn.server import Server

from services.kit.observe import log
from services.kit.process.impatient import Crowd, Impatient
from services.kit.process.route import Answer, Route
from services.kit.values.addresses import Addresses

CONNECTIONS_MAX = 500
HEADER_BYTES_MAX = 16 * 1024
WAITING_MAX = 256
KEEP_ALIVE_S = 5
GRACE_S = 2
PLAIN = {"Content-Type": "text/plain; charset=utf-8"}
UNKNOWN = Answer(404, PLAIN, b"Nothing is here.\n")
AWAY = Answer(500, PLAIN, b"Something went wrong.\n")


class Listener(Server):
    """A server inside of a process that sees to signals itself."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Captures none."""
        yield


class HttpServer:
    """Some routes on a port."""

    def __init__(self, routes: Iterable[Route], addresses: Addresses) -> None:
        """routes: all it answers. addresses: how connections are counted."""
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
        """Listens. The port: 0 asks for a free one. Raises OSError where it is taken."""
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listens = socket.create_server((host.strip("[]"), port), family=family, backlog=WAITING_MAX)
        self._server.config.load()
        self._serving = asyncio.create_task(self._server.serve([listens]))
        found: int = listens.getsockname()[1]
        return found

    async def stop(self) -> None:
        """Closes, once what is being answered has been, after GRACE_S at the latest."""
        if self._serving is not None:
            self._server.should_exit = True
            await self._serving

    async def _serve(self, scope: Any, receive: Any, send: Any) -> None:
        """One request, as ASGI has it."""
        try:
            answer = await self._answer(scope["method"], scope["path"])
        except Exception as error:  # noqa: BLE001 - whatever it is, whoever asked hears nothing of it
            self._log.error("mistake", **log.error_location(error))
            answer = AWAY
        headers = {**answer.headers, "Content-Length": str(len(answer.body))}
        told = [(name.encode(), value.encode()) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": answer.status, "headers": told})
        await send({"type": "http.response.body", "body": answer.body})

    async def _answer(self, method: str, path: str) -> Answer:
        below = [route for route in self._routes if path.startswith(route.below)]
        for route in below:
            if route.method == method:
                return await route.answer(path.removeprefix(route.below))
        if below:
            return Answer(405, {**PLAIN, "Allow": ", ".join(route.method for route in below)}, b"Not like this.\n")
        return UNKNOWN
