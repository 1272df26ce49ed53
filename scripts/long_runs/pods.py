"""The pods of a mesh: each at an address of its own, with ports alike, found by a name that is cached for a while."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, fields
from pathlib import Path

from eventhub.client import EventHub
from scripts.cluster import ground, table
from scripts.cluster.names import Names, names
from scripts.cluster.running import Mesh
from scripts.cluster.table import NEEDS, Ports, Service

# 127.1.0.1 and on: the whole of 127.0.0.0/8 is this machine.
NETWORK = 0x7F010000
STOPS_WITHIN_S = 90.0


@dataclass
class Pods:
    """A mesh whose pods are replaced as a Deployment replaces them. ending: those that were told to end."""

    mesh: Mesh
    names: Names
    ports: Ports
    ending: list["asyncio.Task[int]"] = field(default_factory=list)
    made: int = 0

    def row(self, context: str) -> Service:
        """Another pod of a context."""
        self.made += 1
        address = NETWORK + self.made
        host = ".".join(str(byte) for byte in address.to_bytes(4, "big"))
        return Service(f"{context}-{self.made}", context, self.ports, NEEDS[context], host)

    def told(self) -> None:
        """Has the names stand for the pods there are."""
        for context in NEEDS:
            self.names.addresses[context] = [row.host for row in self.mesh.rows if row.context == context]

    async def roll(self, context: str) -> int:
        """Replaces the pods of a context one by one: the next one is up before an old one is told to end. An old one
        leaves the names at once, and is not waited for. How many there were."""
        olds = [row for row in self.mesh.rows if row.context == context]
        for old in olds:
            new = self.row(context)
            await self.mesh.start_one(new)
            self.mesh.rows = [*(row for row in self.mesh.rows if row is not old), new]
            self.told()
            self.ending.append(asyncio.create_task(self.mesh.stop_one(old, STOPS_WITHIN_S)))
        return len(olds)

    def hub(self) -> EventHub:
        """A client that has not signed in, and knows the pods there are, as a gateway does."""
        return EventHub(table.public(self.mesh.rows))


@asynccontextmanager
async def pods(folder: Path, twice: tuple[str, ...], *, cached_s: float, **settings: str) -> AsyncIterator[Pods]:
    """A mesh that is up. twice: the contexts of two pods. cached_s: how long names are. settings: for all processes."""
    first = table.free_block(len(fields(Ports)))
    ports = Ports(*range(first, first + len(fields(Ports))))
    with ground.postgres(folder) as url:
        await ground.prepare(folder, url)
        async with names(cached_s) as (known, dns):
            where = f"dns://127.0.0.1:{dns}/{{context}}:{ports.mesh}"
            up = Pods(Mesh(folder, [], url, neighbours=where, **settings), known, ports)
            up.mesh.rows = [up.row(context) for context in (*table.in_order(), *twice)]
            up.told()
            try:
                await up.mesh.start()
                yield up
            finally:
                await up.mesh.stop()
                await asyncio.gather(*up.ending)
