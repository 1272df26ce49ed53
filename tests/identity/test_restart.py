"""Restarts, and changes of the signing key between them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from eventhub import refusals
from eventhub.client import EventHub
from eventhub.identity.v1 import identity_service_pb2 as pb
from eventhub.identity.v1.identity_pb2 import SigningKey, Tokens
from eventhub.identity.v1.identity_service_pb2_grpc import IdentityMeshStub
from services.identity.wiring import build
from services.kit.process.platform import Platform
from services.kit.rpc.local import LocalChannel
from services.kit.rpc.tokens import public_key
from services.kit.values.config import Settings
from tests.fakes.clock import FakeClock
from tests.fakes.ids import FakeIds
from tests.identity.world import ANA, BIA, BIA_ID, CPF, PASSWORD, registration, session

CODES = "SELECT code_id FROM access_code"


class Installation:
    """A data folder, and the platforms that run on it one after the other. They share a clock and ids."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.clock, self.ids = folder, FakeClock(), FakeIds()
        self.hub: EventHub
        self.platform: Platform

    @asynccontextmanager
    async def open(self, tokens: Tokens | None = None, *, begin_anew: str = "") -> AsyncIterator[EventHub]:
        """Runs a platform. Yields a client with tokens. begin_anew: the key files that the operator gives up."""
        settings = Settings(
            data_dir=self.folder, port=0, http_port=0, metrics_port=-1, queue_probe_s=0, begin_anew=begin_anew
        )
        self.platform = Platform(settings, self.clock, self.ids)
        await self.platform.add(build)
        await self.platform.start()
        hub = EventHub(f"127.0.0.1:{self.platform.port}")
        if tokens is not None:
            hub.tokens = tokens
        try:
            yield hub
        finally:
            await hub.close()
            await self.platform.stop(grace_s=0.1)

    async def participant_keys(self, subject_id: str) -> list[str]:
        """The keys by which a person is counted."""
        mesh = IdentityMeshStub(LocalChannel(self.platform.mesh, "pricing"))
        return list((await mesh.GetParticipant(pb.GetParticipantRequest(subject_id=subject_id))).participant_keys)


@pytest.fixture
def installation(tmp_path: Path) -> Installation:
    return Installation(tmp_path)


async def published(hub: EventHub) -> list[SigningKey]:
    """The keys that verify tokens, as identity publishes them."""
    return list((await hub.identity.GetSigningKeys(pb.GetSigningKeysRequest())).keys)


def claims_by(key: SigningKey, token: str) -> dict[str, object]:
    """The claims of a token, verified with a published key. Expiry is not checked: the time is the fake clock's."""
    return jwt.decode(
        token,
        public_key(key.x),
        algorithms=["EdDSA"],
        audience="eventhub",
        options={"verify_exp": False, "verify_iat": False},
    )


async def test_a_published_key_verifies_a_token(installation: Installation) -> None:
    async with installation.open() as hub:
        tokens = (await hub.identity.StartGuest(session(1))).tokens
        (key,) = await published(hub)

    assert jwt.get_unverified_header(tokens.access_token) == {"alg": "EdDSA", "kid": key.key_id, "typ": "JWT"}
    claims = claims_by(key, tokens.access_token)
    assert (claims["sub"], claims["exp"]) == (tokens.subject_id, tokens.expires_at.seconds)
    assert ANA not in str(claims)
    another = Ed25519PrivateKey.from_private_bytes(bytes(32)).public_key()
    with pytest.raises(jwt.InvalidSignatureError):
        jwt.decode(tokens.access_token, another, algorithms=["EdDSA"], audience="eventhub")


async def test_sessions_passwords_and_keys_survive_a_restart(installation: Installation) -> None:
    async with installation.open() as hub:
        await hub.identity.RegisterOrganizer(registration())
        guest = (await hub.identity.StartGuest(session(1, cpf=CPF))).tokens
        counted = await installation.participant_keys(guest.subject_id)
        operator = (installation.folder / "operator.key").read_text().strip()

    async with installation.open(guest) as hub:
        assert (await hub.identity.GetProfile(pb.GetProfileRequest())).subject_id == guest.subject_id
        renewed = await hub.identity.RefreshToken(pb.RefreshTokenRequest(refresh_token=guest.refresh_token))
        assert renewed.tokens.subject_id == guest.subject_id
        with pytest.raises(refusals.TokenInvalid):
            await hub.identity.RefreshToken(pb.RefreshTokenRequest(refresh_token=guest.refresh_token))
        assert await installation.participant_keys(guest.subject_id) == counted
        await hub.sign_in(BIA, PASSWORD)
        assert hub.tokens.subject_id == BIA_ID
        await hub.sign_in_operator(operator)


async def test_an_access_code_survives_a_restart(installation: Installation) -> None:
    async with installation.open() as hub:
        await hub.identity.SendAccessCode(pb.SendAccessCodeRequest(email=ANA))
        ((code_id,),) = await installation.platform.contexts[0].database.read(lambda tx: tx.all(CODES))
        mesh = IdentityMeshStub(LocalChannel(installation.platform.mesh, "notifications"))
        sent = await mesh.GetAccessCode(pb.GetAccessCodeRequest(code_id=code_id))

    async with installation.open() as hub:
        redeemed = await hub.identity.RedeemAccessCode(pb.RedeemAccessCodeRequest(email=ANA, code=sent.code))
        assert redeemed.tokens.access_token


async def test_a_new_key_signs_and_the_old_one_still_verifies(installation: Installation) -> None:
    async with installation.open() as hub:
        before = (await hub.identity.StartGuest(session(1))).tokens
        (old,) = await published(hub)
    (installation.folder / "keys" / "token-2.key").write_bytes(bytes(range(32)))

    async with installation.open(before) as hub:
        assert (await hub.identity.GetProfile(pb.GetProfileRequest())).subject_id == before.subject_id
        new, kept = await published(hub)
        after = (await hub.identity.StartGuest(session(1))).tokens

    assert kept == old
    assert claims_by(new, after.access_token)["sub"] == before.subject_id
    async with installation.open(after) as hub:
        assert (await hub.identity.GetProfile(pb.GetProfileRequest())).subject_id == before.subject_id


async def test_a_removed_key_ends_its_tokens(installation: Installation) -> None:
    async with installation.open() as hub:
        before = (await hub.identity.StartGuest(session(1))).tokens
    (installation.folder / "keys" / "token-2.key").write_bytes(bytes(range(32)))
    (installation.folder / "keys" / "token-1.key").unlink()

    async with installation.open(before, begin_anew="token-1.key") as hub:
        with pytest.raises(refusals.TokenInvalid):
            await hub.identity.GetProfile(pb.GetProfileRequest())
