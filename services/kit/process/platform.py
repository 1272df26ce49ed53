"""The contexts of one process: builds, starts, drains and closes them."""

import asyncio
from collections.abc import AsyncIterable, Awaitable, Callable, Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING

import grpc
from prometheus_client import CollectorRegistry

from eventhub import contract
from eventhub.contract import Method
from eventhub.identity.v1.identity_service_pb2 import (
    GetSigningKeysRequest,
    WatchRevocationsRequest,
    WatchRevocationsResponse,
)
from eventhub.identity.v1.identity_service_pb2_grpc import IdentityMeshStub, IdentityServiceStub
from services.kit.observe import log, tracing
from services.kit.observe.metrics import Metrics, keep_reading
from services.kit.observe.tracing import Tracer
from services.kit.process.metrics_page import metrics_page
from services.kit.process.queue_probe import QueueProbe
from services.kit.process.replica import Replica
from services.kit.process.route import Route
from services.kit.process.runtime import Context, Runtime
from services.kit.rpc.admission import Admission, Most
from services.kit.rpc.call_scope import CallLog
from services.kit.rpc.certificate import Certificate, caller
from services.kit.rpc.connections import Connections, hang_up
from services.kit.rpc.local import LocalChannel, LocalMesh
from services.kit.rpc.remote import Neighbours, RemoteChannel, targets
from services.kit.rpc.revocations import Revocations
from services.kit.rpc.server import FROM_NEIGHBOURS, PUBLIC, Server, aging, idle
from services.kit.rpc.tokens import Verifier
from services.kit.rpc.wrapper import Handler, Identify, Wrapper
from services.kit.values import config
from services.kit.values.addresses import Addresses
from services.kit.values.clock import Clock
from services.kit.values.config import Settings
from services.kit.values.ids import Ids

if TYPE_CHECKING:
    from services.kit.process.http_server import HttpServer

Build = Callable[[Runtime], Awaitable[Context]]
READY_LOOK_S = 1.0
# A server that has stopped cancels new calls, and a cancelled call is not retried. So other contexts get this long to
# see NOT_SERVING first.
HEARD_AFTER_S = 0.05
REVOCATIONS = "/eventhub.identity.v1.IdentityMesh/WatchRevocations"


def most_of(settings: Settings) -> Most:
    """The limits of admission, as far as they are settings."""
    return Most(
        calls_per_address=settings.calls_per_address,
        watches=settings.watches,
        watches_per_address=settings.watches_per_address,
    )


