"""Runs platforms for a measurement, and checks the data of each after its run."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractContextManager, AsyncExitStack, asynccontextmanager, nullcontext
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from eventhub.client import EventHub
from eventhub.inventory.v1.inventory_service_pb2 import GetAvailabilityRequest
from eventhub.reporting.v1.reporting_service_pb2 import GetSalesReportRequest
from scripts.measurements import events, invariants
from scripts.measurements.driver import Wires, patiently
from scripts.measurements.guests import Guests, Sale
from scripts.measurements.invariants import Acknowledged
from scripts.measurements.servers import BEHIND_A_GATEWAY, ROOT, connected, folder_on_disk, running, up
from scripts.measurements.yardstick import Yardstick
from scripts.story import organizer

# One connection cannot carry all calls that are under way.
CONNECTIONS = 2
LOOK_S = 0.1
# Mails may take as long as they like, if at least one is sent within this time.
STALLED_S = 20.0
# Reporting follows by its feeds.
REPORTED_WITHIN_S = 20.0


class NotSettled(Exception):
    """The platform stopped finishing orders or sending their mails."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Platform:
    """A running platform. owner: the client of its organizer. acknowledged: the writes that it has answered. sales: the
    events that it sells."""

    address: str
    pid: int
    folder: Path
    ready_s: float
    owner: EventHub
    wires: Wires
    guests: Guests
    acknowledged: Acknowledged
    sales: list[Sale] = field(default_factory=list)

    async def conference(self, places: int = events.PLACES) -> Sale:
        """Opens an event with general places."""
        self.sales.append(Sale(*await events.add_conference(self.owner, places)))
        return self.sales[-1]

    async def hall(self, seats: int) -> Sale:
        """Opens an event with numbered seats."""
        self.sales.append(await events.add_hall(self.owner, seats))
        return self.sales[-1]

    async def settle(self) -> None:
        """Waits until each order is decided and each paid one has its mail. Raises NotSettled."""
        left, moved = -1, time.monotonic()
        while found := await asyncio.to_thread(invariants.unfinished, self.folder):
            if found != left:
                left, moved = found, time.monotonic()
            if time.monotonic() - moved > STALLED_S:
                raise NotSettled(f"{found} orders are undecided or lack a mail, unchanged for {STALLED_S:.0f} seconds")
            await asyncio.sleep(LOOK_S)

    async def misreported(self) -> list[str]:
        """Returns a sentence for each count that the platform's own RPCs tell differently from its databases."""
        found = []
        for sale in self.sales:
            found += await self._miscounted(sale)
            wanted = await asyncio.to_thread(invariants.revenue_minor, self.folder, sale.event_id)
            told, until = -1, time.monotonic() + REPORTED_WITHIN_S
            while told != wanted and time.monotonic() < until:
                request = GetSalesReportRequest(event_id=sale.event_id)
                report = await patiently(partial(self.owner.reporting.GetSalesReport, request))
                told = report.report.revenue.minor
                await asyncio.sleep(0 if told == wanted else LOOK_S)
            if told != wanted:
                found.append(f"GetSalesReport tells a revenue of {told} of {sale.event_id}; paid orders have {wanted}")
        return found

    async def _miscounted(self, sale: Sale) -> list[str]:
        request = GetAvailabilityRequest(event_id=sale.event_id)
        (told,) = (await patiently(lambda: self.owner.inventory.GetAvailability(request))).types
        wanted = await asyncio.to_thread(invariants.available, self.folder, sale.event_id)
        if told.available == wanted:
            return []
        return [f"GetAvailability tells {told.available} places of {sale.event_id}; {wanted} are free"]


@dataclass(slots=True)
class Host:
    """Runs platforms from the sources in root, and collects the violations of all of them. yardstick: the same for all
    rounds. pinned: makes each platform start on a processor of its own."""

    yardstick: Yardstick
    root: Path = ROOT
    violations: list[str] = field(default_factory=list)

    @asynccontextmanager
    async def platform(
        self,
        pinned: AbstractContextManager[None] | None = None,
        connections: int = CONNECTIONS,
        settings: Mapping[str, str] | None = None,
    ) -> AsyncIterator[Platform]:
        """Runs a platform on an empty data folder, and checks the folder after the block and a regular stop.

        pinned: entered while the process starts. settings: environment variables of the server.
        """
        with folder_on_disk() as folder:
            acknowledged = Acknowledged()
            async with AsyncExitStack() as stack:
                server = running(*up(str(folder)), root=self.root, **BEHIND_A_GATEWAY, **(settings or {}))
                with pinned or nullcontext():
                    address, pid, ready_s = await stack.enter_async_context(server)
                owner = await stack.enter_async_context(EventHub(address))
                await organizer.register(owner)
                wires = Wires(await stack.enter_async_context(connected(address, connections)))
                platform = Platform(
                    address=address,
                    pid=pid,
                    folder=folder,
                    ready_s=ready_s,
                    owner=owner,
                    wires=wires,
                    guests=Guests(wires),
                    acknowledged=acknowledged,
                )
                yield platform
                await platform.settle()
                self.violations += await platform.misreported()
            self.violations += await asyncio.to_thread(invariants.violations, folder, acknowledged)
