"""Builds catalog from its parts."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from eventhub.catalog.v1 import catalog_service_pb2
from services.catalog.changes import Changer
from services.catalog.half_price_reserve import ReserveHours
from services.catalog.mesh import CatalogMesh
from services.catalog.neighbours import Inventory, Organizers
from services.catalog.passes.selling import PassSeller
from services.catalog.plans import layout_page
from services.catalog.publishing import Publisher
from services.catalog.relocation.neighbours import TakenSeats
from services.catalog.relocation.relocator import Relocator
from services.catalog.relocation.survey import Surveyor
from services.catalog.relocation.worker import RelocationWorker
from services.catalog.search.worker import SearchWorker
from services.catalog.series.updating import SeriesUpdater
from services.catalog.series.worker import SeriesWorker
from services.catalog.servicer import CatalogService
from services.kit.process import Context, Runtime
from services.kit.work import Runner, undivided

NAME = "catalog"


async def build(runtime: Runtime) -> Context:
    """Opens catalog's database and returns catalog, ready to serve."""
    database = await runtime.database(NAME, Path(__file__).parent / "schema")
    channel, clock, settings = runtime.channel(NAME), runtime.clock, runtime.settings
    inventory = Inventory(channel, ReserveHours(settings.reserve_hours, settings.reserve_hours_large))
    organizers = Organizers(channel, clock)
    changer = Changer(database, clock, inventory)
    publisher = Publisher(database, clock, inventory, changer)
    seller, updater = PassSeller(database, clock, inventory), SeriesUpdater(database, clock, changer)
    taken = TakenSeats(channel)
    surveyor = Surveyor(database, taken)
    mover = RelocationWorker(database, clock, inventory, taken, surveyor)
    series = SeriesWorker(NAME, database, clock, updater, seller)
    changes = Runner(NAME, clock, database.shards, due=undivided(NAME, changer.due), do=changer.complete)
    runners: list[Runner[Any]] = [changes, series.runner, mover.runner]
    servicer = CatalogService(
        database,
        clock,
        publisher,
        changer,
        organizers,
        pass_seller=seller,
        series_updater=updater,
        relocator=Relocator(database, clock, changer, surveyor, mover.runner),
    )

    async def stop() -> None:
        await asyncio.gather(*(runner.stop() for runner in runners))

    services = catalog_service_pb2.DESCRIPTOR.services_by_name
    return Context(
        name=NAME,
        own_database=database,
        servicers={services["CatalogService"]: servicer, services["CatalogMesh"]: CatalogMesh(database, organizers)},
        loops=loops_of(SearchWorker(database, clock, inventory, organizers)),
        everywhere=[runner.run for runner in runners],
        gauges=[runner.gauges for runner in runners],
        stop=stop,
        routes=layout_page.routes(database),
    )


def loops_of(search: SearchWorker) -> list[tuple[str, Callable[[], Awaitable[None]]]]:
    """What keeps the entries of the search up to date, each with the key that tells which replica runs it."""
    return [
        ("sweep of the search", search.sweep),
        ("names in the search", search.follow_names),
        ("stock in the search", search.follow_stock),
    ]
