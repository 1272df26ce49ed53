"""Sends messages made only of empty items, and measures the memory they leave behind in a server."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc

from eventhub.client import EventHub, new_guest_id
from eventhub.identity.v1.identity_service_pb2 import StartGuestRequest
from scripts.measurements import guests, servers

# Empty items in the third field of a HoldRequest: as many as fit into a message.
ITEMS = b"\x1a\x00" * 32_000
UNCOUNTED = 200


@dataclass(frozen=True, slots=True)
class Plan:
    """messages: how many are sent."""

    messages: int = 10_000


@dataclass(frozen=True, slots=True)
class Result:
    """refused: messages refused as they should be. grown_mb: growth of the server's memory."""

    refused: int
    grown_mb: float

    def __str__(self) -> str:
        """Summarises the run in one line."""
        return f"{self.refused} refused, memory {self.grown_mb:+.1f} MB"


async def play(folder: Path, plan: Plan) -> Result:
    """Sends the messages as one guest."""
    async with (
        servers.running(*servers.up(str(folder))) as (address, pid, _),
        EventHub(address) as hub,
        grpc.aio.insecure_channel(address) as wire,
    ):
        guest = StartGuestRequest(guest_id=new_guest_id(), name="Eve", email="eve@example.com")
        token = (await hub.identity.StartGuest(guest)).tokens.access_token
        hold: Any = wire.unary_unary(guests.HOLD)
        said = (("authorization", f"Bearer {token}"),)
        before, refused = 0.0, 0
        for n in range(UNCOUNTED + plan.messages):
            if n == UNCOUNTED:
                before = servers.resident_mb(pid)
            try:
                await hold(ITEMS, metadata=said)
            except grpc.aio.AioRpcError as error:
                refused += n >= UNCOUNTED and error.code() is grpc.StatusCode.INVALID_ARGUMENT
        return Result(refused, servers.resident_mb(pid) - before)
