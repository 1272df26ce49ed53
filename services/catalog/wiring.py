"""How catalog is put together."""

from pathlib import Path

from eventhub.catalog.v1 import catalog_service_pb2
from eventhub.identity.v1.identity_service_pb2_grpc import IdentityMeshStub
from services.catalog.mesh import Mesh
from services.catalog.organizers import Organizers
from services.catalog.pools import ReserveHours
from services.catalog.publishing import Publisher
from services.catalog.servicer import Catalog
from services.kit.process import Context, Runtime
from services.kit.work import Runner

NAME = "catalog"


async def build(runtime: Runtime) -> Context:
    """catalog, ready to serve."""
    database = await runtime.database(NAME, Path(__file__).parent / "schema")
    channel = runtime.channel(NAME)
    reserve_hours = ReserveHours(runtime.settings.reserve_hours, runtime.settings.reserve_hours_large)
    publisher = Publisher(database, runtime.clock, channel, reserve_hours)
    organizers = Organizers(IdentityMeshStub(channel), runtime.clock)
    moved = Runner(NAME, runtime.clock, due=publisher.due, do=publisher.tell_once_more)
    services = catalog_service_pb2.DESCRIPTOR.services_by_name
    return Context(
        NAME,
        database,
        servicers={
            services["CatalogService"]: Catalog(database, runtime.clock, publisher, organizers),
            services["CatalogMesh"]: Mesh(database, organizers),
        },
        loops=[moved.run],
        gauges=[moved.gauges],
        stop=moved.stop,
    )
