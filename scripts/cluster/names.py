"""Names on this machine, as a cluster has them: a DNS server whose answers are kept for a while, as caches keep them.

Targets name it: dns://127.0.0.1:PORT/catalog:7072. It knows A records alone.
"""

import asyncio
import ipaddress
import struct
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import cast

HEADER, QUESTION = struct.Struct("!6H"), struct.Struct("!2H")
RECORD = struct.Struct("!3HIH4s")
A, INTERNET, ANSWER = 1, 1, 0x8180
# The name of an answer is that of the question, which begins after the header.
SAME_NAME = 0xC00C
TTL_S = 5


class Names(asyncio.DatagramProtocol):
    """Which addresses a name has. An answer once given stays the answer for keep_s, whatever has changed since."""

    def __init__(self, keep_s: float) -> None:
        """No name has an address yet."""
        self.addresses: dict[str, list[str]] = {}
        self._keep_s = keep_s
        self._kept: dict[str, tuple[float, list[str]]] = {}

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Listens."""
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Answers a question."""
        number, *_ = HEADER.unpack_from(data)
        labels, at = [], HEADER.size
        while size := data[at]:
            labels.append(data[at + 1 : at + 1 + size].decode())
            at += 1 + size
        asked, _ = QUESTION.unpack_from(data, at + 1)
        question = data[HEADER.size : at + 1 + QUESTION.size]
        found = self.answer(".".join(labels)) if asked == A else []
        records = (RECORD.pack(SAME_NAME, A, INTERNET, TTL_S, 4, ipaddress.ip_address(one).packed) for one in found)
        self._transport.sendto(HEADER.pack(number, ANSWER, 1, len(found), 0, 0) + question + b"".join(records), addr)

    def answer(self, name: str) -> list[str]:
        """The addresses of a name, as they are or as they were."""
        now = time.monotonic()
        until, kept = self._kept.get(name, (0.0, []))
        if now >= until:
            kept = list(self.addresses.get(name, ()))
            self._kept[name] = now + self._keep_s, kept
        return kept


@asynccontextmanager
async def names(keep_s: float) -> AsyncIterator[tuple[Names, int]]:
    """A server of names, and its port."""
    transport, server = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: Names(keep_s), local_addr=("127.0.0.1", 0)
    )
    try:
        yield server, transport.get_extra_info("sockname")[1]
    finally:
        transport.close()
