"""Imports and exports of seating plans: parsed beside the event loop, written in small transactions.

Bytes and seats are written under an id of the import; the last transaction makes the import a plan. Until then nobody
sees any of it, and what an interrupted import leaves is swept.
"""

import asyncio
import base64
import hashlib
import zlib
from collections.abc import AsyncIterator

from eventhub.catalog.v1 import catalog_service_pb2 as pb
from eventhub.refusals import InvalidRequest, PlanTooLarge
from services.catalog import plan_store, plans, transactions
from services.catalog.plan_store import Kept
from services.catalog.plans import BYTES_MAX, Plan
from services.kit.db import Database, batches
from services.kit.ids import Ids

SEATS_AT_ONCE = 1_000
PART_BYTES = 256 * 1024
CHUNK_BYTES = 32 * 1024
SWEPT_AT_ONCE = 2_000


class Importer:
    """Takes plans in and gives them out."""

    def __init__(self, database: Database, ids: Ids) -> None:
        """database: catalog's own."""
        self._database = database
        self._ids = ids

    async def take(self, requests: AsyncIterator[pb.ImportSeatingPlanRequest], organizer_id: str) -> Kept:
        """Imports a plan. Raises InvalidRequest, VenueNotFound, PlanMalformed, PlanTooLarge, IdInUse."""
        plan_id, venue_id, data = await received(requests)
        await self._database.read(transactions.own_venue, venue_id, organizer_id)
        plan = await asyncio.to_thread(plans.read, data)
        digest = hashlib.sha256(data).hexdigest()
        kept = Kept(plan_id, organizer_id, venue_id, digest, self._ids.new("imp"), plan.name, len(plan.seats))
        known = await self._database.read(plan_store.find, plan_id)
        if known is None:
            await self._write(kept, plan, data)
        return await self._database.write(transactions.keep_plan, kept, plan)

    async def _write(self, kept: Kept, plan: Plan, data: bytes) -> None:
        packed = base64.b64encode(await asyncio.to_thread(zlib.compress, data)).decode()
        for n, start in enumerate(range(0, len(packed), PART_BYTES)):
            part = packed[start : start + PART_BYTES]
            await self._database.write(plan_store.add_part, kept.import_id, n, part)
        for n, seats in enumerate(batches(list(plan.seats), SEATS_AT_ONCE)):
            await self._database.write(plan_store.add_seats, kept.import_id, n * SEATS_AT_ONCE, seats)

    async def give(self, import_id: str) -> AsyncIterator[bytes]:
        """A plan's bytes as they came, in chunks."""
        unpack = zlib.decompressobj()
        n = 0
        while (part := await self._database.read(plan_store.part, import_id, n)) is not None:
            data = await asyncio.to_thread(unpack.decompress, base64.b64decode(part))
            for start in range(0, len(data), CHUNK_BYTES):
                yield data[start : start + CHUNK_BYTES]
            n += 1

    async def sweep(self) -> None:
        """Deletes what interrupted imports have left. Once at start: no import is under way then."""
        while await self._database.write(plan_store.sweep, SWEPT_AT_ONCE):
            pass


async def received(requests: AsyncIterator[pb.ImportSeatingPlanRequest]) -> tuple[str, str, bytes]:
    """The plan's id, its venue's and its bytes. Raises InvalidRequest, PlanTooLarge as soon as it is too much."""
    plan_id, venue_id = "", ""
    data = bytearray()
    async for request in requests:
        if not plan_id:
            plan_id, venue_id = request.plan_id, request.venue_id
            if not plan_id or not venue_id:
                fields = {"plan_id": "in the first message", "venue_id": "in the first message"}
                raise InvalidRequest("The first message names the plan and its venue.", fields=fields)
        elif request.plan_id not in ("", plan_id) or request.venue_id not in ("", venue_id):
            raise InvalidRequest("One call imports one plan.", fields={"plan_id": "changed within the call"})
        data += request.chunk
        if len(data) > BYTES_MAX:
            raise PlanTooLarge(limit=f"{BYTES_MAX} bytes")
    if not plan_id:
        raise InvalidRequest("There was no message.", fields={"plan_id": "in the first message"})
    return plan_id, venue_id, bytes(data)
