"""What runs in a mesh: one row a process."""

import os
import socket
from collections.abc import Iterable
from dataclasses import dataclass, fields
from itertools import chain

# What a context asks while it answers: those are to be up before it, so that its first calls find them. Feeds go the
# other way round and find each other later.
NEEDS = {
    "identity": (),
    "catalog": ("identity", "inventory"),
    "inventory": ("identity",),
    "pricing": ("identity", "catalog"),
    "payments": ("identity",),
    "orders": ("identity", "inventory", "pricing", "payments"),
    "ticketing": ("identity", "catalog"),
    "notifications": ("identity", "catalog", "ticketing"),
    "reporting": ("identity", "catalog"),
}
FIRST_PORT = 7100
PORTS_EACH = 10
LOWEST, HIGHEST = 12_000, 32_000


@dataclass(frozen=True, slots=True)
class Ports:
    """Where a process listens; see services.kit.values.config."""

    public: int
    mesh: int
    health: int
    http: int
    metrics: int


@dataclass(frozen=True, slots=True)
class Service:
    """One process: "inventory-2" runs inventory."""

    name: str
    context: str
    ports: Ports
    needs: tuple[str, ...]
    host: str = "127.0.0.1"


def table(two: Iterable[str] = (), first_port: int = FIRST_PORT) -> list[Service]:
    """A process a context, two for those named, in the order they are started. first_port: where their ports begin, ten
    a process; 0: whatever is free. Raises ValueError for what is no context."""
    twice = set(two)
    if not twice <= NEEDS.keys():
        raise ValueError(f"no context: {', '.join(sorted(twice - NEEDS.keys()))}")
    wanted = [(context, n) for context in in_order() for n in ((1, 2) if context in twice else (1,))]
    first_port = first_port or free_block(PORTS_EACH * len(wanted))
    rows = []
    for row, (context, n) in enumerate(wanted):
        start = first_port + PORTS_EACH * row
        ports = Ports(*range(start, start + len(fields(Ports))))
        rows.append(Service(f"{context}-{n}", context, ports, NEEDS[context]))
    return rows


def levels() -> list[list[str]]:
    """The contexts in groups, each group after all it needs."""
    placed: list[list[str]] = []
    while (done := set(chain.from_iterable(placed))) != NEEDS.keys():
        placed.append([name for name, needs in NEEDS.items() if name not in done and set(needs) <= done])
    return placed


def in_order() -> list[str]:
    """The contexts, each after those it needs."""
    return list(chain.from_iterable(levels()))


def free_block(count: int) -> int:
    """The first of so many ports in a row that nobody listens on now. They lie below those that the system gives to
    connections, which would take them before they are used; two who look at once begin at different places."""
    start = LOWEST + os.getpid() * count % (HIGHEST - LOWEST)
    for step in range(0, HIGHEST - LOWEST, count):
        first = LOWEST + (start - LOWEST + step) % (HIGHEST - LOWEST - count)
        if all(is_free(port) for port in range(first, first + count)):
            return first
    raise ValueError(f"no {count} free ports in a row")


def is_free(port: int) -> bool:
    """Whether nobody listens there."""
    with socket.socket() as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            one.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def neighbours(rows: Iterable[Service]) -> str:
    """Where the mesh ports are, as EVENTHUB_NEIGHBOURS says it."""
    found: dict[str, list[str]] = {}
    for row in rows:
        found.setdefault(row.context, []).append(f"{row.host}:{row.ports.mesh}")
    return ";".join(f"{context}=ipv4:{','.join(where)}" for context, where in found.items())


def public(rows: Iterable[Service]) -> dict[str, str]:
    """Where each context's public services are, for eventhub.client.EventHub."""
    found: dict[str, list[str]] = {}
    for row in rows:
        found.setdefault(row.context, []).append(f"{row.host}:{row.ports.public}")
    return {context: f"ipv4:{','.join(where)}" for context, where in found.items()}
