"""Limits the connections that one address may have to a port, and closes the connections of clients that do not read.
gRPC limits only the total and closes no connection on request, so the process works on its own sockets."""

import asyncio
import os
import socket
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from services.kit.observe import log
from services.kit.values.addresses import Addresses, address, parsed
from services.kit.values.clock import Clock

LOOK_EVERY_S = 1.0
# The open files of this process; works on Linux and macOS.
OPEN_FILES = Path("/dev/fd")

# The remote end of a connection: host and port.
Peer = tuple[str, int]


class Connections:
    """The connections to one port. If an address has too many, its newest ones are closed."""

    def __init__(self, port: int, most: int, addresses: Addresses) -> None:
        """most: connections that one address may have. addresses: turns hosts into addresses to count by; a gateway
        forwards many clients and is not counted."""
        self._port = port
        self._most = most
        self._addresses = addresses
        self._known: dict[Peer, None] = {}  # oldest first

    async def watch(self, clock: Clock) -> None:
        """Looks every second, for ever. If a look fails, for example because no file can be opened, the next one may
        succeed."""
        journal = log.get("connections")
        while True:
            await clock.sleep(LOOK_EVERY_S)
            try:
                await asyncio.to_thread(self.look)
            except OSError as error:
                journal.warning("connections could not be counted", **log.error_location(error))

    def look(self) -> int:
        """Closes the connections above the limit. Returns their number."""
        if sum(1 for _ in OPEN_FILES.iterdir()) <= self._most:
            return 0
        there = dict(connected(self._port))
        self._known = {peer: None for peer in [*self._known, *there] if peer in there}
        surplus = self._surplus()
        for peer in surplus:
            end(there[peer], peer)
        return len(surplus)

    def _surplus(self) -> list[Peer]:
        count = Counter[str]()
        surplus = []
        for peer in self._known:
            host = self._addresses.by_host(peer[0])
            count[host] += 1
            if host and count[host] > self._most:
                surplus.append(peer)
        return surplus


def hang_up(port: int, peer: str, addresses: Addresses) -> None:
    """Closes a connection to a port. A gateway's connection stays open, because it carries the calls of many clients.

    peer: gRPC's name for the remote end, such as "ipv4:10.0.0.7:51344".
    """
    host, number = address(peer), int(peer.rpartition(":")[2])
    if not addresses.by_host(host):
        return
    for there, file in connected(port):
        if there[1] == number and parsed(there[0]) == parsed(host):
            end(file, there)


def connected(port: int) -> Iterator[tuple[Peer, int]]:
    """The connections that this process has accepted on a port, each as (remote end, file number)."""
    for file in [int(name.name) for name in OPEN_FILES.iterdir()]:
        with suppress(OSError), opened(file) as ours:  # OSError: the file is no socket, or was just closed
            if ours.family in (socket.AF_INET, socket.AF_INET6) and ours.getsockname()[1] == port:
                yield ours.getpeername()[:2], file


def end(file: int, peer: Peer) -> None:
    """Closes a connection, unless its file number belongs to another one by now."""
    with suppress(OSError), opened(file) as ours:
        if ours.getpeername()[:2] == peer:
            ours.shutdown(socket.SHUT_RDWR)


def opened(file: int) -> socket.socket:
    """Opens a socket of this process under a second file number, so that closing it leaves the original open. Raises
    OSError if the file is no socket."""
    copy = os.dup(file)
    try:
        return socket.socket(fileno=copy)
    except OSError:
        os.close(copy)
        raise
