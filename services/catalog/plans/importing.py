"""Imports and exports of seating plans. Files are parsed in a thread and written in small transactions.

An import writes its file and seats under an import id: a hash of the plan's id, the organizer, the venue and the
content. So a repeat continues with the rows that an interrupted import has written. The last transaction turns the
import into a plan; before it no reader can see any part of the import.
"""

import asyncio
import base64
import hashlib
import zlib
from collections.abc import AsyncIterator

from eventhub.catalog.v1 import catalog_service_pb2 as pb
from eventhub.refusals import PlanTooLarge
from services.catalog import check, venue_transactions
from services.catalog.plans import layout, store, transactions
from services.catalog.plans import plan as plans
from services.catalog.plans.drawing import Side
from services.catalog.plans.plan import BYTES_MAX, Plan
from services.catalog.plans.store import StoredPlan
from services.kit.db import Database, batches

SEATS_PER_WRITE = 1_000
PART_BYTES = 128 * 1024
CHUNK_BYTES = 32 * 1024
LAYOUT_PARTS_PER_WRITE = 8
ID_LENGTH = 32
# The fastest level: plan files repeat themselves so much that higher levels gain little.
COMPRESSION = 1


async def import_plan(
    database: Database, requests: AsyncIterator[pb.ImportSeatingPlanRequest], organizer_id: str
) -> StoredPlan:
    """Imports a plan from a stream of chunks. Raises InvalidRequest, VenueNotFound, PlanMalformed, PlanTooLarge,
    IdInUse."""
    first = await anext(requests, pb.ImportSeatingPlanRequest())
    check.first_chunk(first)
    plan_id, venue_id, side = first.plan_id, first.venue_id, Side(first.stage)
    await database.read(venue_transactions.own_venue, venue_id, organizer_id)
    data = await whole_file(first, requests)
    import_id = await asyncio.to_thread(import_id_of, organizer_id, plan_id, venue_id, side, data)
    known = await database.read(transactions.repeated_plan, plan_id, import_id)
    if known is not None:
        return known
    plan, parts, layout_parts, layout_hash = await asyncio.to_thread(parse, data, side, plan_id)
    while not await database.write_long(transactions.begin_import, plan_id, organizer_id, import_id):
        pass
    while not await database.write_long(transactions.clean_up, plan_id, import_id):
        pass
    for n, part in enumerate(parts):
        await database.write_long(transactions.add_part, plan_id, import_id, n, part)
    for n, seats in enumerate(batches(list(plan.seats), SEATS_PER_WRITE)):
        await database.write_long(transactions.add_seats, plan_id, import_id, n * SEATS_PER_WRITE, seats)
    for n, some in enumerate(batches(layout_parts, LAYOUT_PARTS_PER_WRITE)):
        await database.write_long(transactions.add_layout, plan_id, import_id, n * LAYOUT_PARTS_PER_WRITE, some)
    stored = StoredPlan(
        plan_id=plan_id,
        organizer_id=organizer_id,
        venue_id=venue_id,
        import_id=import_id,
        name=plan.name,
        seat_count=len(plan.seats),
        categories=plan.categories,
        layout_hash=layout_hash,
    )
    return await database.write_long(transactions.complete_import, stored)


async def export_plan(database: Database, plan: StoredPlan) -> AsyncIterator[bytes]:
    """Yields a plan's file in chunks, byte for byte as it was imported."""
    n = 0
    while (part := await stored_part(database, plan.import_id, n)) is not None:
        data = zlib.decompress(base64.b64decode(part))
        for start in range(0, len(data), CHUNK_BYTES):
            yield data[start : start + CHUNK_BYTES]
        n += 1


async def stored_part(database: Database, import_id: str, n: int) -> str | None:
    """A part of a plan's file; None after the last one. The parts of a plan never change, so an old answer is right;
    one that is missing may have been imported a moment ago."""
    part = await database.read_behind(store.find_part, import_id, n)
    return part if part is not None else await database.read(store.find_part, import_id, n)


async def export_layout(database: Database, plan: StoredPlan) -> AsyncIterator[bytes]:
    """Yields a plan's compressed layout in chunks."""
    n = 0
    while (part := await database.read(store.find_layout_part, plan.import_id, n)) is not None:
        yield base64.b64decode(part)
        n += 1


async def whole_file(first: pb.ImportSeatingPlanRequest, rest: AsyncIterator[pb.ImportSeatingPlanRequest]) -> bytes:
    """The file put together from its chunks. Raises InvalidRequest if a later message names another plan or venue, and
    PlanTooLarge as soon as the limit is exceeded."""
    data = bytearray(first.chunk)
    async for request in rest:
        check.later_chunk(request, first)
        data += request.chunk
        if len(data) > BYTES_MAX:
            raise PlanTooLarge(limit=f"{BYTES_MAX} bytes")
    return bytes(data)


def import_id_of(organizer_id: str, plan_id: str, venue_id: str, side: Side, data: bytes) -> str:
    """The id of an import: equal for a repeat, different for other content."""
    content = hashlib.sha256(f"{organizer_id}\n{plan_id}\n{venue_id}\n{side:d}\n".encode())
    content.update(data)
    return content.hexdigest()[:ID_LENGTH]


def parse(data: bytes, side: Side, plan_id: str) -> tuple[Plan, list[str], list[str], str]:
    """The plan in a file, the file in parts as they are stored (compressed, base64), and the layout in such parts and
    its hash. Raises PlanMalformed, PlanTooLarge."""
    plan = plans.read(data, side)
    starts = range(0, len(data), PART_BYTES)
    parts = [packed(data[start : start + PART_BYTES]) for start in starts]
    drawn = layout.compressed(plan_id, plan)
    starts = range(0, len(drawn), CHUNK_BYTES)
    layout_parts = [base64.b64encode(drawn[start : start + CHUNK_BYTES]).decode() for start in starts]
    return plan, parts, layout_parts, layout.hash_of(drawn)


def packed(part: bytes) -> str:
    """A part of a file as it is stored."""
    return base64.b64encode(zlib.compress(part, COMPRESSION)).decode()
