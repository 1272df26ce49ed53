"""Measures how fast one, two and four replicas of notifications send mail together, each held to a quarter of a
processor. The other contexts, PostgreSQL and this program use the rest of the machine, so it needs two processors."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

import asyncpg

from eventhub.client import EventHub, new_guest_id
from eventhub.identity.v1.identity_service_pb2 import StartGuestRequest
from scripts.cluster import preparing, running, table
from scripts.cluster.running import Mesh, NotUp
from scripts.cluster.table import PORTS_EACH, Ports, Service
from scripts.measurements import quota
from scripts.measurements.figures import Figures
from scripts.measurements.host import Host, NotSettled
from scripts.measurements.rounds import Plan, Session
from scripts.measurements.servers import ROOT, NotStarted, folder_on_disk
from services.kit.values.shards import SHARDS

CONTEXT = "notifications"
COUNTS = (1, 2, 4)
SHARE = 0.25
# More notices than four replicas send in a part of a round.
NOTICES_A_SECOND = 1_000
WARM_UP_S = 2.0
SHARED_WITHIN_S = 20.0
LOOK_S = 0.1

VERIFY = "UPDATE guest SET verified = 1 RETURNING guest_id"
# Notices that have their text, each with a delivery. $1: the prefix of their ids, $2: their reader, $3: their number.
NOTICES = """
WITH notice AS (
    INSERT INTO notification
        (notification_id, buyer_id, kind, rank, dedup_key, event_id, order_id, payload, state, at_us, written_us,
         next_try_us, shard)
    SELECT $1 || n, $2, 'ADDRESS_CLAIMED', 1, $1 || n, '', '', '{"organizer_id": ""}', 'WRITTEN', 1, 1, 1, n % 16
    FROM generate_series(1, $3) AS n RETURNING notification_id, shard
)
INSERT INTO delivery (notification_id, channel, rank, at_us, next_try_us, shard)
SELECT notification_id, 'EMAIL', 1, 1, 1, shard FROM notice
"""
COUNTED = "SELECT count(*) FILTER (WHERE state = 'SENT'), count(*) FILTER (WHERE state = 'DROPPED') FROM delivery"
SHARES = "SELECT count(*) FROM shard_lease JOIN replica ON name = holder GROUP BY holder"
FORGET = ("DELETE FROM delivery", "DELETE FROM notification")


@dataclass(frozen=True, slots=True)
class Backlog:
    """Notices that replicas send. url: of the databases. reader: the notices' reader."""

    mesh: Mesh
    url: str
    reader: str

    async def sent_by(self, count: int, prefix: str, seconds: float) -> float:
        """Returns the mails a second that some replicas send. prefix: of the notices' ids. Raises NotSettled."""
        replicas = [row for row in self.mesh.rows if row.context == CONTEXT]
        for row in replicas[count:]:
            await self.mesh.stop_one(row)
        for row in replicas[:count]:
            if row.name not in self.mesh.processes:
                await self.mesh.start_one(row)
        for statement in FORGET:
            await self._ask(statement)
        await self._shared(count)
        async with quota.held_to(SHARE, [self.mesh.processes[row.name].pid for row in replicas[:count]]):
            await self._ask(NOTICES, prefix, self.reader, round(NOTICES_A_SECOND * (seconds + WARM_UP_S)))
            await asyncio.sleep(WARM_UP_S)
            ((before, _),), begun = await self._ask(COUNTED), time.monotonic()
            await asyncio.sleep(seconds)
            ((after, dropped),), ended = await self._ask(COUNTED), time.monotonic()
        if dropped or after == before:
            raise NotSettled(f"{count} replicas sent {after - before} mails and dropped {dropped}")
        return float(after - before) / (ended - begun)

    async def _shared(self, count: int) -> None:
        """Waits until each replica holds its share of the shards. Raises NotSettled."""
        until = time.monotonic() + SHARED_WITHIN_S
        while (shares := [row[0] for row in await self._ask(SHARES)]) != [SHARDS // count] * count:
            if time.monotonic() > until:
                raise NotSettled(f"the shares of {count} replicas are {shares}")
            await asyncio.sleep(LOOK_S)

    async def _ask(self, sql: str, *args: object) -> Sequence[Any]:
        return await asked(self.url, CONTEXT, sql, *args)


def rows_of(count: int) -> list[Service]:
    """Returns a process for each context, and further replicas of notifications up to a count."""
    first = table.free_block(PORTS_EACH * (len(table.NEEDS) + count - 1))
    rows = table.table(first_port=first)
    (one,) = (row for row in rows if row.context == CONTEXT)
    for n in range(2, count + 1):
        rows.append(replace(one, name=f"{CONTEXT}-{n}", ports=Ports.after(first + PORTS_EACH * len(rows))))
    return rows


@asynccontextmanager
async def prepare(host: Host, plan: Plan) -> AsyncIterator[Session]:
    """rate: mails a second by four replicas. rate_1, rate_2, rate_4: by that many. gain_2, gain_4: rate_2 and rate_4
    divided by rate_1. Each mail is of another notice, and the notices are spread evenly over all shards."""
    if host.root != ROOT:
        raise NotStarted("replicas measures this version only")
    with folder_on_disk() as folder, preparing.postgres(folder) as url:
        await preparing.prepare(folder, url)
        rows = rows_of(max(COUNTS))
        try:
            async with running.mesh(folder, rows, url) as mesh:
                backlog, rounds = Backlog(mesh, url, await proven_guest(mesh, url)), 0

                async def measure() -> Figures:
                    nonlocal rounds
                    rounds += 1
                    found = {n: await backlog.sent_by(n, f"ntf_{rounds}_{n}_", plan.seconds) for n in COUNTS}
                    gains = {f"gain_{n}": found[n] / found[1] for n in COUNTS[1:]}
                    return {"rate": found[4], **{f"rate_{n}": found[n] for n in COUNTS}, **gains}

                yield Session(measure)
        except NotUp as odd:
            raise NotStarted(str(odd)) from odd


async def proven_guest(mesh: Mesh, url: str) -> str:
    """Returns the id of a guest with a proven address, to whom any number of mails may be sent."""
    async with EventHub(table.public(mesh.rows)) as hub:
        start = StartGuestRequest(guest_id=new_guest_id(), name="Ana", email="ana@example.com")
        await hub.identity.StartGuest(start)
    ((guest_id,),) = await asked(url, "identity", VERIFY)
    return str(guest_id)


async def asked(url: str, context: str, sql: str, *args: object) -> Sequence[Any]:
    """Returns the rows of a statement in a context's database."""
    connection = await asyncpg.connect(url.replace("{context}", context))
    try:
        rows: Sequence[Any] = await connection.fetch(sql, *args)
        return rows
    finally:
        await connection.close()
