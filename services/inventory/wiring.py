"""How inventory is put together."""

from pathlib import Path

from eventhub.inventory.v1 import inventory_service_pb2
from services.inventory.mesh import Mesh
from services.inventory.owners import Owners
from services.inventory.servicer import Inventory
from services.inventory.sweeper import Sweeper
from services.kit.process import Context, Host

NAME = "inventory"


async def build(host: Host) -> Context:
    """inventory, ready to serve."""
    database = await host.database(NAME, Path(__file__).parent / "schema")
    owners = Owners(database, host.channel(NAME))
    sweeper = Sweeper(database, host.clock)
    services = inventory_service_pb2.DESCRIPTOR.services_by_name
    return Context(
        NAME,
        database,
        servicers={
            services["InventoryService"]: Inventory(
                database, host.clock, owners, places_per_address=host.settings.places_per_address
            ),
            services["InventoryMesh"]: Mesh(database, host.clock, owners),
        },
        loops=[sweeper.lapse, sweeper.release, sweeper.count],
    )
