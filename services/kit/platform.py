"""Contexts of one process, from first to last: built, started, drained, closed."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from aiohttp import web

from eventhub.identity.v1.identity_service_pb2 import GetSigningKeysRequest
from eventhub.identity.v1.identity_service_pb2_grpc import IdentityServiceStub
from services.kit import log
from services.kit.admission import Admission
from services.kit.clock import Clock
from services.kit.config import Settings
from services.kit.host import Context, Host
from services.kit.ids import Ids
from services.kit.local import LocalChannel, LocalMesh
from services.kit.rpc import Wrapper
from services.kit.server import GRACE_S, Server
from services.kit.tokens import Verifier

Build = Callable[[Host], Awaitable[Context]]


class Platform:
    """Some contexts in this process. add() each, start(), then stop()."""

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        ids: Ids,
        *,
        fetch_keys: Callable[[], Awaitable[Mapping[str, str]]] | None = None,
    ) -> None:
        """fetch_keys: where the keys that verify tokens come from; by default the identity context."""
        self.draining = False
        verifier = Verifier(clock, fetch_keys or self._signing_keys)
        self._wrapper = Wrapper(clock, ids, verifier, Admission(), lambda: self.draining)
        self.mesh = LocalMesh(self._wrapper, ids)
        self.host = Host(settings, clock, ids, self.mesh, lambda: self.draining)
        self.contexts: list[Context] = []
        self.port = 0
        self.http_port = 0
        self._server: Server | None = None
        self._web: web.AppRunner | None = None
        self._loops: list[asyncio.Task[None]] = []
        self._log = log.get("platform")

    async def add(self, build: Build) -> Context:
        """Builds a context and lets the others call it."""
        context = await build(self.host)
        for method, handler in context.methods():
            self.mesh.add(method, handler)
        self.contexts.append(context)
        return context

    async def start(self) -> None:
        """Listens and begins the loops. port and http_port say where."""
        settings = self.host.settings
        public = [(method, handler) for method, handler in self.mesh.methods.values() if not method.internal]
        self._server = Server(self._wrapper, public)
        self.http_port = await self._start_web()
        self.host.public_url = settings.public_url or f"http://{settings.host}:{self.http_port}"
        for context in self.contexts:
            for loop in context.loops:
                self._loops.append(asyncio.create_task(self._owned(context.name, loop), name=context.name))
        self.port = await self._server.start(f"{settings.host}:{settings.port}")

    async def stop(self, grace_s: float = GRACE_S) -> None:
        """Drains: no longer ready, streams end with their revision, calls finish, loops end, databases close."""
        self.draining = True
        if self._server is not None:
            await self._server.not_ready()
            await self._server.stop(grace_s)
        if self._web is not None:
            await self._web.cleanup()
        for task in self._loops:
            task.cancel()
        await asyncio.gather(*self._loops, return_exceptions=True)
        for context in self.contexts:
            if context.stop is not None:
                await context.stop()
        for context in self.contexts:
            context.database.close()

    async def failed(self) -> None:
        """Returns when a loop has ended: loops never do, so something is badly wrong."""
        await asyncio.wait(self._loops, return_when=asyncio.FIRST_COMPLETED)

    async def _start_web(self) -> int:
        routes = [route for context in self.contexts for route in context.routes]
        application = web.Application(client_max_size=64 * 1024)
        application.add_routes(routes)
        self._web = web.AppRunner(application, access_log=None)
        await self._web.setup()
        site = web.TCPSite(self._web, self.host.settings.host, self.host.settings.http_port)
        await site.start()
        port: int = self._web.addresses[0][1]
        return port

    async def _owned(self, name: str, loop: Callable[[], Awaitable[None]]) -> None:
        try:
            await loop()
        except asyncio.CancelledError:
            raise
        except Exception as error:
            self._log.error("loop failed", context=name, **log.place(error))
            raise

    async def _signing_keys(self) -> Mapping[str, str]:
        identity = IdentityServiceStub(LocalChannel(self.mesh, "edge"))
        answer = await identity.GetSigningKeys(GetSigningKeysRequest())
        return {key.key_id: key.x for key in answer.keys}
