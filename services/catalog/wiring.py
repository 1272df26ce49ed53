"""Builds catalog from its parts."""

from pathlib import Path

from eventhub.catalog.v1 import catalog_service_pb2
from services.catalog.changes import Changer
from services.catalog.half_price_reserve import ReserveHours
from services.catalog.mesh import CatalogMesh
from services.catalog.neighbours import Inventory, Organizers
from services.catalog.passes.selling import PassSeller
from services.catalog.plans import layout_page
from services.catalog.publishing import Publisher
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
    channel, settings = runtime.channel(NAME), runtime.settings
    inventory = Inventory(channel, ReserveHours(settings.reserve_hours, settings.reserve_hours_large))
    organizers = Organizers(channel, runtime.clock)
    changer = Changer(database, runtime.clock, inventory)
    publisher = Publisher(database, runtime.clock, inventory, changer)
    due = undivided(NAME, changer.due)
    runner = Runner(NAME, runtime.clock, database.shards, due=due, do=changer.complete)
    seller = PassSeller(database, runtime.clock, inventory)
    updater = SeriesUpdater(database, runtime.clock, changer)
    series = SeriesWorker(NAME, database, runtime.clock, updater, seller)
    search = SearchWorker(database, runtime.clock, inventory, organizers)

    async def stop() -> None:
        await runner.stop()
        await series.runner.stop()

    services = catalog_service_pb2.DESCRIPTOR.services_by_name
    return Context(
        name=NAME,
        own_database=database,
        servicers={
            services["CatalogService"]: CatalogService(
                database, runtime.clock, publisher, changer, organizers, pass_seller=seller, series_updater=updater
            ),
            services["CatalogMesh"]: CatalogMesh(database, organizers),
        },
        loops=[
            ("sweep of the search", search.sweep),
            ("names in the search", search.follow_names),
            ("stock in the search", search.follow_stock),
        ],
        everywhere=[runner.run, series.runner.run],
        gauges=[runner.gauges, series.runner.gauges],
        stop=stop,
        routes=layout_page.routes(database),
    )
