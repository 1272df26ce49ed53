"""HTTP for peers of any kind: who does not say what it wants is hung up on, and one address has only so many
connections. uvicorn knows neither limit."""

import asyncio
from collections import Counter
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

from services.kit.values.addresses import Addresses

# How long a request may take until its headers are whole, from the connection or the last answer on.
HEADERS_S = 5.0
PER_ADDRESS_MAX = 50


class Crowd:
    """The connections of a port, by address. A gateway is not counted: it stands for many."""

    def __init__(self, addresses: Addresses) -> None:
        """addresses: how they are counted."""
        self._addresses = addresses
        self._here = Counter[str]()

    def enter(self, host: str) -> str | None:
        """One more connection: what it is counted by, empty if by nothing; None if its address has too many."""
        who = self._addresses.by_host(host)
        if not who:
            return ""
        if self._here[who] >= PER_ADDRESS_MAX:
            return None
        self._here[who] += 1
        return who

    def leave(self, who: str) -> None:
        """One less."""
        if who:
            self._here[who] -= 1
            if not self._here[who]:
                del self._here[who]


class Impatient(H11Protocol):
    """One connection."""

    def __init__(self, *arguments: Any, crowd: Crowd, **more: Any) -> None:
        """crowd: all connections of the port. The rest is uvicorn's."""
        super().__init__(*arguments, **more)
        self._crowd = crowd
        self._who: str | None = None
        self._late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        """It begins."""
        super().connection_made(transport)
        self._who = self._crowd.enter(self.client[0] if self.client else "")
        if self._who is None:
            transport.abort()
            return
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """It has ended."""
        self._stop_waiting()
        self._crowd.leave(self._who or "")
        super().connection_lost(exc)

    def handle_events(self) -> None:
        """Something came."""
        super().handle_events()
        if self.cycle is not None and not self.cycle.response_complete:
            self._stop_waiting()

    def on_response_complete(self) -> None:
        """A request was answered."""
        self._wait()
        super().on_response_complete()

    def _wait(self) -> None:
        self._stop_waiting()
        self._late = self.loop.call_later(HEADERS_S, self.transport.abort)

    def _stop_waiting(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None
