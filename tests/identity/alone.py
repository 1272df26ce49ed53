"""identity alone on a platform that verifies tokens with identity's own keys. The stage verifies them with a key of the
tests instead."""

from pathlib import Path
from typing import TYPE_CHECKING

from eventhub import contract
from eventhub.client import EventHub
from eventhub.identity.v1 import identity_service_pb2 as pb
from eventhub.identity.v1.identity_pb2 import Tokens
from eventhub.identity.v1.identity_service_pb2_grpc import IdentityMeshStub
from services.kit.process.platform import Platform
from services.kit.rpc.local import LocalChannel
from services.kit.values.config import Settings
from tests import databases
from tests.fakes.catalog import FakeCatalog
from tests.fakes.clock import FakeClock
from tests.fakes.ids import FakeIds
from tests.identity.world import BIA, EVENTS, PASSWORD, build, registration, session

if TYPE_CHECKING:
    from eventhub.identity.v1.identity_service_pb2_grpc import IdentityMeshAsyncStub


class IdentityAlone:
    """A platform with identity alone, and its clients."""

    def __init__(self, folder: Path) -> None:
        self.clock = FakeClock()
        self.platform = Platform(
            Settings(
                data_dir=folder,
                port=0,
                http_port=0,
                metrics_port=-1,
                queue_probe_s=0,
                database_url=databases.url(folder),
            ),
            self.clock,
            FakeIds(),
        )
        self.platform.runtime = databases.under_test(self.platform.runtime)
        self.clients: list[EventHub] = []

    async def open(self) -> None:
        method = contract.by_path()["/eventhub.catalog.v1.CatalogMesh/GetEventOrganizer"]
        self.platform.mesh.add(method, FakeCatalog(events=EVENTS).GetEventOrganizer)
        await self.platform.add(build)
        await self.platform.start()

    async def close(self) -> None:
        for client in self.clients:
            await client.close()
        await self.platform.stop(grace_s=0.1)

    def client(self, access_token: str = "") -> EventHub:
        client = EventHub(f"127.0.0.1:{self.platform.port}")
        client.tokens = Tokens(access_token=access_token)
        self.clients.append(client)
        return client

    def mesh(self, caller: str) -> "IdentityMeshAsyncStub":
        """IdentityMesh, as another context calls it."""
        return IdentityMeshStub(LocalChannel(self.platform.mesh, caller))

    async def guest(self) -> EventHub:
        """A client of a guest session."""
        client = self.client()
        client.tokens = (await client.identity.StartGuest(session(1))).tokens
        return client

    async def owner(self) -> EventHub:
        """A client of Bia, who has registered an organizer and signed in by password."""
        client = self.client()
        await client.identity.RegisterOrganizer(registration())
        await client.sign_in(BIA, PASSWORD)
        return client

    async def send_code(self, email: str) -> str:
        """Asks for an access code. Returns its digits."""
        await self.client().identity.SendAccessCode(pb.SendAccessCodeRequest(email=email))
        newest = "SELECT code_id FROM access_code WHERE email = $1 ORDER BY at_us DESC, code_id DESC"
        rows = await self.platform.contexts[0].database.read(lambda tx: tx.all(newest, email))
        return (await self.mesh("notifications").GetAccessCode(pb.GetAccessCodeRequest(code_id=rows[0][0]))).code

    async def accept(self, email: str, organizer_id: str) -> EventHub:
        """Accepts an invitation. Returns a client of the new member."""
        client, code = self.client(), await self.send_code(email)
        request = pb.RedeemAccessCodeRequest(email=email, code=code, organizer_id=organizer_id)
        client.tokens = (await client.identity.RedeemAccessCode(request)).tokens
        return client
