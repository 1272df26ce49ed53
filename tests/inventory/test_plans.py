"""The query plans of a Hold in PostgreSQL on tables without statistics: an event may go on sale in the minute in which
its seats were written, before ANALYZE has run."""

import inspect
from pathlib import Path

from services.inventory import claim_transactions, orphan_store, store
from services.inventory.allowance import allowance
from services.inventory.holds import EventSale, Item, SaleState, TicketType, Wish
from services.kit.db.database import Row, Tx
from services.kit.db.migrations import migrate
from services.kit.db.postgres import PostgresDatabase
from tests.databases import middle
from tests.postgres import server

NAME = "plans"
SEATS, ROW_SEATS = 20_000, 50
FAR_US = 10**18
SCHEMA = Path(inspect.getfile(store)).parent / "schema"


class Explained:
    """A transaction that asks for the plan of each statement before it runs it."""

    def __init__(self, tx: Tx) -> None:
        self.tx = tx
        self.plans: list[str] = []

    async def one(self, sql: str, *args: object) -> Row | None:
        await self._explain(sql, args)
        return await self.tx.one(sql, *args)

    async def all(self, sql: str, *args: object) -> list[Row]:
        await self._explain(sql, args)
        return await self.tx.all(sql, *args)

    async def lock(self, sql: str, *args: object) -> list[Row]:
        await self._explain(sql, args)
        return await self.tx.lock(sql, *args)

    async def run(self, sql: str, *args: object) -> int:
        await self._explain(sql, args)
        return await self.tx.run(sql, *args)

    async def _explain(self, sql: str, args: tuple[object, ...]) -> None:
        self.plans += [row[0] for row in await self.tx.all(f"EXPLAIN {sql}", *args)]

    def __getattr__(self, name: str) -> object:
        return getattr(self.tx, name)


async def fill(tx: Tx) -> None:
    await tx.run(
        f"""INSERT INTO event_sale
            (event_id, organizer_id, state, content_hash, sales_end_us, tickets_per_order_max)
            VALUES ('evt', 'org', 'OPEN', '', {FAR_US}, 10)"""
    )
    await tx.run(
        f"""INSERT INTO seat
            (event_id, seat_id, zone, row_name, number, category, row_index, seat_index, distance, position)
            SELECT 'evt', 'seat ' || n, '', 'A', 'n', 'Hall', 1, n, n, n FROM generate_series(1, {SEATS}) AS n"""
    )


async def test_a_hold_uses_its_indexes_on_tables_without_statistics() -> None:
    await server().create(NAME)
    database = await PostgresDatabase.opened(NAME, server().url_of(NAME), middle)
    items = (Item("typ_1", ("seat 7", "seat 9"), 0),)
    wish = Wish(hold_id="hld_1", event_id="evt", buyer_id="gst_1", items=items, content_hash="")
    types = {"typ_1": TicketType(ticket_type_id="typ_1", seated=True, categories=frozenset(), pool_ids=())}

    async def hold(tx: Tx) -> list[str]:
        explained = Explained(tx)
        given: Tx = explained  # type: ignore[assignment]
        sale = EventSale(
            event_id="evt",
            organizer_id="org",
            state=SaleState.OPEN,
            sales_start_us=0,
            sales_end_us=FAR_US,
            counter_end_us=FAR_US,
            tickets_per_order_max=10,
            waiting=False,
            revision=0,
        )
        allowed = allowance(sale, at_counter=False, address=7, near=200)
        await claim_transactions.place_hold(given, wish, sale, types, allowed, now_us=1)
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


async def test_the_rows_of_a_hold_are_found_by_their_index() -> None:
    await server().create(NAME)
    database = await PostgresDatabase.opened(NAME, server().url_of(NAME), middle)

    async def rows_of_hold(tx: Tx) -> list[str]:
        explained = Explained(tx)
        given: Tx = explained  # type: ignore[assignment]
        await tx.run(f"UPDATE seat SET row_index = position / {ROW_SEATS}, guarded_row = position / {ROW_SEATS}")
        assert len(await orphan_store.lock_rows(given, "evt", ["seat 7", "seat 9"])) == ROW_SEATS - 1
        assert len(await orphan_store.free_in_rows(given, "evt", [2, 3])) == 2 * ROW_SEATS
        return explained.plans

    try:
        await migrate(database, SCHEMA, epoch="epo_1", now_us=1)
        await database.write_long(fill)
        plans = await database.write(rows_of_hold)
    finally:
        await database.close()
        await server().drop(NAME)

    found = [line.strip() for line in plans if "Scan" in line]
    assert sum(" on seat_guarded" in line or " using seat_guarded" in line for line in found) == 2, found
    assert not [line for line in found if "Seq Scan on seat" in line], found
