"""HTTP connections with two limits that uvicorn lacks: a client that does not finish its request's headers in time is
disconnected, and an address may have only a number of connections."""

import asyncio
from collections import Counter
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

from services.kit.values.addresses import Addresses

# How long a client may take to send the headers of a request, from the connection or the last response on.
HEADERS_S = 5.0
# How long a client may take to read a response.
READ_S = 60.0
PER_ADDRESS_MAX = 50


class Crowd:
    """Counts the connections of a port by address. A proxy forwards many clients and is not counted."""

    def __init__(self, addresses: Addresses) -> None:
        """addresses: finds the address that a connection counts for."""
        self._addresses = addresses
        self._connections = Counter[str]()

    def enter(self, host: str) -> str | None:
        """Counts one more connection from a host. Returns the address that it counts for, empty for a proxy; None if
        the address has too many."""
        address = self._addresses.by_host(host)
        if not address:
            return ""
        if self._connections[address] >= PER_ADDRESS_MAX:
            return None
        self._connections[address] += 1
        return address

    def leave(self, address: str) -> None:
        """Counts one connection less of an address that enter() has returned."""
        if address:
            self._connections[address] -= 1
            if not self._connections[address]:
                del self._connections[address]


class Impatient(H11Protocol):
    """One connection, with both limits."""

    def __init__(self, *arguments: Any, crowd: Crowd, **more: Any) -> None:
        """crowd: counts the connections of the port. All other arguments are uvicorn's."""
        super().__init__(*arguments, **more)
        self._crowd = crowd
        self._address: str | None = None
        self._late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        """Counts the connection, or closes it if its address has too many; waits for the first request."""
        super().connection_made(transport)
        self._address = self._crowd.enter(self.client[0] if self.client else "")
        if self._address is None:
            transport.abort()
            return
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Counts one connection less."""
        self._stop_waiting()
        self._crowd.leave(self._address or "")
        super().connection_lost(exc)

    def handle_events(self) -> None:
        """Parses received data; stops the timer once the headers are complete."""
        super().handle_events()
        if self.cycle is not None and not self.cycle.response_complete:
            self._stop_waiting()

    def on_response_complete(self) -> None:
        """Starts the timer for the next request."""
        self._wait()
        super().on_response_complete()

    def _wait(self) -> None:
        self._stop_waiting()
        self._late = self.loop.call_later(HEADERS_S, self._end, self.loop.time() + READ_S)

    def _end(self, until_s: float) -> None:
        """Ends the connection, unless its client still reads the last response and the time for that is not over."""
        if self.transport.get_write_buffer_size() and self.loop.time() < until_s:
            self._late = self.loop.call_later(HEADERS_S, self._end, until_s)
        else:
            self.transport.abort()

    def _stop_waiting(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None
