"""Migrations keep the rows of an older database."""

from pathlib import Path

from eventhub.inventory.v1 import inventory_pb2 as nouns
from services.inventory import count_store, hold_store, store
from services.inventory.holds import Hold, HoldState, Place
from services.inventory.stock import PoolNow, SeatState
from services.kit.db.database import Row, Tx
from services.kit.db.migrations import migrate
from tests import databases
from tests.sources import SERVICES

SCHEMA = SERVICES / "inventory" / "schema"


async def before_places(tx: Tx) -> None:
    for hold_id in ("hld_1", "hld_2"):
        await tx.run(
            """INSERT INTO hold (hold_id, event_id, buyer_id, content_hash, state, expires_us)
               VALUES ($1, 'evt_1', 'gst_1', 'hash', 'HELD', 9)""",
            hold_id,
        )
    for n, seat in enumerate(("B", "A", "")):
        await tx.run(
            """INSERT INTO hold_place (hold_id, n, ticket_type_id, seat_id, seat_label)
               VALUES ('hld_1', $1, 'tkt_1', $2, $3)""",
            n,
            seat,
            f'seat "{seat}"' if seat else "",
        )


async def test_holds_keep_their_places_when_these_move_into_their_rows(tmp_path: Path) -> None:
    old = tmp_path / "inventory" / "schema"
    old.mkdir(parents=True)
    for path in SCHEMA.glob("000[12]_*.sql"):
        (old / path.name).write_text(path.read_text())
    database = await databases.opened("inventory", tmp_path, old)
    await database.write(before_places)

    await migrate(database, SCHEMA, epoch="epo_1", now_us=2)

    places = (Place("tkt_1", "B", 'seat "B"'), Place("tkt_1", "A", 'seat "A"'), Place("tkt_1", "", ""))
    assert await database.read(hold_store.find_hold, "hld_1") == Hold(
        hold_id="hld_1",
        event_id="evt_1",
        buyer_id="gst_1",
        content_hash="hash",
        state=HoldState.HELD,
        held_us=9 - 600_000_000,
        expires_us=9,
        order_id="",
        places=places,
    )
    empty = await database.read(hold_store.find_hold, "hld_2")
    assert empty is not None
    assert empty.places == ()
    await database.close()


async def before_counts(tx: Tx) -> None:
    seats = [("A", "stalls", "FREE"), ("B", "stalls", "HELD"), ("C", "balcony", "SOLD"), ("D", "balcony", "BLOCKED")]
    for seat_id, category, state in seats:
        await tx.run(
            """INSERT INTO seat (event_id, seat_id, zone, row_name, number, category, row_index, seat_index, distance,
               state, hold_id) VALUES ('evt_1', $1, '', '', '', $2, 0, 0, 0, $3, $4)""",
            seat_id,
            category,
            state,
            "hld_1" if state in ("HELD", "SOLD") else "",
        )


async def test_seats_from_before_the_counts_are_counted(tmp_path: Path) -> None:
    old = tmp_path / "inventory" / "schema"
    old.mkdir(parents=True)
    for path in SCHEMA.glob("000[1-8]_*.sql"):
        (old / path.name).write_text(path.read_text())
    database = await databases.opened("inventory", tmp_path, old)
    await database.write(before_counts)

    await migrate(database, SCHEMA, epoch="epo_1", now_us=2)

    counted = PoolNow(pool_id="evt_1.seats", name="seats", capacity=3, held=1, sold=1)
    assert await database.read(count_store.count_seats, "evt_1") == counted
    assert await database.read(count_store.count_free, "evt_1") == {"stalls": 1}
    await database.close()


async def test_seats_from_before_positions_get_them_in_the_order_of_their_rows(tmp_path: Path) -> None:
    async def before(tx: Tx) -> None:
        for event_id, seat_id, row_index, seat_index in (
            ("evt_1", "C", 1, 0),
            ("evt_1", "A", 0, 1),
            ("evt_1", "B", 0, 0),
            ("evt_2", "A", 0, 0),
        ):
            await tx.run(
                """INSERT INTO seat
                   (event_id, seat_id, zone, row_name, number, category, row_index, seat_index, distance)
                   VALUES ($1, $2, '', '', '', '', $3, $4, 0)""",
                event_id,
                seat_id,
                row_index,
                seat_index,
            )

    async def positions(tx: Tx) -> list[Row]:
        return await tx.all("SELECT event_id, seat_id, position FROM seat ORDER BY event_id, position")

    old = tmp_path / "inventory" / "schema"
    old.mkdir(parents=True)
    for path in SCHEMA.glob("000[1-9]_*.sql"):
        (old / path.name).write_text(path.read_text())
    database = await databases.opened("inventory", tmp_path, old)
    await database.write(before)

    await migrate(database, SCHEMA, epoch="epo_1", now_us=2)

    assert await database.read(positions) == [
        ("evt_1", "B", 0),
        ("evt_1", "A", 1),
        ("evt_1", "C", 2),
        ("evt_2", "A", 0),
    ]
    assert await database.read(store.seat_runs, "evt_1") == [(0, "FFF")]
    await database.close()


def test_states_are_those_of_the_contract() -> None:
    """Their names without the prefix, and without UNSPECIFIED."""
    assert [f"HOLD_STATE_{state}" for state in HoldState] == nouns.HoldState.keys()[1:]
    assert [f"SEAT_STATE_{state}" for state in SeatState] == nouns.SeatState.keys()[1:]
