"""How PostgreSQL finds what a hold takes, on tables that nobody has counted yet: an event goes on sale in the minute in
which its seats were written."""

import inspect
from pathlib import Path

from services.inventory import store, transactions
from services.inventory.allowance import allowance
from services.inventory.holds import Item, Stock, TicketType, Wish
from services.kit.db.database import Row, Tx
from services.kit.db.migrations import migrate
from services.kit.db.postgres import PostgresDatabase
from tests.databases import middle
from tests.postgres import server

NAME = "plans"
SEATS = 20_000
FAR_US = 10**18
SCHEMA = Path(inspect.getfile(store)).parent / "schema"


class Explained:
    """A transaction that asks how each statement would be done, before it does it."""

    def __init__(self, tx: Tx) -> None:
        self.tx = tx
        self.plans: list[str] = []

    async def one(self, sql: str, *args: object) -> Row | None:
        await self._explain(sql, args)
        return await self.tx.one(sql, *args)

    async def run(self, sql: str, *args: object) -> int:
        await self._explain(sql, args)
        return await self.tx.run(sql, *args)

    async def _explain(self, sql: str, args: tuple[object, ...]) -> None:
        self.plans += [row[0] for row in await self.tx.all(f"EXPLAIN {sql}", *args)]

    def __getattr__(self, name: str) -> object:
        return getattr(self.tx, name)


async def fill(tx: Tx) -> None:
    await tx.run(
        f"""INSERT INTO event_stock
            (event_id, organizer_id, state, content_hash, sales_end_us, tickets_per_order_max)
            VALUES ('evt', 'org', 'OPEN', '', {FAR_US}, 10)"""
    )
    await tx.run(
        f"""INSERT INTO seat
            (event_id, seat_id, zone, row_name, number, category, row_index, seat_index, distance)
            SELECT 'evt', 'seat ' || n, '', 'A', 'n', 'Hall', 1, n, n FROM generate_series(1, {SEATS}) AS n"""
    )


async def test_what_a_hold_rests_on_is_found_by_its_key_in_the_minute_it_was_made() -> None:
    await server().create(NAME)
    database = await PostgresDatabase.opened(NAME, server().url_of(NAME), middle)
    wish = Wish("hld_1", "evt", "gst_1", (Item("typ_1", ("seat 7", "seat 9"), 0),), "")
    types = {"typ_1": TicketType("typ_1", seated=True, categories=frozenset(), pool_ids=())}

    async def hold(tx: Tx) -> list[str]:
        explained = Explained(tx)
        given: Tx = explained  # type: ignore[assignment]
        stock = Stock("evt", "org", "OPEN", FAR_US, FAR_US, 10)
        allowed = allowance(stock, at_counter=False, address=7, near=200)
        await transactions.place_hold(given, wish, stock, types, allowed, now_us=1)
        return explained.plans

    try:
        await migrate(database, SCHEMA, epoch="epo_1", now_us=1)
        await database.write_long(fill)
        plans = await database.write(hold)
    finally:
        await database.close()
        await server().drop(NAME)

    found = [line.strip() for line in plans if "Scan" in line]
    assert sum(" using seat_pkey on seat" in line for line in found) == 2, found
    assert sum(" using hold_of_buyer on hold" in line or " on hold_of_buyer" in line for line in found) == 1, found
    assert sum(" using hold_of_address on hold" in line or " on hold_of_address" in line for line in found) == 1, found
    assert not [line for line in found if "Seq Scan on hold" in line or "Seq Scan on seat" in line], found
