"""How catalog is put together."""

from pathlib import Path

from eventhub.catalog.v1 import catalog_service_pb2
from services.catalog.mesh import Mesh
from services.catalog.publishing import Publisher
from services.catalog.servicer import Catalog
from services.kit.host import Context, Host
from services.kit.runner import Runner

NAME = "catalog"


async def build(host: Host) -> Context:
    """catalog, ready to serve."""
    database = await host.database(NAME, Path(__file__).parent / "schema")
    publisher = Publisher(database, host.clock, host.channel(NAME))
    moved = Runner(NAME, host.clock, due=publisher.due, do=publisher.tell_once_more)
    services = catalog_service_pb2.DESCRIPTOR.services_by_name
    return Context(
        NAME,
        database,
        servicers={
            services["CatalogService"]: Catalog(database, host.clock, publisher),
            services["CatalogMesh"]: Mesh(database),
        },
        loops=[moved.run],
        gauges=[moved.gauges],
        stop=moved.stop,
    )
