"""Contexts of different processes, here in one process, each with a certificate and wires to the others."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import grpc

from eventhub import contract
from eventhub.catalog.v1 import catalog_service_pb2 as catalog
from eventhub.catalog.v1.catalog_service_pb2_grpc import CatalogMeshStub
from scripts import certificates
from scripts.certificates import Authority
from services.kit.process.platform import Platform
from services.kit.rpc.call import Call
from services.kit.rpc.certificate import Certificate
from services.kit.rpc.local import LocalChannel
from services.kit.rpc.remote import Neighbours, RemoteChannel
from services.kit.values.config import Settings
from tests.fakes.clock import FakeClock
from tests.fakes.ids import FakeIds

if TYPE_CHECKING:
    from eventhub.catalog.v1.catalog_service_pb2_grpc import CatalogMeshAsyncStub

EVENTS = "/eventhub.catalog.v1.CatalogMesh/BatchGetEvents"
FEED = "/eventhub.catalog.v1.CatalogMesh/Feed"
REQUEST = catalog.BatchGetEventsRequest(event_ids=[f"evt_{1:026d}"])


class Wired:
    """Processes of a mesh. served: number of calls that each replica has answered. calls: all calls in order. pause:
    awaited before each answer."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = FakeClock()
        self.authority = certificates.authority()
        self.served: Counter[str] = Counter()
        self.calls: list[Call] = []
        self.replicas: dict[str, Platform] = {}
        self.pause: Callable[[], Awaitable[object]] = at_once
        self._neighbours: list[Neighbours] = []

    def certificate(self, name: str, context: str, signer: Authority | None = None, **odd: Any) -> Certificate:
        """Makes a certificate in a folder, or replaces the one there. odd: see scripts.certificates.issue."""
        certificates.issue(signer or self.authority, self.folder / name, context, **odd)
        return Certificate(self.folder / name)

    async def replica(self, name: str, host: str = "127.0.0.1", mesh_port: int = 0, **odd: Any) -> Platform:
        """Starts a process of catalog that serves other contexts."""
        settings = Settings(
            data_dir=self.folder, host=host, port=0, http_port=0, mesh_port=mesh_port, metrics_port=-1, health_port=0
        )
        platform = Platform(settings, self.clock, FakeIds(), certificate=self.certificate(name, "catalog", **odd))

        async def answer(request: catalog.BatchGetEventsRequest, call: Call) -> catalog.BatchGetEventsResponse:
            self.served[name] += 1
            self.calls.append(call)
            await self.pause()
            return catalog.BatchGetEventsResponse()

        async def feed(request: catalog.FeedRequest, call: Call) -> AsyncIterator[catalog.FeedResponse]:
            yield catalog.FeedResponse()
            await asyncio.Event().wait()

        platform.mesh.add(contract.by_path()[EVENTS], answer)
        platform.mesh.add(contract.by_path()[FEED], feed)
        await platform.start()
        self.replicas[name] = platform
        return platform

    def neighbours(self, shown: Certificate, target: str = "", **odd: Any) -> Neighbours:
        """The wires of a process that shows a certificate. target: catalog's gRPC target; by default the real one."""
        ports = ",".join(f"127.0.0.1:{platform.mesh_port}" for platform in self.replicas.values())
        wires = Neighbours(lambda _: target or f"ipv4:{ports}", shown, self.clock, **odd)
        self._neighbours.append(wires)
        return wires

    def catalog(self, context: str, neighbours: Neighbours) -> "CatalogMeshAsyncStub":
        """A stub of catalog, from another context."""
        own = next(iter(self.replicas.values())).mesh if self.replicas else None
        local = LocalChannel(own, context) if own else None
        channel: grpc.aio.Channel = RemoteChannel(neighbours, local, context, FakeIds())  # type: ignore[arg-type]
        return CatalogMeshStub(channel)

    def asked_by(self, context: str, **odd: Any) -> "CatalogMeshAsyncStub":
        """A stub of catalog, from a context that shows its own certificate."""
        return self.catalog(context, self.neighbours(self.certificate(context, context, **odd)))

    async def stop(self) -> None:
        """Stops all processes and wires."""
        for wires in self._neighbours:
            await wires.close()
        for platform in self.replicas.values():
            await platform.stop(grace_s=0.1)


async def at_once() -> None:
    """Returns at once, instead of a wait."""
