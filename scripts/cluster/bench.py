"""Measures the mesh beside the same platform in one process: scripts/mesh bench [--json FILE]."""

import asyncio
import json
import math
import statistics
import tempfile
import time
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, TypeVar

from eventhub.client import EventHub, new_guest_id, new_id
from eventhub.identity.v1.identity_service_pb2 import GetSigningKeysRequest, StartGuestRequest
from eventhub.identity.v1.identity_service_pb2_grpc import IdentityServiceStub
from eventhub.inventory.v1.inventory_service_pb2 import HoldItem, HoldRequest
from eventhub.orders.v1.orders_pb2 import ORDER_STATE_PAID
from eventhub.orders.v1.orders_service_pb2 import CheckoutRequest
from eventhub.refusals import Overloaded
from scripts.cluster import preparing, running, table
from scripts.cluster.running import Mesh
from scripts.measurements import driver, events, servers
from services.kit.rpc.certificate import Certificate
from services.kit.rpc.remote import Neighbours, targets
from services.kit.values.clock import SystemClock

T = TypeVar("T")

AT_ONCE = 24
WARM_UP_S = 3.0
ROUND_S = 6.0
ROUNDS = 3
HOPS = 3_000
HOPS_UNCOUNTED = 300
STARTS = 3
CARD = CheckoutRequest.Card(token="tok_ok")  # noqa: S106 - the sandbox provider's


async def measure() -> dict[str, Any]:
    """mesh_rate, embedded_rate: purchases a second by AT_ONCE buyers, medians of rounds that alternate between the two.
    ratio: mesh_rate divided by embedded_rate. hop_p99_ms: a cheap call from one process to another over mutual TLS.
    ready_s: start-up of one process alone (best of STARTS), and of all. memory_mb: by process, after the load."""
    with tempfile.TemporaryDirectory(prefix="eventhub-bench-") as name:
        folder = Path(name)
        with preparing.postgres(folder) as url:
            await preparing.prepare(folder, url)
            rows = table.table(first_port=0)
            alone_s = min([await start_alone(Mesh(folder, rows, url), rows[0]) for _ in range(STARTS)])
            started = time.monotonic()
            async with running.mesh(folder, rows, url) as mesh:
                ready_s = time.monotonic() - started
                rates = await purchases(mesh)
                hop_p99_ms = await hop(mesh)
                memory = {row.name: round(servers.resident_mb(mesh.processes[row.name].pid), 1) for row in rows}
    return {
        "mesh_rate": round(rates["mesh"], 1),
        "embedded_rate": round(rates["embedded"], 1),
        "ratio": round(rates["mesh"] / rates["embedded"], 3),
        "hop_p99_ms": round(hop_p99_ms, 2),
        "ready_s": {"alone": round(alone_s, 2), "all": round(ready_s, 2)},
        "memory_mb": memory,
    }


async def start_alone(mesh: Mesh, row: table.Service) -> float:
    """Returns the seconds from a process's start until it is ready, on an otherwise idle machine."""
    await mesh.start_one(row)
    await mesh.stop_one(row)
    return mesh.ready_s[row.name]


async def purchases(mesh: Mesh) -> dict[str, float]:
    """Returns the purchases a second on the mesh, and in one process on SQLite."""
    with tempfile.TemporaryDirectory() as folder:
        async with servers.running(*servers.up(folder)) as (address, _, _), AsyncExitStack() as stack:
            targets: dict[str, str | Mapping[str, str]] = {"mesh": table.public(mesh.rows), "embedded": address}
            asks = {where: await buyers(target, stack) for where, target in targets.items()}
            found: dict[str, list[float]] = {where: [] for where in targets}
            for buy in asks.values():
                await driver.rate(buy, WARM_UP_S, AT_ONCE)
            for _ in range(ROUNDS):
                for where, buy in asks.items():
                    found[where].append(await driver.rate(buy, ROUND_S, AT_ONCE))
    return {where: statistics.median(rates) for where, rates in found.items()}


async def buyers(target: str | Mapping[str, str], stack: AsyncExitStack) -> driver.Ask:
    """Returns a function that makes the next of AT_ONCE guests buy one ticket, from the hold to the paid order. A
    single guest would exceed the limit of places that one person may hold. stack: closes the guests' connections."""
    async with EventHub(target) as hub:
        event_id, ticket_type_id = await events.open_conference(hub)
    items = [HoldItem(ticket_type_id=ticket_type_id, quantity=1)]
    free = deque([await stack.enter_async_context(EventHub(target)) for _ in range(AT_ONCE)])
    for n, guest in enumerate(free):
        start = StartGuestRequest(guest_id=new_guest_id(), name="Ana", email=f"ana{n}@example.com")
        guest.tokens = (await guest.identity.StartGuest(start)).tokens

    async def buy() -> None:
        guest = free.popleft()
        hold = HoldRequest(hold_id=new_id("hld"), event_id=event_id, items=items)
        await patiently(lambda: guest.inventory.Hold(hold))
        request = CheckoutRequest(order_id=new_id("ord"), hold_id=hold.hold_id, card=CARD)
        order = (await patiently(lambda: guest.orders.Checkout(request))).order
        assert order.state == ORDER_STATE_PAID, "only paid orders are counted"
        free.append(guest)

    return buy


async def patiently(call: Callable[[], Awaitable[T]]) -> T:
    """Returns a call's answer, and repeats the call after its RetryInfo when the server is overloaded."""
    while True:
        try:
            return await call()
        except Overloaded as refused:
            await asyncio.sleep(refused.retry_after_s or 1.0)


async def hop(mesh: Mesh) -> float:
    """Returns the 99th percentile of a call over the mesh, in milliseconds, with one call at a time."""
    shown = Certificate(mesh.folder / "certificates" / "reporting")
    neighbours = Neighbours(targets(table.neighbours(mesh.rows)), shown, SystemClock())
    stub = IdentityServiceStub(neighbours.wire("identity"))
    took = []
    for _ in range(HOPS + HOPS_UNCOUNTED):
        started = time.perf_counter()
        await stub.GetSigningKeys(GetSigningKeysRequest(), timeout=5)
        took.append((time.perf_counter() - started) * 1000)
    await neighbours.close()
    return percentile(took[HOPS_UNCOUNTED:], 0.99)


def percentile(values: list[float], share: float) -> float:
    """Returns the smallest value that at least this share of the values does not exceed."""
    return sorted(values)[math.ceil(len(values) * share) - 1]


def run(file: Path | None, say: Callable[[str], None] = print) -> None:
    """Measures, prints the figures, and writes them to a file if one is given."""
    figures = asyncio.run(measure())
    for name, figure in figures.items():
        say(f"{name:14} {json.dumps(figure)}")
    if file is not None:
        file.write_text(json.dumps(figures, indent=2) + "\n")
