"""The pods of a mesh: each has its own address and the same ports; callers find it by a name that is cached for a
while."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, fields
from pathlib import Path

from eventhub.client import EventHub
from scripts.cluster import preparing, table
from scripts.cluster.names import Names, names
from scripts.cluster.running import Mesh
from scripts.cluster.table import NEEDS, Ports, Service

# Pods get 127.1.0.1 and up: all of 127.0.0.0/8 is this machine.
NETWORK = 0x7F010000
STOPS_WITHIN_S = 90.0


@dataclass(kw_only=True)
class Pods:
    """A mesh whose pods are replaced as a Deployment replaces them. ending: old pods that are shutting down."""

    mesh: Mesh
    names: Names
    ports: Ports
    ending: list["asyncio.Task[int]"] = field(default_factory=list)
    made: int = 0

    def row(self, context: str) -> Service:
        """Adds a row for another pod of a context."""
        self.made += 1
        address = NETWORK + self.made
        host = ".".join(str(byte) for byte in address.to_bytes(4, "big"))
        return Service(
            name=f"{context}-{self.made}", context=context, ports=self.ports, needs=NEEDS[context], host=host
        )

    def point_names(self) -> None:
        """Points the names at the current pods."""
        for context in NEEDS:
            self.names.addresses[context] = [row.host for row in self.mesh.rows if row.context == context]

    async def roll(self, context: str) -> int:
        """Replaces a context's pods one by one. Each new pod is ready before an old one gets SIGTERM. The old pod
        leaves the names at once and ends in the background. Returns the number of pods replaced."""
        olds = [row for row in self.mesh.rows if row.context == context]
        for old in olds:
            new = self.row(context)
            await self.mesh.start_one(new)
            self.mesh.rows = [*(row for row in self.mesh.rows if row is not old), new]
            self.point_names()
            self.ending.append(asyncio.create_task(self.mesh.stop_one(old, STOPS_WITHIN_S)))
        return len(olds)

    def hub(self) -> EventHub:
        """Returns a client that has not signed in and calls the current pods, as a gateway does."""
        return EventHub(table.public(self.mesh.rows))


@asynccontextmanager
async def pods(folder: Path, twice: tuple[str, ...], *, cached_s: float, **settings: str) -> AsyncIterator[Pods]:
    """Runs a mesh. twice: the contexts with two pods. cached_s: seconds for which names are cached. settings: for all
    processes."""
    ports = Ports.after(table.free_block(len(fields(Ports))))
    with preparing.postgres(folder) as url:
        await preparing.prepare(folder, url)
        async with names(cached_s) as (known, dns):
            where = f"dns://127.0.0.1:{dns}/{{context}}:{ports.mesh}"
            up = Pods(mesh=Mesh(folder, [], url, neighbours=where, **settings), names=known, ports=ports)
            up.mesh.rows = [up.row(context) for context in (*table.in_order(), *twice)]
            up.point_names()
            try:
                await up.mesh.start()
                yield up
            finally:
                await up.mesh.stop()
                await asyncio.gather(*up.ending)
