"""A stage for tests: real contexts on real databases and a real gRPC port, with a clock that tests set.

async def test_a_seat(stage):
    await stage.add(inventory)                          # a real context
    stage.script("catalog", CatalogMesh=FakeCatalog())  # a fake one, from tests/fakes
    await stage.start()
    buyer = stage.buyer("gst_...")                      # an EventHub client, signed in
"""

import asyncio
import base64
import contextlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from eventhub import contract
from eventhub.client import EventHub
from eventhub.common.v1.options_pb2 import (
    ACCESS_BUYER,
    ACCESS_GATE,
    ACCESS_OPERATOR,
    ACCESS_ORGANIZER,
    ROLE_OWNER,
    Role,
)
from eventhub.identity.v1.identity_pb2 import Tokens
from eventhub.refusal import Refusal
from services.kit.process.platform import Build, Platform
from services.kit.process.runtime import Context
from services.kit.rpc import tokens
from services.kit.rpc.call import Caller
from services.kit.rpc.local import LocalChannel
from services.kit.values.config import Settings
from tests import databases
from tests.fakes.clock import FakeClock
from tests.fakes.ids import FakeIds

KEY_ID = "test"
# How long a test waits before it calls something hung. A busy machine may stand still for several seconds.
PATIENCE_S = 20.0
LOOK_S = 0.005


class Stage:
    """Contexts under test in one process."""

    def __init__(self, folder: Path, *, first_id: int = 1) -> None:
        """folder: the data folder. first_id: the number of its first id. A second replica on the same databases needs
        another one."""
        self.clock = FakeClock()
        self.ids = FakeIds(first_id)
        self.folder = folder
        self._key = Ed25519PrivateKey.generate()
        settings = Settings(
            data_dir=folder,
            port=0,
            http_port=0,
            metrics_port=-1,
            queue_probe_s=0,
            gateways="127.0.0.1/32",
            database_url=databases.url(folder),
        )
        self.platform = Platform(settings, self.clock, self.ids, fetch_keys=self._keys)
        self.platform.runtime = databases.under_test(self.platform.runtime)
        self._clients: list[EventHub] = []

    async def add(self, build: Build) -> Context:
        """Adds a real context."""
        return await self.platform.add(build)

    def script(self, context: str, **servicers: object) -> None:
        """Adds a context that a test scripts. servicers: by service name, an object with the methods to serve; others
        are not served."""
        for service in contract.services():
            if service.full_name.split(".")[1] != context or service.name not in servicers:
                continue
            for method in contract.methods(service):
                handler = getattr(servicers[service.name], method.name, None)
                if handler is not None:
                    self.platform.mesh.add(method, handler)

    async def start(self) -> None:
        """Opens the ports, and begins the background work of all contexts."""
        await self.platform.start()

    async def stop(self) -> None:
        """Closes all clients and contexts."""
        for client in self._clients:
            await client.close()
        await self.platform.stop(grace_s=0.1)

    def channel(self, context: str) -> LocalChannel:
        """A channel from another context of the mesh, for stubs of the internal services."""
        return LocalChannel(self.platform.mesh, context)

    def anyone(self, language: str = "") -> EventHub:
        """A client without a token. language: which its person reads; empty: it does not say."""
        client = EventHub(f"127.0.0.1:{self.platform.port}", language=language)
        self._clients.append(client)
        return client

    def client(self, caller: Caller) -> EventHub:
        """A client for a caller of any kind, over the real port."""
        client = self.anyone()
        client.tokens = Tokens(access_token=self.token(caller), subject_id=caller.subject_id)
        return client

    def token(self, caller: Caller, *, life_s: int = 600) -> str:
        """Signs a token, as identity does."""
        now_us = self.clock.now_us()
        until = now_us + life_s * 1_000_000
        named = replace(caller, expires_at_us=until)
        return tokens.sign(
            named, issuer="test", key_id=KEY_ID, key=self._key, token_id=self.ids.new("tok"), now_us=now_us
        )

    def buyer(self, subject_id: str = "gst_ana") -> EventHub:
        """A client for a person who buys."""
        return self.client(Caller(kind=ACCESS_BUYER, subject_id=subject_id))

    def member(
        self, organizer_id: str = "org_casa", role: Role.ValueType = ROLE_OWNER, subject_id: str = "acc_bia"
    ) -> EventHub:
        """A client for a member of an organizer."""
        caller = Caller(kind=ACCESS_ORGANIZER, subject_id=subject_id, organizer_id=organizer_id, role=role)
        return self.client(caller)

    def gate(self, event_id: str, organizer_id: str = "org_casa", name: str = "North gate") -> EventHub:
        """A client for a gate."""
        caller = Caller(
            kind=ACCESS_GATE, subject_id="gat_north", organizer_id=organizer_id, event_id=event_id, name=name
        )
        return self.client(caller)

    def operator(self) -> EventHub:
        """A client for the operator."""
        return self.client(Caller(kind=ACCESS_OPERATOR, subject_id="operator"))

    async def _keys(self) -> Mapping[str, str]:
        raw = self._key.public_key().public_bytes_raw()
        return {KEY_ID: base64.urlsafe_b64encode(raw).decode().rstrip("=")}


async def until(holds: Callable[[], object], patience_s: float = PATIENCE_S) -> None:
    """Waits until a condition holds that other tasks bring about, and fails after patience_s. Other tasks run
    meanwhile.

    holds: returns whether the condition holds; may be a coroutine function.
    """
    async with asyncio.timeout(patience_s):
        while True:
            with contextlib.suppress(StopAsyncIteration):
                answer = holds()
                if asyncio.iscoroutine(answer):
                    answer = await answer
                if answer:
                    return
            await asyncio.sleep(LOOK_S)


async def outcome(call: Awaitable[object]) -> str:
    """Awaits a call. Returns the reason of its refusal, or "done"."""
    try:
        await call
    except Refusal as refused:
        return refused.reason
    return "done"
