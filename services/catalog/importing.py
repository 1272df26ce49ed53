"""Imports and exports of seating plans: read beside the event loop, written in small transactions.

Bytes and seats are written under an id made of the plan, its owner and the content, so that a repeat finds what an
interrupted import has written. The last transaction makes it all a plan: until then nobody sees any of it.
"""

import asyncio
import base64
import hashlib
import zlib
from collections.abc import AsyncIterator

from eventhub.catalog.v1 import catalog_service_pb2 as pb
from eventhub.refusals import InvalidRequest, PlanTooLarge
from services.catalog import plan_store, plans, transactions
from services.catalog.check import ANOTHER, NEEDED
from services.catalog.drawing import Side
from services.catalog.plan_store import Kept
from services.catalog.plans import BYTES_MAX, Plan
from services.kit.db import Database, batches

SEATS_AT_ONCE = 1_000
PART_BYTES = 128 * 1024
CHUNK_BYTES = 32 * 1024
ID_LENGTH = 32
# The files are large and far more like each other than prose: the quickest level is nearly as small.
COMPRESSION = 1


async def take(database: Database, requests: AsyncIterator[pb.ImportSeatingPlanRequest], organizer_id: str) -> Kept:
    """Imports a plan. Raises InvalidRequest, VenueNotFound, PlanMalformed, PlanTooLarge, IdInUse."""
    first = await anext(requests, pb.ImportSeatingPlanRequest())
    check_first(first)
    plan_id, venue_id, side = first.plan_id, first.venue_id, Side(first.stage)
    await database.read(transactions.own_venue, venue_id, organizer_id)
    data = await whole(first, requests)
    import_id = await asyncio.to_thread(id_of, organizer_id, plan_id, venue_id, side, data)
    known = await database.read(transactions.repeated_plan, plan_id, import_id)
    if known is not None:
        return known
    plan, parts = await asyncio.to_thread(prepared, data, side)
    while not await database.write_long(transactions.begin_import, plan_id, organizer_id, import_id):
        pass
    while not await database.write_long(transactions.make_room, plan_id, import_id):
        pass
    for n, part in enumerate(parts):
        await database.write_long(transactions.add_part, plan_id, import_id, n, part)
    for n, seats in enumerate(batches(list(plan.seats), SEATS_AT_ONCE)):
        await database.write_long(transactions.add_seats, plan_id, import_id, n * SEATS_AT_ONCE, seats)
    kept = plan_store.kept_of(plan, plan_id=plan_id, organizer_id=organizer_id, venue_id=venue_id, import_id=import_id)
    return await database.write_long(transactions.keep_plan, kept)


async def give(database: Database, plan: Kept) -> AsyncIterator[bytes]:
    """A plan's bytes as they came, in chunks."""
    n = 0
    while (part := await database.read(plan_store.find_part, plan.import_id, n)) is not None:
        data = zlib.decompress(base64.b64decode(part))
        for start in range(0, len(data), CHUNK_BYTES):
            yield data[start : start + CHUNK_BYTES]
        n += 1


def check_first(request: pb.ImportSeatingPlanRequest) -> None:
    """Raises InvalidRequest where the first message does not say what is imported."""
    fields = {"plan_id": request.plan_id, "venue_id": request.venue_id}
    missing = {name: NEEDED for name, value in fields.items() if not value}
    if missing:
        raise InvalidRequest(fields=missing)


async def whole(first: pb.ImportSeatingPlanRequest, rest: AsyncIterator[pb.ImportSeatingPlanRequest]) -> bytes:
    """The whole file. Raises InvalidRequest where later messages are about another plan, PlanTooLarge at once."""
    data = bytearray(first.chunk)
    async for request in rest:
        if request.plan_id not in ("", first.plan_id):
            raise InvalidRequest(fields={"plan_id": ANOTHER})
        if request.venue_id not in ("", first.venue_id):
            raise InvalidRequest(fields={"venue_id": ANOTHER})
        data += request.chunk
        if len(data) > BYTES_MAX:
            raise PlanTooLarge(limit=f"{BYTES_MAX} bytes")
    return bytes(data)


def id_of(organizer_id: str, plan_id: str, venue_id: str, side: Side, data: bytes) -> str:
    """The id under which a file is written."""
    content = hashlib.sha256(f"{organizer_id}\n{plan_id}\n{venue_id}\n{side:d}\n".encode())
    content.update(data)
    return content.hexdigest()[:ID_LENGTH]


def prepared(data: bytes, side: Side) -> tuple[Plan, list[str]]:
    """A plan, and its file in parts as they are kept. Raises PlanMalformed, PlanTooLarge."""
    plan = plans.read(data, side)
    starts = range(0, len(data), PART_BYTES)
    return plan, [
        base64.b64encode(zlib.compress(data[start : start + PART_BYTES], COMPRESSION)).decode() for start in starts
    ]
