"""Puts inventory together from its parts."""

from pathlib import Path

from eventhub.inventory.v1 import inventory_service_pb2
from services.inventory.mesh import InventoryMesh
from services.inventory.neighbours import HoldOwners
from services.inventory.servicer import InventoryService
from services.inventory.waiting.worker import Offerer
from services.inventory.worker import Sweeper
from services.kit.process import Context, Runtime
from services.kit.values import SECOND_US

NAME = "inventory"


async def build(runtime: Runtime) -> Context:
    """The context inventory on its own database, ready to serve."""
    database = await runtime.database(NAME, Path(__file__).parent / "schema")
    owners = HoldOwners(database, runtime.channel(NAME))
    sweeper = Sweeper(database, runtime.clock)
    lasts_us = round(runtime.settings.waiting_offer_s * SECOND_US)
    offerer = Offerer(database, runtime.clock, runtime.ids, lasts_us=lasts_us)
    services = inventory_service_pb2.DESCRIPTOR.services_by_name
    return Context(
        name=NAME,
        own_database=database,
        servicers={
            services["InventoryService"]: InventoryService(
                database, runtime.clock, owners, places_per_address=runtime.settings.places_per_address
            ),
            services["InventoryMesh"]: InventoryMesh(database, runtime.clock, owners),
        },
        loops=[
            ("lapse", sweeper.lapse),
            ("release", sweeper.release),
            ("count", sweeper.count),
            ("offer", offerer.run),
        ],
    )
