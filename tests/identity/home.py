"""identity as it is at home: a platform of its own, whose tokens are verified by its own keys."""

from pathlib import Path

from eventhub import contract
from eventhub.client import EventHub
from eventhub.identity.v1.identity_pb2 import Tokens
from services.identity.wiring import build
from services.kit.config import Settings
from services.kit.platform import Platform
from tests import databases
from tests.fakes.clock import FakeClock
from tests.fakes.ids import FakeIds
from tests.identity.lobby import BIA, PASSWORD, Programme, registration, session


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
                pulse_s=0,
                database_url=databases.url(folder),
            ),
            self.clock,
            FakeIds(),
        )
        self.platform.host = databases.under_test(self.platform.host)
        self.clients: list[EventHub] = []

    async def open(self) -> None:
        """Serves."""
        asked = contract.by_path()["/eventhub.catalog.v1.CatalogMesh/GetEventOrganizer"]
        self.platform.mesh.add(asked, Programme().GetEventOrganizer)
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

    async def owner(self) -> EventHub:
        client = self.client()
        await client.identity.RegisterOrganizer(registration())
        await client.sign_in(BIA, PASSWORD)
        return client
