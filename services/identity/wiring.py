"""Puts identity together from its parts."""

import asyncio
from pathlib import Path

from eventhub.identity.v1 import identity_service_pb2
from services.identity import jwks
from services.identity.guest_worker import GuestSweeper
from services.identity.keys import open_ring
from services.identity.mesh import IdentityMesh
from services.identity.neighbours import Buyers, Events
from services.identity.passwords import Passwords
from services.identity.servicer import IdentityService
from services.identity.signin.authenticator import Authenticator
from services.identity.signin.worker import Sweeper
from services.kit.process import Context, Runtime, fingerprints

NAME = "identity"
LASTING, ROTATED = ("contact.key", "codes.key"), "token-*.key"


async def build(runtime: Runtime) -> Context:
    """The context identity on its own database, ready to serve."""
    return await build_with(runtime, Passwords())


async def build_with(runtime: Runtime, passwords: Passwords) -> Context:
    """The same, with another cost of passwords. identity closes the passwords when it stops."""
    settings, clock, ids = runtime.settings, runtime.clock, runtime.ids
    database = await runtime.database(NAME, Path(__file__).parent / "schema")
    channel = runtime.channel(NAME)
    async with fingerprints.remembered(database, settings, LASTING, ROTATED):
        ring = await asyncio.to_thread(open_ring, settings.keys_folder, settings.operator_key, ids.secret)
    authenticator = Authenticator(
        database, clock, ids, ring=ring, passwords=passwords, issuer=lambda: runtime.public_url
    )

    async def stop() -> None:
        passwords.close()

    services = identity_service_pb2.DESCRIPTOR.services_by_name
    return Context(
        name=NAME,
        own_database=database,
        servicers={
            services["IdentityService"]: IdentityService(
                database,
                clock,
                ids,
                ring=ring,
                authenticator=authenticator,
                events=Events(channel),
                guests_per_minute=settings.guests_per_minute,
            ),
            services["IdentityMesh"]: IdentityMesh(database, clock, ring),
        },
        loops=[
            ("codes", Sweeper(database, clock).run),
            ("guests", GuestSweeper(database, clock, Buyers(channel)).run),
        ],
        routes=jwks.routes(ring),
        stop=stop,
    )
