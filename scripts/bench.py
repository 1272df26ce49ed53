"""Measures the platform, each figure beside its yardstick of the same run.

smoke: how soon it is ready, what it weighs at rest, and how many holds a second it takes beside a bare gRPC server of
the same kind that only echoes.
"""

import argparse
import asyncio
import contextlib
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc
from google.protobuf.duration_pb2 import Duration

from eventhub.catalog.v1 import catalog_pb2, catalog_service_pb2
from eventhub.client import EventHub, new_id
from eventhub.identity.v1.identity_service_pb2 import StartGuestRequest
from eventhub.inventory.v1.inventory_service_pb2 import HoldItem, HoldRequest
from scripts.story import organizer
from scripts.story.stage import FREE_PORTS, READY

AT_ONCE = 48
ROUNDS = 3
ROUND_S = 3.0
WARM_UP_S = 1.0
REST_S = 2.0
STARTS = 3
PLACES = 1_000_000
ECHO = "/eventhub.bench.Echo/Echo"
Ask = Callable[[], Awaitable[object]]


async def serve_echo() -> None:
    """The yardstick: a bare grpc.aio server that answers what it is asked."""

    async def echo(data: bytes, _: object) -> bytes:
        return data

    server = grpc.aio.server()
    handler: Any = {"Echo": grpc.unary_unary_rpc_method_handler(echo)}
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("eventhub.bench.Echo", handler),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    print(f"gRPC 127.0.0.1:{port}, -", flush=True)
    await server.wait_for_termination()


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
    guest = StartGuestRequest(guest_id=new_id("gst"), name="Ana", email="ana@example.com")
    hub.tokens = (await hub.identity.StartGuest(guest)).tokens
    items = [HoldItem(ticket_type_id=kind, quantity=1)]

    async def ask() -> None:
        await hub.inventory.Hold(HoldRequest(hold_id=new_id("hld"), event_id=event_id, items=items))

    return ask


async def smoke() -> dict[str, float]:
    """ready_s: best of STARTS starts. idle_mb: resident memory, REST_S after start. hold_rate, echo_rate: medians of
    ROUNDS rounds taken in turns, calls a second. ratio: hold_rate by echo_rate."""
    ready, idle_mb = [], 0.0
    for _ in range(STARTS):
        with tempfile.TemporaryDirectory() as folder:
            async with running(*up(folder)) as (_, pid, ready_s):
                ready.append(ready_s)
                await asyncio.sleep(REST_S)
                idle_mb = resident_mb(pid)
    with tempfile.TemporaryDirectory() as folder:
        async with (
            running(*up(folder)) as (address, _, _),
            running("scripts/bench.py", "echo") as (echo_address, _, _),
            EventHub(address) as hub,
            grpc.aio.insecure_channel(echo_address) as channel,
        ):
            hold = await hold_asker(hub)
            stub: Any = channel.unary_unary(ECHO)

            async def echo() -> None:
                await stub(b"x" * 100)

            rates: dict[str, list[float]] = {"hold": [], "echo": []}
            await rate(echo, WARM_UP_S)
            await rate(hold, WARM_UP_S)
            for _ in range(ROUNDS):
                rates["echo"].append(await rate(echo, ROUND_S))
                rates["hold"].append(await rate(hold, ROUND_S))
    hold_rate, echo_rate = statistics.median(rates["hold"]), statistics.median(rates["echo"])
    return {
        "ready_s": round(min(ready), 2),
        "idle_mb": round(idle_mb, 1),
        "hold_rate": round(hold_rate, 1),
        "echo_rate": round(echo_rate, 1),
        "ratio": round(hold_rate / echo_rate, 3),
    }


def main() -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(prog="bench", description="Measures EventHub beside its yardsticks.")
    parser.add_argument("what", choices=["smoke", "echo"])
    parser.add_argument("--json", type=Path, help="also write the figures to a file")
    given = parser.parse_args()
    if given.what == "echo":
        asyncio.run(serve_echo())
        return
    figures = asyncio.run(smoke())
    for name, figure in figures.items():
        print(f"{name:10} {figure}")
    if given.json:
        given.json.write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
