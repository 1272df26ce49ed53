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
SERIES = f"{NAME} series"


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
<<<<<<< HEAD
    taken = TakenSeats(channel)
    surveyor = Surveyor(database, taken)
    mover = RelocationWorker(database, runtime.clock, inventory, taken, surveyor)
    relocator = Relocator(database, runtime.clock, changer, surveyor, mover.runner)
=======
    seller = PassSeller(database, runtime.clock, inventory)
    updater = SeriesUpdater(database, runtime.clock, changer)
    series = SeriesWorker(updater, seller)
    due_series = undivided(SERIES, series.due)
    series_runner = Runner(SERIES, runtime.clock, database.shards, due=due_series, do=series.complete)
>>>>>>> main
    search = SearchWorker(database, runtime.clock, inventory, organizers)

    async def stop() -> None:
        await runner.stop()
<<<<<<< HEAD
        await mover.runner.stop()
=======
        await series_runner.stop()
>>>>>>> main

    services = catalog_service_pb2.DESCRIPTOR.services_by_name
    return Context(
        name=NAME,
        own_database=database,
        servicers={
            services["CatalogService"]: CatalogService(
<<<<<<< HEAD
                database, runtime.clock, publisher, changer, organizers, relocator=relocator
=======
                database, runtime.clock, publisher, changer, organizers, pass_seller=seller, series_updater=updater
>>>>>>> main
            ),
            services["CatalogMesh"]: CatalogMesh(database, organizers),
        },
        loops=[
            ("sweep of the search", search.sweep),
            ("names in the search", search.follow_names),
            ("stock in the search", search.follow_stock),
        ],
<<<<<<< HEAD
        everywhere=[runner.run, mover.runner.run],
        gauges=[runner.gauges, mover.runner.gauges],
=======
        everywhere=[runner.run, series_runner.run],
        gauges=[runner.gauges, series_runner.gauges],
>>>>>>> main
        stop=stop,
        routes=layout_page.routes(database),
    )
