"""A database without its latest migrations is migrated, and then reads again the facts that it lacks."""

from pathlib import Path

from services.kit.db.database import Tx
from services.kit.db.migrations import migrate
from services.kit.feeds.follower import read_cursor
from tests import databases
from tests.sources import SERVICES

SCHEMA = SERVICES / "reporting" / "schema"


async def before_gifts(tx: Tx) -> None:
    await tx.run(
        """INSERT INTO order_row (order_id, event_id, organizer_id, state, tickets, discounted, face_minor,
           discount_minor, total_minor, currency, coupon_id, coupon_code, paid_us, version)
           VALUES ('ord_1', 'evt_1', 'org_1', 'PAID', 1, 1, 100, 100, 0, 'BRL', '', '', 1, 2)"""
    )
    for producer in ("orders", "catalog"):
        await tx.run("INSERT INTO feed_cursor (producer, epoch, pos) VALUES ($1, 'epo_1', 7)", producer)


async def test_orders_are_read_again_to_tell_gifts_from_sales(tmp_path: Path) -> None:
    old = tmp_path / "reporting" / "schema"
    old.mkdir(parents=True)
    (old / "0001_projections.sql").write_text((SCHEMA / "0001_projections.sql").read_text())
    database = await databases.opened("reporting", tmp_path, old)
    await database.write(before_gifts)

    await migrate(database, SCHEMA, epoch="epo_1", now_us=2)

    assert await database.read(lambda tx: tx.all("SELECT order_id FROM order_row")) == []
    assert (await database.read(read_cursor, "orders")).position == 0
    assert (await database.read(read_cursor, "catalog")).position == 7
    await database.close()
