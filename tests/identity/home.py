"""identity as it is at home: a platform of its own, whose tokens are verified by its own keys."""

from pathlib import Path

from eventhub import contract
from eventhub.client import EventHub
from eventhub.identity.v1 import identity_service_pb2 as pb
from eventhub.identity.v1.identity_pb2 import Tokens
from eventhub.identity.v1.identity_service_pb2_grpc import IdentityMeshStub
from services.identity.wiring import build
from services.kit.process.platform import Platform
from services.kit.rpc.local import LocalChannel
from services.kit.values.config import Settings
from tests import databases
from tests.fakes.catalog import FakeCatalog
from tests.fakes.clock import FakeClock
from tests.fakes.ids import FakeIds
from tests.identity.lobby import BIA, EVENTS, PASSWORD, registration, session


class Home:
    """A platform with identity alone, and clients of it."""

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
        """Serves."""
        asked = contract.by_path()["/eventhub.catalog.v1.CatalogMesh/GetEventOrganizer"]
        self.platform.mesh.add(asked, FakeCatalog(events=EVENTS).GetEventOrganizer)
        await self.platform.add(build)
        await self.platform.start()

    async def close(self) -> None:
        """Ends."""
        for client in self.clients:
            await client.close()
        await self.platform.stop(grace_s=0.1)

    def client(self, access_token: str = "") -> EventHub:
        client = EventHub(f"127.0.0.1:{self.platform.port}")
        client.tokens = Tokens(access_token=access_token)
        self.clients.append(client)
        return client

    async def guest(self) -> EventHub:
        client = self.client()
        client.tokens = (await client.identity.StartGuest(session(1))).tokens
        return client

    async def accept(self, email: str, organizer_id: str) -> None:
        """Somebody accepts an invitation."""
        client = self.client()
        await client.identity.SendAccessCode(pb.SendAccessCodeRequest(email=email))
        ((code_id,),) = await self.platform.contexts[0].database.read(
            lambda tx: tx.all("SELECT code_id FROM access_code WHERE email = $1", email)
        )
        mesh = IdentityMeshStub(LocalChannel(self.platform.mesh, "notifications"))
        code = (await mesh.GetAccessCode(pb.GetAccessCodeRequest(code_id=code_id))).code
        accepted = pb.RedeemAccessCodeRequest(email=email, code=code, organizer_id=organizer_id)
        await client.identity.RedeemAccessCode(accepted)

    async def owner(self) -> EventHub:
        client = self.client()
        await client.identity.RegisterOrganizer(registration())
        await client.sign_in(BIA, PASSWORD)
        return client
