"""Exports while a replica of the database stands still."""

from services.catalog.plans import importing
from services.catalog.plans import store as plan_store
from services.catalog.plans.store import StoredPlan
from services.kit.db.database import Database
from tests.replicated import replicated
from tests.sources import SERVICES

SCHEMA = SERVICES / "catalog" / "schema"
PLAN = StoredPlan(
    plan_id="pln_1",
    organizer_id="org_1",
    venue_id="ven_1",
    import_id="imp_1",
    name="Hall",
    seat_count=0,
    categories=(),
    layout_hash="",
)


async def write(database: Database, *texts: str, first: int = 0) -> None:
    for n, text in enumerate(texts, first):
        await database.write(plan_store.add_part, PLAN.import_id, n, importing.packed(text.encode()))


async def exported(database: Database) -> bytes:
    return b"".join([chunk async for chunk in importing.export_plan(database, PLAN)])


async def test_an_export_is_whole_although_the_replica_lacks_its_end() -> None:
    async with replicated("catalog_behind", SCHEMA) as bank:
        await write(bank.database, "one ", "two ")
        await bank.stand_still()
        await write(bank.database, "three", first=2)

        assert await exported(bank.database) == b"one two three"


async def test_an_export_is_whole_although_the_replica_lacks_all_of_it() -> None:
    async with replicated("catalog_behind", SCHEMA) as bank:
        await bank.stand_still()
        await write(bank.database, "one ", "two")

        assert await exported(bank.database) == b"one two"
