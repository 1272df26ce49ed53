"""Dashboards while a replica of the database stands still."""

from services.kit.db.database import Tx
from services.reporting import store, transactions
from services.reporting.sales import Dashboard
from tests.replicated import Replicated, replicated
from tests.reporting.world import EVENT, ORGANIZER
from tests.sources import SERVICES

SCHEMA = SERVICES / "reporting" / "schema"


async def touch(tx: Tx) -> None:
    await store.touch_event(tx, EVENT, ORGANIZER, currency="BRL")


async def shown(bank: Replicated, after: int) -> Dashboard | None:
    return await bank.database.read_behind_long(transactions.dashboard, EVENT, ORGANIZER, after=after)


async def test_a_dashboard_never_goes_back() -> None:
    async with replicated("reporting_behind", SCHEMA) as bank:
        await bank.database.write(touch)
        await bank.stand_still()
        await bank.database.write(touch)

        first = await shown(bank, after=0)
        assert first is not None
        assert first.revision == 1
        assert await shown(bank, after=1) is None, "the replica knows no newer one yet"
        assert await shown(bank, after=2) is None

        await bank.go_on()


async def test_an_event_that_the_replica_lacks_is_no_unknown_event() -> None:
    async with replicated("reporting_behind", SCHEMA) as bank:
        await bank.stand_still()
        await bank.database.write(touch)

        assert await shown(bank, after=0) is None
