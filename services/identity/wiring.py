"""Builds identity from its parts."""

import asyncio
from pathlib import Path

from eventhub.catalog.v1.catalog_service_pb2_grpc import CatalogMeshStub
from eventhub.identity.v1 import identity_service_pb2
from eventhub.orders.v1.orders_service_pb2_grpc import OrdersMeshStub
from services.identity import jwks
from services.identity.door.doorman import Doorman
from services.identity.door.sweeper import Sweeper
from services.identity.guest_sweeper import GuestSweeper
from services.identity.keys import open_ring
from services.identity.mesh import IdentityMesh
from services.identity.passwords import Passwords
from services.identity.servicer import IdentityService
from services.kit.process import Context, Runtime, fingerprints

NAME = "identity"
LASTING, ROTATED = ("contact.key", "codes.key"), "token-*.key"


async def build(runtime: Runtime) -> Context:
    """Builds identity's servicers, loops and routes, ready to serve."""
    settings = runtime.settings
    database = await runtime.database(NAME, Path(__file__).parent / "schema")
    passwords, channel = Passwords(), runtime.channel(NAME)
    async with fingerprints.remembered(database, settings, LASTING, ROTATED):
        ring = await asyncio.to_thread(open_ring, settings.keys_folder, settings.operator_key, runtime.ids.secret)
    doorman = Doorman(database, runtime.clock, runtime.ids, ring, passwords, issuer=lambda: runtime.public_url)

    async def stop() -> None:
        passwords.close()

    services = identity_service_pb2.DESCRIPTOR.services_by_name
    return Context(
        NAME,
        database,
        servicers={
            services["IdentityService"]: IdentityService(
                database,
                runtime.clock,
                runtime.ids,
                ring,
                doorman,
                catalog=CatalogMeshStub(channel),
                guests_per_minute=settings.guests_per_minute,
            ),
            services["IdentityMesh"]: IdentityMesh(database, runtime.clock, ring),
        },
        loops=[
            Sweeper(database, runtime.clock).run,
            GuestSweeper(database, runtime.clock, OrdersMeshStub(channel)).run,
        ],
        routes=jwks.routes(ring),
        stop=stop,
    )
