"""What outlives a restart, and what a new key changes."""

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


class House:
    """One data folder, opened and closed. Time and ids go on meanwhile."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.clock, self.ids = folder, FakeClock(), FakeIds()
        self.hub: EventHub
        self.platform: Platform

    @asynccontextmanager
    async def open(self, tokens: Tokens | None = None, *, begin_anew: str = "") -> AsyncIterator[EventHub]:
        """A client while the house is open. begin_anew: what the operator gives up for good."""
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

    async def participant(self, subject_id: str) -> list[str]:
        """By what somebody is counted."""
        mesh = IdentityMeshStub(LocalChannel(self.platform.mesh, "pricing"))
        return list((await mesh.GetParticipant(pb.GetParticipantRequest(subject_id=subject_id))).participant_keys)


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


async def shown(hub: EventHub) -> list[SigningKey]:
    """The keys that anyone may see."""
    return list((await hub.identity.GetSigningKeys(pb.GetSigningKeysRequest())).keys)


def claims_by(key: SigningKey, token: str) -> dict[str, object]:
    """What a token says, if a key that was shown verifies it. Its time is the fake clock's."""
    return jwt.decode(
        token,
        public_key(key.x),
        algorithms=["EdDSA"],
        audience="eventhub",
        options={"verify_exp": False, "verify_iat": False},
    )


async def test_a_shown_key_verifies_a_token(house: House) -> None:
    async with house.open() as hub:
        tokens = (await hub.identity.StartGuest(session(1))).tokens
        (key,) = await shown(hub)

    assert jwt.get_unverified_header(tokens.access_token) == {"alg": "EdDSA", "kid": key.key_id, "typ": "JWT"}
    claims = claims_by(key, tokens.access_token)
    assert (claims["sub"], claims["exp"]) == (tokens.subject_id, tokens.expires_at.seconds)
    assert ANA not in str(claims)
    another = Ed25519PrivateKey.from_private_bytes(bytes(32)).public_key()
    with pytest.raises(jwt.InvalidSignatureError):
        jwt.decode(tokens.access_token, another, algorithms=["EdDSA"], audience="eventhub")


async def test_a_restart_is_not_felt(house: House) -> None:
    async with house.open() as hub:
        await hub.identity.RegisterOrganizer(registration())
        guest = (await hub.identity.StartGuest(session(1, cpf=CPF))).tokens
        counted = await house.participant(guest.subject_id)
        operator = (house.folder / "operator.key").read_text().strip()

    async with house.open(guest) as hub:
        assert (await hub.identity.GetProfile(pb.GetProfileRequest())).subject_id == guest.subject_id
        renewed = await hub.identity.RefreshToken(pb.RefreshTokenRequest(refresh_token=guest.refresh_token))
        assert renewed.tokens.subject_id == guest.subject_id
        with pytest.raises(refusals.TokenInvalid):
            await hub.identity.RefreshToken(pb.RefreshTokenRequest(refresh_token=guest.refresh_token))
        assert await house.participant(guest.subject_id) == counted
        await hub.sign_in(BIA, PASSWORD)
        assert hub.tokens.subject_id == BIA_ID
        await hub.sign_in_operator(operator)


async def test_an_access_code_outlives_a_restart(house: House) -> None:
    async with house.open() as hub:
        await hub.identity.SendAccessCode(pb.SendAccessCodeRequest(email=ANA))
        ((code_id,),) = await house.platform.contexts[0].database.read(lambda tx: tx.all(CODES))
        mesh = IdentityMeshStub(LocalChannel(house.platform.mesh, "notifications"))
        sent = await mesh.GetAccessCode(pb.GetAccessCodeRequest(code_id=code_id))

    async with house.open() as hub:
        redeemed = await hub.identity.RedeemAccessCode(pb.RedeemAccessCodeRequest(email=ANA, code=sent.code))
        assert redeemed.tokens.access_token


async def test_a_new_key_signs_and_the_old_one_still_verifies(house: House) -> None:
    async with house.open() as hub:
        before = (await hub.identity.StartGuest(session(1))).tokens
        (old,) = await shown(hub)
    (house.folder / "keys" / "token-2.key").write_bytes(bytes(range(32)))

    async with house.open(before) as hub:
        assert (await hub.identity.GetProfile(pb.GetProfileRequest())).subject_id == before.subject_id
        new, kept = await shown(hub)
        after = (await hub.identity.StartGuest(session(1))).tokens

    assert kept == old
    assert claims_by(new, after.access_token)["sub"] == before.subject_id
    async with house.open(after) as hub:
        assert (await hub.identity.GetProfile(pb.GetProfileRequest())).subject_id == before.subject_id


async def test_a_key_that_is_taken_away_ends_its_tokens(house: House) -> None:
    async with house.open() as hub:
        before = (await hub.identity.StartGuest(session(1))).tokens
    (house.folder / "keys" / "token-2.key").write_bytes(bytes(range(32)))
    (house.folder / "keys" / "token-1.key").unlink()

    async with house.open(before, begin_anew="token-1.key") as hub:
        with pytest.raises(refusals.TokenInvalid):
            await hub.identity.GetProfile(pb.GetProfileRequest())
