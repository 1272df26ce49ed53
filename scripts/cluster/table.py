"""The processes of a mesh, one row for each."""

import os
import socket
from collections.abc import Iterable
from dataclasses import dataclass, fields
from graphlib import TopologicalSorter
from itertools import chain
from typing import Self

from eventhub import contract
from eventhub.contract import Link

FIRST = "identity"
FIRST_PORT = 7100
PORTS_EACH = 10
LOWEST, HIGHEST = 12_000, 32_000


def needs_of(context: str) -> tuple[str, ...]:
    """Lists the contexts that a context calls while it serves a request, sorted. They start first, so its first calls
    succeed. Feeds go the other way, and their consumers reconnect by themselves. All contexts need the keys of
    identity, which therefore starts before all others and waits for none of them."""
    if context == FIRST:
        return ()
    calls = {callee for (caller, callee), link in contract.links().items() if caller == context and link != Link.FACTS}
    return tuple(sorted(calls | {FIRST}))


NEEDS = {context: needs_of(context) for context in contract.contexts()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """The ports a process listens on; see services.kit.values.config."""

    public: int
    mesh: int
    health: int
    http: int
    metrics: int

    @classmethod
    def after(cls, first: int) -> Self:
        """The ports from `first` on."""
        return cls(**{port.name: first + n for n, port in enumerate(fields(cls))})


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One process: "inventory-2" is the second replica of inventory."""

    name: str
    context: str
    ports: Ports
    needs: tuple[str, ...]
    host: str = "127.0.0.1"


def table(two: Iterable[str] = (), first_port: int = FIRST_PORT) -> list[Service]:
    """Returns one process for each context, two for the named contexts, in starting order. first_port: each process
    gets ten ports from here on; 0: free ports. Raises ValueError for an unknown context."""
    twice = set(two)
    if not twice <= NEEDS.keys():
        raise ValueError(f"unknown contexts: {', '.join(sorted(twice - NEEDS.keys()))}")
    wanted = [(context, n) for context in in_order() for n in ((1, 2) if context in twice else (1,))]
    first_port = first_port or free_block(PORTS_EACH * len(wanted))
    rows = []
    for row, (context, n) in enumerate(wanted):
        ports = Ports.after(first_port + PORTS_EACH * row)
        rows.append(Service(name=f"{context}-{n}", context=context, ports=ports, needs=NEEDS[context]))
    return rows


def levels() -> list[list[str]]:
    """Groups the contexts; each group needs only contexts in the groups before it. Raises CycleError if contexts need
    each other in a circle."""
    order, placed = TopologicalSorter(NEEDS), []
    order.prepare()
    while group := sorted(order.get_ready()):
        placed.append(group)
        order.done(*group)
    return placed


def in_order() -> list[str]:
    """Lists the contexts, each after the ones it needs."""
    return list(chain.from_iterable(levels()))


def free_block(count: int) -> int:
    """Returns the first of `count` consecutive free ports. They lie below the system's ephemeral ports, which other
    connections could take before the mesh listens. Two processes that search at once start at different ports. Raises
    ValueError if there are none."""
    start = LOWEST + os.getpid() * count % (HIGHEST - LOWEST)
    for step in range(0, HIGHEST - LOWEST, count):
        first = LOWEST + (start - LOWEST + step) % (HIGHEST - LOWEST - count)
        if all(is_free(port) for port in range(first, first + count)):
            return first
    raise ValueError(f"no {count} free ports in a row")


def is_free(port: int) -> bool:
    """Tells whether no process listens on a port."""
    with socket.socket() as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            one.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def neighbours(rows: Iterable[Service]) -> str:
    """Returns the mesh addresses of all contexts in the format of EVENTHUB_NEIGHBOURS."""
    found: dict[str, list[str]] = {}
    for row in rows:
        found.setdefault(row.context, []).append(f"{row.host}:{row.ports.mesh}")
    return ";".join(f"{context}=ipv4:{','.join(where)}" for context, where in found.items())


def public(rows: Iterable[Service]) -> dict[str, str]:
    """Returns the public address of each context, for eventhub.client.EventHub."""
    found: dict[str, list[str]] = {}
    for row in rows:
        found.setdefault(row.context, []).append(f"{row.host}:{row.ports.public}")
    return {context: f"ipv4:{','.join(where)}" for context, where in found.items()}
