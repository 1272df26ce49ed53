"""What runs in a mesh: one row a process."""

import socket
from collections.abc import Iterable
from dataclasses import asdict, dataclass

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


@dataclass(frozen=True, slots=True)
class Ports:
    """Where a process listens; see services.kit.config."""

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


def table(two: Iterable[str] = (), first_port: int = FIRST_PORT) -> list[Service]:
    """A process a context, two for those named, in the order they are started. first_port: where their ports begin, ten
    a process; 0: whatever is free. Raises ValueError for what is no context."""
    twice = set(two)
    if not twice <= NEEDS.keys():
        raise ValueError(f"no context: {', '.join(sorted(twice - NEEDS.keys()))}")
    rows: list[Service] = []
    for context in in_order():
        for n in (1, 2) if context in twice else (1,):
            count = len(asdict(Ports(0, 0, 0, 0, 0)))
            start = first_port + 10 * len(rows)
            ports = Ports(*(free_ports(count) if first_port == 0 else range(start, start + count)))
            rows.append(Service(f"{context}-{n}", context, ports, NEEDS[context]))
    return rows


def in_order() -> list[str]:
    """The contexts, each after those it needs."""
    placed: list[str] = []
    while len(placed) < len(NEEDS):
        placed += [name for name, needs in NEEDS.items() if name not in placed and set(needs) <= set(placed)]
    return placed


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on now."""
    taken = [socket.socket() for _ in range(count)]
    try:
        for one in taken:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in taken]
    finally:
        for one in taken:
            one.close()


def neighbours(rows: Iterable[Service]) -> str:
    """Where the mesh ports are, as EVENTHUB_NEIGHBOURS says it."""
    found: dict[str, list[str]] = {}
    for row in rows:
        found.setdefault(row.context, []).append(f"127.0.0.1:{row.ports.mesh}")
    return ";".join(f"{context}=ipv4:{','.join(where)}" for context, where in found.items())


def public(rows: Iterable[Service]) -> dict[str, str]:
    """Where each context's public services are, for eventhub.client.EventHub."""
    found: dict[str, list[str]] = {}
    for row in rows:
        found.setdefault(row.context, []).append(f"127.0.0.1:{row.ports.public}")
    return {context: f"ipv4:{','.join(where)}" for context, where in found.items()}
