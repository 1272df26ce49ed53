"""Connections of a port by address. gRPC bounds how many there are, not how many one address has, and tells nobody of
those that ask nothing; so the process looks at its own sockets."""

import asyncio
import os
import socket
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from services.kit.observe import log
from services.kit.values.addresses import Addresses
from services.kit.values.clock import Clock

LOOK_EVERY_S = 1.0
# The open files of this process, on Linux and on macOS.
OPEN_FILES = Path("/dev/fd")

# The other end of a connection: host and port.
Peer = tuple[str, int]


class Connections:
    """The connections of one port. An address that has too many loses its youngest."""

    def __init__(self, port: int, most: int, addresses: Addresses) -> None:
        """most: how many one address may have. addresses: how they are counted. A gateway stands for many and
        is not counted."""
        self._port = port
        self._most = most
        self._addresses = addresses
        self._known: dict[Peer, None] = {}  # oldest first

    async def watch(self, clock: Clock) -> None:
        """Looks again and again. A look that fails, for want of files for instance, is made again."""
        journal = log.get("connections")
        while True:
            await clock.sleep(LOOK_EVERY_S)
            try:
                await asyncio.to_thread(self.look)
            except OSError as error:
                journal.warning("connections could not be counted", **log.error_location(error))

    def look(self) -> int:
        """Ends what is too many now: how many those were."""
        if sum(1 for _ in OPEN_FILES.iterdir()) <= self._most:
            return 0
        there = dict(connected(self._port))
        self._known = {peer: None for peer in [*self._known, *there] if peer in there}
        surplus = self._surplus()
        for peer in surplus:
            end(there[peer], peer)
        return len(surplus)

    def _surplus(self) -> list[Peer]:
        has = Counter[str]()
        surplus = []
        for peer in self._known:
            who = self._addresses.by_host(peer[0])
            has[who] += 1
            if who and has[who] > self._most:
                surplus.append(peer)
        return surplus


def connected(port: int) -> Iterator[tuple[Peer, int]]:
    """The connections that came to a port: the other end, and the file."""
    for file in [int(name.name) for name in OPEN_FILES.iterdir()]:
        with suppress(OSError), opened(file) as ours:  # a file that is no socket, or has just been closed
            if ours.family in (socket.AF_INET, socket.AF_INET6) and ours.getsockname()[1] == port:
                yield ours.getpeername()[:2], file


def end(file: int, peer: Peer) -> None:
    """Ends a connection, unless the file is another's by now."""
    with suppress(OSError), opened(file) as ours:
        if ours.getpeername()[:2] == peer:
            ours.shutdown(socket.SHUT_RDWR)


def opened(file: int) -> socket.socket:
    """A socket of this process under a file number of our own. Raises OSError, and leaves nothing open then."""
    copy = os.dup(file)
    try:
        return socket.socket(fileno=copy)
    except OSError:
        os.close(copy)
        raise
