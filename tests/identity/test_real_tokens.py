"""Tokens that identity signs and its own platform verifies."""

import base64
import json
from collections.abc import Callable
from pathlib import Path

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from eventhub import refusals
from eventhub.common.v1.options_pb2 import ROLE_MANAGER, ROLE_OWNER
from eventhub.identity.v1 import identity_service_pb2 as pb
from tests.identity.alone import IdentityAlone
from tests.identity.world import BIA, BIA_ID, CASA, SHOW, numbered

PROFILE = pb.GetProfileRequest()
EXPIRED_S = 641  # ten minutes, and the leeway between clocks


async def test_a_guests_token_identifies_the_guest(alone: IdentityAlone) -> None:
    guest = await alone.guest()

    assert (await guest.identity.GetProfile(PROFILE)).subject_id == guest.tokens.subject_id


async def test_a_members_token_identifies_the_member(alone: IdentityAlone) -> None:
    owner = await alone.owner()

    profile = await owner.identity.GetProfile(PROFILE)

    assert (profile.subject_id, profile.organizer_id, profile.role) == (BIA_ID, CASA, ROLE_OWNER)
    assert (profile.name, profile.email, profile.email_verified) == ("Bia", BIA, False)


async def test_a_members_token_has_the_proof_and_the_language(alone: IdentityAlone) -> None:
    owner = await alone.owner()

    claims = jwt.decode(owner.tokens.access_token, options={"verify_signature": False})

    assert (claims["proven"], claims["locale"]) == (False, "pt-BR")


async def test_the_next_refresh_has_a_changed_role(alone: IdentityAlone) -> None:
    owner = await alone.owner()
    other = pb.AddMemberRequest(account_id=numbered("acc", 2), name="Rui", email="rui@casa.example", role=ROLE_OWNER)
    await owner.identity.AddMember(other)
    await alone.accept("rui@casa.example", CASA)
    self_demoted = pb.AddMemberRequest(account_id=BIA_ID, name="Bia", email=BIA, role=ROLE_MANAGER)
    await owner.identity.AddMember(self_demoted)

    await owner.refresh()

    assert (await owner.identity.GetProfile(PROFILE)).role == ROLE_MANAGER
    with pytest.raises(refusals.AccessDenied):
        await owner.identity.AddMember(other)


async def test_a_gates_token_has_its_organizer_event_and_name(alone: IdentityAlone) -> None:
    owner, gate = await alone.owner(), alone.client()
    enrolled = await owner.identity.EnrollGate(
        pb.EnrollGateRequest(device_id=numbered("gat", 1), event_id=SHOW, name="North gate")
    )
    await gate.sign_in_gate(numbered("gat", 1), enrolled.secret)

    claims = jwt.decode(gate.tokens.access_token, options={"verify_signature": False})

    named = {name: claims[name] for name in ("sub", "kind", "org", "evt", "name")}
    assert named == {
        "sub": numbered("gat", 1),
        "kind": "ACCESS_GATE",
        "org": CASA,
        "evt": SHOW,
        "name": "North gate",
    }
    with pytest.raises(refusals.AccessDenied):
        await gate.identity.GetProfile(PROFILE)


async def test_the_operator_signs_in(alone: IdentityAlone) -> None:
    operator = alone.client()
    secret = (alone.platform.runtime.settings.data_dir / "operator.key").read_text().strip()

    await operator.sign_in_operator(secret)

    with pytest.raises(refusals.AccessDenied):  # the operator is known, but is no buyer
        await operator.identity.GetProfile(PROFILE)


async def test_an_expired_token_is_refused_and_refreshed(alone: IdentityAlone) -> None:
    guest = await alone.guest()
    alone.clock.advance(EXPIRED_S)

    with pytest.raises(refusals.TokenExpired):  # a client without a refresh token cannot renew it
        await alone.client(guest.tokens.access_token).identity.GetProfile(PROFILE)

    await guest.refresh()  # the call carries the expired token
    assert (await guest.identity.GetProfile(PROFILE)).subject_id == guest.tokens.subject_id


async def test_a_call_without_a_token_is_refused(alone: IdentityAlone) -> None:
    with pytest.raises(refusals.TokenMissing):
        await alone.client().identity.GetProfile(PROFILE)


Forge = Callable[[str, Ed25519PrivateKey], str]


def changed(token: str, key: object, algorithm: str = "EdDSA", **changes: object) -> str:
    """A token with other claims or another signature. changes: claims; None removes one."""
    claims = {**jwt.decode(token, options={"verify_signature": False}), **changes}
    left = {name: claim for name, claim in claims.items() if claim is not None}
    kid = jwt.get_unverified_header(token)["kid"]
    return jwt.encode(left, key, algorithm=algorithm, headers={"kid": kid})  # type: ignore[arg-type]  # any key at all


def tampered(token: str) -> str:
    """A token with another subject and the old signature."""
    header, body, signature = token.split(".")
    claims = {**json.loads(base64.urlsafe_b64decode(body + "==")), "sub": numbered("gst", 2)}
    forged = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"{header}.{forged}.{signature}"


def by_public_key(token: str, key: Ed25519PrivateKey) -> str:
    """A token that is signed with the public key as if it were a shared secret."""
    return changed(token, key.public_key().public_bytes_raw(), "HS256")


# The key is identity's own, so that each forgery is wrong only in the way of its name.
FORGERIES: dict[str, Forge] = {
    "another key": lambda token, key: changed(token, Ed25519PrivateKey.generate()),
    "another subject": lambda token, key: tampered(token),
    "no signature": lambda token, key: changed(token, None, "none"),
    "signature cut off": lambda token, key: token.rpartition(".")[0] + ".",
    "public key as a secret": by_public_key,
    "another audience": lambda token, key: changed(token, key, aud="else"),
    "no audience": lambda token, key: changed(token, key, aud=None),
    "no end": lambda token, key: changed(token, key, exp=None),
    "no subject": lambda token, key: changed(token, key, sub=None),
    "unknown kind": lambda token, key: changed(token, key, kind="ACCESS_ANYTHING"),
    "unknown role": lambda token, key: changed(token, key, role="ROLE_ANYTHING"),
}


def identitys_key(folder: Path) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes((folder / "keys" / "token-1.key").read_bytes())


@pytest.mark.parametrize("forge", FORGERIES.values(), ids=FORGERIES.keys())
async def test_a_forged_token_is_refused(alone: IdentityAlone, tmp_path: Path, forge: Forge) -> None:
    token = (await alone.guest()).tokens.access_token

    with pytest.raises(refusals.TokenInvalid):
        await alone.client(forge(token, identitys_key(tmp_path))).identity.GetProfile(PROFILE)


async def test_a_token_signed_by_identitys_key_is_accepted(alone: IdentityAlone, tmp_path: Path) -> None:
    tokens = (await alone.guest()).tokens

    again = changed(tokens.access_token, identitys_key(tmp_path), jti="another")

    assert (await alone.client(again).identity.GetProfile(PROFILE)).subject_id == tokens.subject_id


async def test_a_token_of_an_internal_caller_is_refused(alone: IdentityAlone, tmp_path: Path) -> None:
    token = changed((await alone.guest()).tokens.access_token, identitys_key(tmp_path), kind="ACCESS_INTERNAL")

    with pytest.raises(refusals.AccessDenied):
        await alone.client(token).identity.GetProfile(PROFILE)
