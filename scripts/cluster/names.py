"""A DNS server for names on this machine, whose answers are cached for a while, as a cluster's resolvers cache them.

Targets name it: dns://127.0.0.1:PORT/catalog:7072. It serves only A records.
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
# A pointer to offset 12: the answer has the name of the question, which follows the header.
SAME_NAME = 0xC00C
TTL_S = 5


class Names(asyncio.DatagramProtocol):
    """The addresses of each name. An answer stays the same for keep_s seconds, even if the addresses change."""

    def __init__(self, keep_s: float) -> None:
        """Starts without any name. keep_s: seconds for which an answer is cached."""
        self.addresses: dict[str, list[str]] = {}
        self._keep_s = keep_s
        self._kept: dict[str, tuple[float, list[str]]] = {}

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keeps the transport that answers are sent through."""
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Answers one question with A records."""
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
        """Returns the addresses of a name: the cached ones, if the cache is not too old."""
        now = time.monotonic()
        until, kept = self._kept.get(name, (0.0, []))
        if now >= until:
            kept = list(self.addresses.get(name, ()))
            self._kept[name] = now + self._keep_s, kept
        return kept


@asynccontextmanager
async def names(keep_s: float) -> AsyncIterator[tuple[Names, int]]:
    """Runs a name server. Yields it and its port."""
    transport, server = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: Names(keep_s), local_addr=("127.0.0.1", 0)
    )
    try:
        yield server, transport.get_extra_info("sockname")[1]
    finally:
        transport.close()
