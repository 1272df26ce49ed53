"""How catalog is put together."""

from pathlib import Path

from eventhub.catalog.v1 import catalog_service_pb2
from services.catalog.mesh import Mesh
from services.catalog.servicer import Catalog
from services.kit.host import Context, Host

NAME = "catalog"


async def build(host: Host) -> Context:
    """catalog, ready to serve."""
    database = await host.database(NAME, Path(__file__).parent / "schema")
    services = catalog_service_pb2.DESCRIPTOR.services_by_name
    return Context(
        NAME,
        database,
        servicers={
            services["CatalogService"]: Catalog(database, host.clock, host.channel(NAME)),
            services["CatalogMesh"]: Mesh(database),
        },
    )
