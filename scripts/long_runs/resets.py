"""Floods a server with resets, and measures the calls of other callers meanwhile."""

import asyncio
import math
import sys
import time
from collections.abc import Awaitable
from dataclasses import dataclass, field
from pathlib import Path

from eventhub.client import EventHub, new_guest_id, new_id
from eventhub.identity.v1.identity_service_pb2 import StartGuestRequest
from eventhub.inventory.v1.inventory_service_pb2 import HoldRequest, ReleaseHoldRequest
from eventhub.refusal import Refusal
from eventhub.refusals import Overloaded
from scripts.measurements import events, servers

PATH = "/eventhub.catalog.v1.CatalogService/SearchEvents"
PAUSE_S = 0.02


@dataclass(frozen=True, slots=True)
class Plan:
    """resets: streams begun and reset, within `seconds`, over some connections."""

    resets: int = 100_000
    seconds: float = 8.0
    connections: int = 4


@dataclass(slots=True)
class Result:
    """Outcomes of the other callers' calls. put_off: calls refused with a time to retry. grown_mb: growth of the
    server's memory."""

    answered_s: list[float] = field(default_factory=list)
    lost: dict[str, int] = field(default_factory=dict)
    put_off: int = 0
    grown_mb: float = 0.0

    def p99_ms(self) -> float:
        """Returns the 99th percentile of the answered calls' times; infinity without answers."""
        return sorted(self.answered_s)[int(len(self.answered_s) * 0.99)] * 1000 if self.answered_s else math.inf

    def __str__(self) -> str:
        """Summarises the run in one line."""
        return (
            f"{len(self.answered_s)} answered, p99 {self.p99_ms():.0f} ms, {self.put_off} told to come again, "
            f"lost: {self.lost or 'none'}, memory {self.grown_mb:+.0f} MB"
        )


async def play(folder: Path, plan: Plan) -> Result:
    """Floods a server while other callers use it, and returns the outcomes of their calls."""
    result, over = Result(), asyncio.Event()
    async with servers.running(*servers.up(str(folder))) as (address, pid, _), EventHub(address) as hub:
        event_id, ticket_type_id = await events.open_conference(hub)
        before = servers.resident_mb(pid)
        buyers = [asyncio.create_task(buyer(address, event_id, ticket_type_id, result, over)) for _ in range(4)]
        asked = (address.rpartition(":")[2], PATH, plan.resets, plan.seconds, plan.connections)
        command = [sys.executable, "-m", "scripts.long_runs.flood", *map(str, asked)]
        flood = await asyncio.create_subprocess_exec(*command)
        try:
            await flood.wait()
        finally:
            over.set()
            await asyncio.gather(*buyers)
        result.grown_mb = servers.resident_mb(pid) - before
    return result


async def buyer(address: str, event_id: str, ticket_type_id: str, result: Result, over: asyncio.Event) -> None:
    """Holds a place and releases it, again and again, each time over a new connection."""
    guest = StartGuestRequest(guest_id=new_guest_id(), name="Ana", email="ana@example.com")
    async with EventHub(address) as hub:
        tokens = (await hub.identity.StartGuest(guest)).tokens
    while not over.is_set():
        async with EventHub(address) as hub:
            hub.tokens = tokens
            hold = HoldRequest(hold_id=new_id("hld"), event_id=event_id)
            hold.items.add(ticket_type_id=ticket_type_id, quantity=1)
            if await answered(hub.inventory.Hold(hold), result):
                await answered(hub.inventory.ReleaseHold(ReleaseHoldRequest(hold_id=hold.hold_id)), result)
        await asyncio.sleep(PAUSE_S)


async def answered(call: Awaitable[object], result: Result) -> bool:
    """Waits for a call, counts its outcome, and tells whether it was answered."""
    started = time.monotonic()
    try:
        await call
    except Overloaded:
        result.put_off += 1
        return False
    except Refusal as refused:
        result.lost[refused.reason] = result.lost.get(refused.reason, 0) + 1
        return False
    result.answered_s.append(time.monotonic() - started)
    return True
