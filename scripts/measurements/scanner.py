"""Scans at the gate, in a process of their own: a busy load generator could not measure their times exactly."""

import asyncio
import itertools
import multiprocessing
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from types import TracebackType
from typing import Any, Self

import grpc

from eventhub.client import new_id
from eventhub.ticketing.v1.ticketing_service_pb2 import CheckInRequest
from scripts.measurements.driver import Tally, open_loop

CHECK_IN = "/eventhub.ticketing.v1.TicketingService/CheckIn"
SCANS_A_S = 20.0
DEADLINE_S = 2.0
# The server looks at such a code and refuses it, which counts as an answer.
NO_TICKET = ("?",)
REFUSED = (grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.NOT_FOUND, grpc.StatusCode.FAILED_PRECONDITION)


class Scanner:
    """A member of an organizer who scans at an even pace."""

    def __init__(self, address: str, event_id: str, member: str) -> None:
        """address: the server's. member: the access token of the scanning member."""
        self._asked = address, event_id, member
        self._process = ProcessPoolExecutor(1, multiprocessing.get_context("spawn"))

    async def scans(self, seconds: float, codes: Sequence[str] = NO_TICKET) -> Tally:
        """Scans codes in turn for some seconds and returns the outcomes."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._process, scan_in_process, *self._asked, seconds, codes)

    def __enter__(self) -> Self:
        """Returns the scanner itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Ends the scanning process."""
        self._process.shutdown()


def scan_in_process(address: str, event_id: str, member: str, seconds: float, codes: Sequence[str]) -> Tally:
    """Scans for some seconds, in the scanning process."""
    said = (("authorization", f"Bearer {member}"),)
    turns = itertools.cycle(codes)

    async def scans() -> Tally:
        async with grpc.aio.insecure_channel(address) as wire:
            check_in: Any = wire.unary_unary(CHECK_IN)

            def scan() -> Any:
                request = CheckInRequest(scan_id=new_id("scn"), event_id=event_id, code=next(turns), gate="door")
                return check_in(request.SerializeToString(), timeout=DEADLINE_S, metadata=said)

            return await open_loop(scan, SCANS_A_S, seconds, REFUSED)

    return asyncio.run(scans())
