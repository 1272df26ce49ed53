"""What measurements stand on: servers as processes of their own, and an event with places that do not run out."""

import asyncio
import contextlib
import itertools
import math
import os
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import grpc
from google.protobuf.duration_pb2 import Duration

from eventhub.catalog.v1 import catalog_pb2, catalog_service_pb2
from eventhub.client import EventHub, new_guest_id, new_id
from eventhub.identity.v1.identity_service_pb2 import StartGuestRequest, StartGuestResponse
from eventhub.inventory.v1.inventory_service_pb2 import HoldItem, HoldRequest
from scripts.story import organizer
from scripts.story.stage import FREE_PORTS, READY

AT_ONCE = 48
# As many as one person may have at once.
HOLDS_EACH = 5
PLACES = 1_000_000
DEADLINE_S = 2.0
START_GUEST = "/eventhub.identity.v1.IdentityService/StartGuest"
HOLD = "/eventhub.inventory.v1.InventoryService/Hold"
# For a server that is told by its callers for whom they call.
BEHIND_A_GATEWAY = {"EVENTHUB_GATEWAYS": "127.0.0.0/8"}
Ask = Callable[[], Awaitable[object]]
Headers = tuple[tuple[str, str], ...]


@asynccontextmanager
async def running(*command: str, **environment: str) -> AsyncIterator[tuple[str, int, float]]:
    """A server process: its address, its id, and the seconds until it said that it is ready."""
    started = time.monotonic()
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *command,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, **environment},
    )
    try:
        assert process.stdout is not None
        found = READY.search((await process.stdout.readline()).decode())
        assert found is not None, "the server has started"
        yield found[1], process.pid, time.monotonic() - started
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGTERM)
        await process.wait()


@asynccontextmanager
async def connected(address: str, connections: int) -> AsyncIterator[list[grpc.aio.Channel]]:
    """So many channels, each with a connection of its own."""
    options = (("grpc.use_local_subchannel_pool", 1),)  # else all channels would share one connection
    async with AsyncExitStack() as stack:
        wires = [grpc.aio.insecure_channel(address, options=options) for _ in range(connections)]
        yield [await stack.enter_async_context(wire) for wire in wires]


def up(folder: str) -> tuple[str, ...]:
    """The command that runs the platform."""
    return ("-m", "services.up", "--data-dir", folder, *FREE_PORTS)


def resident_mb(pid: int) -> float:
    """A process's resident memory."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024


async def rate(ask: Ask, seconds: float, at_once: int = AT_ONCE) -> float:
    """Answers a second, with so many calls under way."""
    until = time.monotonic() + seconds
    done = 0

    async def one() -> None:
        nonlocal done
        while time.monotonic() < until:
            await ask()
            done += 1

    started = time.monotonic()
    await asyncio.gather(*(one() for _ in range(at_once)))
    return done / (time.monotonic() - started)


async def open_conference(hub: EventHub) -> tuple[str, str]:
    """An event with so many places that they do not run out. Its id and its ticket type's."""
    await organizer.register(hub)
    venue_id, event_id = new_id("ven"), new_id("evt")
    venue = catalog_service_pb2.CreateVenueRequest(venue_id=venue_id, name="Arena", time_zone=organizer.ZONE)
    await hub.catalog.CreateVenue(venue)
    event = catalog_service_pb2.CreateEventRequest(
        event_id=event_id,
        title="Conferência",
        kind=catalog_pb2.EVENT_KIND_CONFERENCE,
        admission=catalog_pb2.ADMISSION_GENERAL,
        venue_id=venue_id,
        starts_local=organizer.in_days(60, 9),
        duration=Duration(seconds=3600),
        capacity=PLACES,
        currency="BRL",
    )
    await hub.catalog.CreateEvent(event)
    kind = await organizer.add_type(hub, event_id, "Passe", catalog_pb2.TICKET_KIND_GENERAL, 1_000)
    await hub.catalog.PublishEvent(catalog_service_pb2.PublishEventRequest(event_id=event_id))
    return event_id, kind


class Guests:
    """Guests, each at an address of their own, who hold in turn and no more than one person may."""

    def __init__(self, wire: grpc.aio.Channel) -> None:
        """wire: to identity, which believes who says that they call for somebody else."""
        self._start_guest: Any = wire.unary_unary(START_GUEST)
        self._started = 0
        self._turns: deque[Headers] = deque()

    async def invite(self, holds: int) -> None:
        """Starts guests until all of them together may hold so often."""
        missing = max(0, math.ceil((holds - len(self._turns)) / HOLDS_EACH))
        room = asyncio.Semaphore(AT_ONCE)

        async def start(number: int) -> Headers:
            async with room:
                return await self._start(number)

        fresh = await asyncio.gather(*(start(self._started + n) for n in range(missing)))
        self._started += missing
        self._turns.extend(fresh * HOLDS_EACH)

    async def _start(self, number: int) -> Headers:
        address = ("x-forwarded-for", f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}")
        request = StartGuestRequest(guest_id=new_guest_id(), name="Ana", email=f"ana{number}@example.com")
        answer = await self._start_guest(request.SerializeToString(), metadata=(address,))
        token = StartGuestResponse.FromString(answer).tokens.access_token
        return ("authorization", f"Bearer {token}"), address

    def next(self) -> Headers:
        """What goes along with the next guest's hold."""
        return self._turns.popleft()


class Holds:
    """One hold after the other, each of the next guest."""

    def __init__(self, wires: Sequence[grpc.aio.Channel], guests: Guests, event_id: str, kind: str) -> None:
        """wires: to inventory, taken in turn. event_id, kind: what is held."""
        self._calls: Iterator[Any] = itertools.cycle([wire.unary_unary(HOLD) for wire in wires])
        self._guests = guests
        self._event_id = event_id
        self._items = [HoldItem(ticket_type_id=kind, quantity=1)]

    def ask(self) -> Any:
        """The next call."""
        request = HoldRequest(hold_id=new_id("hld"), event_id=self._event_id, items=self._items)
        return next(self._calls)(request.SerializeToString(), timeout=DEADLINE_S, metadata=self._guests.next())
