"""What measurements stand on: servers as processes of their own, and an event with places that do not run out."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from google.protobuf.duration_pb2 import Duration

from eventhub.catalog.v1 import catalog_pb2, catalog_service_pb2
from eventhub.client import EventHub, new_guest_id, new_id
from eventhub.identity.v1.identity_service_pb2 import StartGuestRequest
from eventhub.inventory.v1.inventory_service_pb2 import HoldItem, HoldRequest
from scripts.story import organizer
from scripts.story.stage import FREE_PORTS, READY

AT_ONCE = 48
PLACES = 1_000_000
Ask = Callable[[], Awaitable[object]]


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


async def hold_asker(hub: EventHub) -> Ask:
    """Asks for one hold after the other, as a guest."""
    event_id, kind = await open_conference(hub)
    guest = StartGuestRequest(guest_id=new_guest_id(), name="Ana", email="ana@example.com")
    hub.tokens = (await hub.identity.StartGuest(guest)).tokens
    items = [HoldItem(ticket_type_id=kind, quantity=1)]

    async def ask() -> None:
        await hub.inventory.Hold(HoldRequest(hold_id=new_id("hld"), event_id=event_id, items=items))

    return ask
