"""Guests, each at a different address, and their holds."""

import asyncio
import math
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import grpc

from eventhub.client import new_guest_id, new_id
from eventhub.identity.v1.identity_service_pb2 import StartGuestRequest, StartGuestResponse
from eventhub.inventory.v1.inventory_service_pb2 import HoldItem, HoldRequest, HoldResponse
from scripts.measurements.driver import AT_ONCE, Headers, Wires, patiently

START_GUEST = "/eventhub.identity.v1.IdentityService/StartGuest"
HOLD = "/eventhub.inventory.v1.InventoryService/Hold"
# One person may have this many holds at once.
HOLDS_EACH = 5
DEADLINE_S = 2.0


@dataclass(frozen=True, slots=True)
class Sale:
    """A published event that is on sale. seat_ids: its numbered seats; empty for general places."""

    event_id: str
    ticket_type_id: str
    seat_ids: Sequence[str] = ()


class Guests:
    """Guests, each at a different address. They act in turn, and each holds no more often than one person may."""

    def __init__(self, wires: Wires) -> None:
        """wires: to a server that believes the x-forwarded-for of its callers."""
        self._wires = wires
        self._started = 0
        self._turns: deque[Headers] = deque()

    async def invite(self, turns: int) -> None:
        """Starts guests until together they have this many turns."""
        missing = max(0, math.ceil((turns - len(self._turns)) / HOLDS_EACH))
        room = asyncio.Semaphore(AT_ONCE)

        async def start(number: int) -> Headers:
            async with room:
                return await self._start(number)

        fresh = await asyncio.gather(*(start(self._started + n) for n in range(missing)))
        self._started += missing
        self._turns.extend(fresh * HOLDS_EACH)

    async def _start(self, number: int) -> Headers:
        address = ("x-forwarded-for", f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}")
        request = StartGuestRequest(guest_id=new_guest_id(), name="Ana", email=f"ana{number}@example.com")
        answer = await patiently(lambda: self._wires.call(START_GUEST, request, StartGuestResponse, (address,)))
        return ("authorization", f"Bearer {answer.tokens.access_token}"), address

    def next(self) -> Headers:
        """Returns the metadata of the guest whose turn it is."""
        return self._turns.popleft()

    def give_back(self, guest: Headers) -> None:
        """Returns a turn that took no place."""
        self._turns.append(guest)

    def same(self) -> Headers:
        """Returns the metadata of one guest, for calls that take no place."""
        return self._turns[0]


class Holds:
    """Makes one hold after the other, each for the next guest."""

    def __init__(self, wires: Wires, next_guest: Callable[[], Headers], sale: Sale) -> None:
        """wires: to inventory. next_guest: returns the metadata of the next hold."""
        self._wires = wires
        self._next_guest = next_guest
        self._sale = sale
        self._seats = iter(sale.seat_ids)
        self._places = HoldItem(ticket_type_id=sale.ticket_type_id, quantity=1)

    def _request(self) -> HoldRequest:
        item = self._places
        if self._sale.seat_ids:
            item = HoldItem(ticket_type_id=self._sale.ticket_type_id, seat_ids=[next(self._seats)])
        return HoldRequest(hold_id=new_id("hld"), event_id=self._sale.event_id, items=[item])

    def start(self, guest: Headers) -> Any:
        """Starts the next call, for a guest."""
        return self._wires.start(HOLD, self._request().SerializeToString(), guest, DEADLINE_S)

    def ask(self) -> Any:
        """Starts the next call, for the next guest."""
        return self.start(self._next_guest())

    async def once(self) -> None:
        """Makes one hold, whose answer the wires keep."""
        request, guest = self._request(), self._next_guest()
        await patiently(lambda: self._wires.call(HOLD, request, HoldResponse, guest))

    async def until_answered(self) -> None:
        """Repeats a hold until one is answered."""
        while True:
            guest = self._next_guest()
            try:
                await self.start(guest)
            except grpc.aio.AioRpcError:
                continue
            return