class Platform:
    """The contexts of this process. Call add() for each, then start(), and stop() at the end."""

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        ids: Ids,
        *,
        fetch_keys: Callable[[], Awaitable[Mapping[str, str]]] | None = None,
        certificate: Certificate | None = None,
        tracer: Tracer | None = None,
    ) -> None:
        """fetch_keys: returns the public keys that verify tokens; by default asks identity. certificate: for calls
        between processes; None if all contexts are in this one. tracer: records spans; None for none."""
        self.draining = self._said_ready = False
        self.metrics = Metrics(CollectorRegistry())
        self._tracer = tracer
        self._revocations = Revocations(clock)
        self._addresses = Addresses(settings.gateways)
        self.admission = Admission(clock, ids.jitter, self.metrics, most=most_of(settings))
        self._wrapper = Wrapper(
            clock,
            ids,
            Verifier(clock, fetch_keys or self._signing_keys, self._revocations.cover),
            self.admission,
            addresses=self._addresses,
            call_log=CallLog(self.metrics, tracer),
            draining=self._is_draining,
            hang_up=lambda peer: hang_up(self.port, peer, self._addresses),
        )
        self.mesh = LocalMesh(self._wrapper)
        self.runtime = self._runtime(settings, clock, ids, certificate)
        self.contexts: list[Context] = []
        self.port = self.mesh_port = self.health_port = self.http_port = self.metrics_port = 0
        self._name = ids.new("prc")
        self._certificate = certificate
        self._neighbours = Neighbours(targets(settings.neighbours), certificate, clock) if certificate else None
        self._servers: list[Server] = []
        self._sites: list[HttpServer] = []
        self._loops: list[asyncio.Task[None]] = []
        self._log = log.get("platform")

    def _runtime(self, settings: Settings, clock: Clock, ids: Ids, certificate: Certificate | None) -> Runtime:
        return Runtime(
            settings=settings,
            clock=clock,
            ids=ids,
            channel=self.channel,
            draining=self._is_draining,
            metrics=self.metrics,
            migrates=certificate is None or not config.database_url(settings),
        )

    def _is_draining(self) -> bool:
        return self.draining

    def channel(self, context: str) -> grpc.aio.Channel:
        """The channel that a context uses to call others. context: the calling context."""
        own = LocalChannel(self.mesh, context)
        return own if self._neighbours is None else RemoteChannel(self._neighbours, own, context, self.runtime.ids)

    async def start_health(self) -> None:
        """Opens the port for probes. It says alive from now on, and ready once start() has finished."""
        self.health_port = await self._serve(self.runtime.settings.health_port, ())

    async def add(self, build: Build) -> Context:
        """Builds a context, and lets the other contexts call it."""
        context = await build(self.runtime)
        for method, handler in context.methods():
            self.mesh.add(method, handler)
        self.contexts.append(context)
        return context

    async def start(self) -> None:
        """Opens the ports and starts the loops. The attributes port, mesh_port, http_port and metrics_port hold the
        ports."""
        settings = self.runtime.settings
        await self._open_http()
        self.runtime.public_url = settings.public_url or f"http://{settings.host}:{self.http_port}"
        for context in self.contexts:
            self._begin_loops(context)
        served = list(self.mesh.methods.values())
        self.port = await self._serve(settings.port, [(rpc, handler) for rpc, handler in served if not rpc.internal])
        connections = Connections(self.port, settings.connections_per_address, self._addresses)
        self._begin("connections", partial(connections.watch, self.runtime.clock))
        if self._certificate is not None and self._neighbours is not None:
            credentials = self._certificate.for_a_server()
            self.mesh_port = await self._serve(settings.mesh_port, served, caller, credentials)
            self._begin("neighbours", self._neighbours.renew)
        if REVOCATIONS in self.mesh.methods or (self.contexts and self._neighbours is not None):
            self._begin("revocations", partial(self._revocations.follow, self._watch_revocations))
        if settings.queue_probe_s:
            self._begin("queue probe", QueueProbe(self.admission, self.metrics, self.runtime, self.port).run)
        await self.tell(ready=await self._ready())
        self._begin("readiness", self._watch_readiness)

    async def stop(self, grace_s: float | None = None) -> None:
        """Shuts down: says NOT_SERVING, waits until clients have noticed, ends watches, lets calls finish, ends the
        loops, closes the databases.

        grace_s: seconds that running calls may still take; by default from the settings.
        """
        settings = self.runtime.settings
        for task in self._loops:
            if task.get_name() == "readiness":
                task.cancel()
        await self.tell(ready=False)
        if settings.drain_s:
            await self.runtime.clock.sleep(settings.drain_s)
        elif self._neighbours is not None:
            await asyncio.sleep(HEARD_AFTER_S)
        self.draining = True
        grace_s = settings.grace_s if grace_s is None else grace_s
        await asyncio.gather(*(server.stop(grace_s) for server in self._servers))
        await asyncio.gather(*(site.stop() for site in self._sites))
        for task in self._loops:
            task.cancel()
        await asyncio.gather(*self._loops, return_exceptions=True)
        await self._close()

    async def _close(self) -> None:
        for context in self.contexts:
            if context.stop is not None:
                await context.stop()
        if self._neighbours is not None:
            await self._neighbours.close()
        for context in self.contexts:
            if context.own_database is not None:
                await context.own_database.close()
        if self._tracer is not None:
            await asyncio.to_thread(self._tracer.close)

    async def failed(self) -> None:
        """Returns when a loop has ended. Loops never end by themselves, so the process must then stop."""
        await asyncio.wait(self._loops, return_when=asyncio.FIRST_COMPLETED)

    async def _serve(
        self,
        port: int,
        methods: Iterable[tuple[Method, Handler]],
        identify: Identify | None = None,
        credentials: grpc.ServerCredentials | None = None,
    ) -> int:
        settings = self.runtime.settings
        options = FROM_NEIGHBOURS if identify else (*PUBLIC, *idle(settings.connection_idle_s))
        ages = aging(settings.connection_age_s, settings.connection_grace_s)
        shows = self._shown() if settings.reflection == "yes" else None
        server = Server(self._wrapper, methods, identify, options=(*ages, *options), shows=shows)
        self._servers.append(server)
        return await server.start(f"{settings.host}:{port}", credentials)

    def _shown(self) -> list[str]:
        """The further services that reflection lists: in a mesh of processes all public ones, so that behind a proxy
        any process can answer for all."""
        public = {method.service for method in contract.by_path().values() if not method.internal}
        return sorted(public) if self._certificate is not None else []

    async def _open_http(self) -> None:
        """Opens the HTTP port if a context has routes, and the metrics port."""
        settings = self.runtime.settings
        routes = [route for context in self.contexts for route in context.routes]
        if routes:
            self.http_port = await self._open_site(routes, settings.http_port)
        if settings.metrics_port >= 0:
            self.metrics_port = await self._open_site([metrics_page(self.metrics.registry)], settings.metrics_port)

    async def _open_site(self, routes: list[Route], port: int) -> int:
        from services.kit.process.http_server import HttpServer  # noqa: PLC0415 - takes megabytes; not every process needs it

        site = HttpServer(routes, self._addresses)
        self._sites.append(site)
        return await site.start(self.runtime.settings.host, port)

    async def _ready(self) -> bool:
        databases = [context.own_database for context in self.contexts if context.own_database is not None]
        return all([await database.ready() for database in databases])

    async def tell(self, *, ready: bool) -> None:
        """Sets the health of all servers."""
        self._said_ready = ready
        for server in self._servers:
            server.say(ready=ready)

    async def _watch_readiness(self) -> None:
        """Sets health to NOT_SERVING while a database is away."""
        while True:
            await self.runtime.clock.sleep(READY_LOOK_S)
            ready = await self._ready()
            if ready is not self._said_ready:
                self._log.warning("readiness", ready=ready)
                await self.tell(ready=ready)

    def _begin_loops(self, context: Context) -> None:
        database, clock = context.own_database, self.runtime.clock
        leases = database.leases() if database is not None else None
        if database is not None and leases is not None:
            shards, loops = database.shards, context.loops
            replica = Replica(context.name, leases, shards, name=self._name, clock=clock, loops=loops)
            self._begin(context.name, replica.run)
        else:
            for _, loop in context.loops:
                self._begin(context.name, loop)
        for loop in context.everywhere:
            self._begin(context.name, loop)
        self._begin(context.name, partial(keep_reading, context.name, context.gauges, self.metrics, self.runtime.clock))

    def _begin(self, name: str, loop: Callable[[], Awaitable[None]]) -> None:
        self._loops.append(asyncio.create_task(self._owned(name, loop), name=name))

    async def _owned(self, name: str, loop: Callable[[], Awaitable[None]]) -> None:
        tracing.recorder.set(self._tracer)
        try:
            await loop()
        except asyncio.CancelledError:
            raise
        except Exception as error:
            self._log.error("loop failed", context=name, **log.error_location(error))
            raise

    def _to_identity(self) -> grpc.aio.Channel:
        """The channel for this process's own questions to identity."""
        if self._neighbours is None or REVOCATIONS in self.mesh.methods:
            return LocalChannel(self.mesh, contract.EDGE)
        return self.channel(self.contexts[0].name)

    async def _signing_keys(self) -> Mapping[str, str]:
        answer = await IdentityServiceStub(self._to_identity()).GetSigningKeys(GetSigningKeysRequest())
        return {key.key_id: key.x for key in answer.keys}

    def _watch_revocations(self) -> AsyncIterable[WatchRevocationsResponse]:
        return IdentityMeshStub(self._to_identity()).WatchRevocations(WatchRevocationsRequest())
