"""Servers as separate processes and an event that never sells out, for measurements."""

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
# One person may have this many holds at once.
HOLDS_EACH = 5
PLACES = 1_000_000
DEADLINE_S = 2.0
START_GUEST = "/eventhub.identity.v1.IdentityService/StartGuest"
HOLD = "/eventhub.inventory.v1.InventoryService/Hold"
# Makes a server believe the x-forwarded-for of local callers, so each guest can have an address of their own.
BEHIND_A_GATEWAY = {"EVENTHUB_GATEWAYS": "127.0.0.0/8"}
Ask = Callable[[], Awaitable[object]]
Headers = tuple[tuple[str, str], ...]


@asynccontextmanager
async def running(*command: str, **environment: str) -> AsyncIterator[tuple[str, int, float]]:
    """Runs a server process. Yields its address, its process id, and the seconds until it reported ready."""
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
        assert found is not None, "the server printed its address"
        yield found[1], process.pid, time.monotonic() - started
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGTERM)
        await process.wait()


@asynccontextmanager
async def connected(address: str, connections: int) -> AsyncIterator[list[grpc.aio.Channel]]:
    """Opens several channels, each with a connection of its own."""
    options = (("grpc.use_local_subchannel_pool", 1),)  # without it, all channels share one connection
    async with AsyncExitStack() as stack:
        wires = [grpc.aio.insecure_channel(address, options=options) for _ in range(connections)]
        yield [await stack.enter_async_context(wire) for wire in wires]


def up(folder: str) -> tuple[str, ...]:
    """Returns the Python arguments that run the platform on free ports."""
    return ("-m", "services.up", "--data-dir", folder, *FREE_PORTS)


def resident_mb(pid: int) -> float:
    """Returns a process's resident memory, in megabytes."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024


async def rate(ask: Ask, seconds: float, at_once: int = AT_ONCE) -> float:
    """Measures answers a second while at_once calls are always under way."""
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
    """Publishes an event with a million places. Returns its id and its ticket type's id."""
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
    ticket_type_id = await organizer.add_type(hub, event_id, "Passe", catalog_pb2.TICKET_KIND_GENERAL, 1_000)
    await hub.catalog.PublishEvent(catalog_service_pb2.PublishEventRequest(event_id=event_id))
    return event_id, ticket_type_id


class Guests:
    """Guests, each at a different address. They hold in turn, and each holds no more than one person may."""

    def __init__(self, wire: grpc.aio.Channel) -> None:
        """wire: a channel to identity, which believes the x-forwarded-for of its callers."""
        self._start_guest: Any = wire.unary_unary(START_GUEST)
        self._started = 0
        self._turns: deque[Headers] = deque()

    async def invite(self, holds: int) -> None:
        """Starts guests until together they may make this many holds."""
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
        """Returns the metadata for the next guest's hold."""
        return self._turns.popleft()


class Holds:
    """Makes one hold after the other, each for the next guest."""

    def __init__(self, wires: Sequence[grpc.aio.Channel], guests: Guests, event_id: str, ticket_type_id: str) -> None:
        """wires: channels to inventory, used in turn. event_id, ticket_type_id: of the places to hold."""
        self._calls: Iterator[Any] = itertools.cycle([wire.unary_unary(HOLD) for wire in wires])
        self._guests = guests
        self._event_id = event_id
        self._items = [HoldItem(ticket_type_id=ticket_type_id, quantity=1)]

    def ask(self) -> Any:
        """Starts the next call."""
        request = HoldRequest(hold_id=new_id("hld"), event_id=self._event_id, items=self._items)
        return next(self._calls)(request.SerializeToString(), timeout=DEADLINE_S, metadata=self._guests.next())
