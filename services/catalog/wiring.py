"""Builds catalog from its parts."""

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
from services.kit.db import Database
from services.kit.process import Context, Runtime
from services.kit.work import Runner, undivided

NAME = "catalog"
SERIES = f"{NAME} series"


async def build(runtime: Runtime) -> Context:
    """Opens catalog's database and returns catalog, ready to serve."""
    database = await runtime.database(NAME, Path(__file__).parent / "schema")
    channel, settings = runtime.channel(NAME), runtime.settings
    inventory = Inventory(channel, ReserveHours(settings.reserve_hours, settings.reserve_hours_large))
    organizers = Organizers(channel, runtime.clock)
    changer = Changer(database, runtime.clock, inventory)
    publisher = Publisher(database, runtime.clock, inventory, changer)
    seller = PassSeller(database, runtime.clock, inventory)
    updater = SeriesUpdater(database, runtime.clock, changer)
    relocator, moves = relocations(database, runtime, inventory, changer)
    runners = [*changes(database, runtime, changer, SeriesWorker(updater, seller)), moves]
    search = SearchWorker(database, runtime.clock, inventory, organizers)

    async def stop() -> None:
        for each in runners:
            await each.stop()

    calls = CatalogService(
        database,
        runtime.clock,
        publisher,
        changer,
        organizers,
        pass_seller=seller,
        series_updater=updater,
        relocator=relocator,
    )
    services = catalog_service_pb2.DESCRIPTOR.services_by_name
    return Context(
        name=NAME,
        own_database=database,
        servicers={services["CatalogService"]: calls, services["CatalogMesh"]: CatalogMesh(database, organizers)},
        loops=[
            ("sweep of the search", search.sweep),
            ("names in the search", search.follow_names),
            ("stock in the search", search.follow_stock),
        ],
        everywhere=[each.run for each in runners],
        gauges=[each.gauges for each in runners],
        stop=stop,
        routes=layout_page.routes(database),
    )


def changes(database: Database, runtime: Runtime, changer: Changer, series: SeriesWorker) -> list[Runner[Any]]:
    """Finish changes of events and of series whose calls have died."""
    clock, shards = runtime.clock, database.shards
    return [
        Runner(NAME, clock, shards, due=undivided(NAME, changer.due), do=changer.complete),
        Runner(SERIES, clock, shards, due=undivided(SERIES, series.due), do=series.complete),
    ]


def relocations(
    database: Database, runtime: Runtime, inventory: Inventory, changer: Changer
) -> tuple[Relocator, Runner[Any]]:
    """Relocations of events, and the work on them."""
    taken = TakenSeats(runtime.channel(NAME))
    surveyor = Surveyor(database, taken)
    worker = RelocationWorker(database, runtime.clock, inventory, taken, surveyor)
    return Relocator(database, runtime.clock, changer, surveyor, worker.runner), worker.runner
