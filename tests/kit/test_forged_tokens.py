"""Tokens that identity did not sign, or signed differently."""

import base64
import json
from collections.abc import AsyncIterator

import grpc
import jwt
import pytest
import pytest_asyncio
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from eventhub.common.v1.options_pb2 import ACCESS_BUYER, ACCESS_OPERATOR, Access
from services.kit.rpc import tokens
from tests.kit.peer import ANA, CODE, IDENTITY, Peer, bearer, open_peer, reason
from tests.stage import KEY_ID, Stage


@pytest_asyncio.fixture
async def peer(stage: Stage) -> AsyncIterator[Peer]:
    hostile = await open_peer(stage)
    yield hostile
    await hostile.wire.close()


def part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def claims(stage: Stage, kind: Access.ValueType = ACCESS_BUYER) -> dict[str, object]:
    now_s = stage.clock.now_us() // 1_000_000
    return {
        "aud": tokens.AUDIENCE,
        "sub": "gst_ana",
        "jti": "tok_1",
        "iat": now_s,
        "exp": now_s + 600,
        "kind": Access.Name(kind),
        "org": "",
        "role": "ROLE_UNSPECIFIED",
        "evt": "",
        "name": "",
        "proven": False,
        "locale": "",
    }


async def forgeries(stage: Stage) -> list[str]:
    good = stage.token(ANA)
    head, body, signature = good.split(".")
    stranger = Ed25519PrivateKey.generate()
    public = (await stage._keys())[KEY_ID]
    operator = claims(stage, ACCESS_OPERATOR)
    return [
        f"{head}.{part(operator)}.{signature}",  # the signature of another token
        f"{part({'alg': 'none', 'typ': 'JWT', 'kid': KEY_ID})}.{part(operator)}.",
        f"{part({'alg': 'None', 'kid': KEY_ID})}.{part(operator)}.{signature}",
        jwt.encode(operator, stranger, algorithm="EdDSA", headers={"kid": KEY_ID}),
        jwt.encode(operator, stranger, algorithm="EdDSA", headers={"kid": "of their own"}),
        jwt.encode(operator, stranger, algorithm="EdDSA"),
        jwt.encode(operator, (public + public).encode(), algorithm="HS256", headers={"kid": KEY_ID}),
        f"{head}.{body}.",
        f"{head}.{body}",
        f"{head}.{body}.{signature[:-4]}",
        "....",
        "x",
    ]


async def test_forged_tokens_are_refused(peer: Peer) -> None:
    for token in await forgeries(peer.stage):
        error = await peer.refused(IDENTITY + "GetProfile", metadata=bearer(token))
        assert error.code() is grpc.StatusCode.UNAUTHENTICATED, token
        assert reason(error).reason == "TOKEN_INVALID", token
    assert peer.identity.served == 0


@pytest.mark.parametrize("header", ["Basic YW5hOmh1bnRlcjI=", "bearer x", "BearerBearer x", "x"])
async def test_other_credentials_are_none(peer: Peer, header: str) -> None:
    error = await peer.refused(IDENTITY + "SendAccessCode", CODE, metadata=(("authorization", header),))

    assert (error.code(), reason(error).reason) == (grpc.StatusCode.UNAUTHENTICATED, "TOKEN_INVALID")


async def test_a_scheme_without_a_token_counts_as_no_token(peer: Peer) -> None:
    error = await peer.refused(IDENTITY + "GetProfile", metadata=bearer(""))

    assert reason(error).reason == "TOKEN_MISSING"


@pytest.mark.parametrize(
    ("claim", "value"),
    [
        ("aud", "elsewhere"),
        ("kind", "ACCESS_GOD"),
        ("kind", 2),
        ("role", "ROLE_EMPEROR"),
        ("exp", None),
        ("sub", None),
        ("sub", 7),
    ],
)
async def test_a_well_signed_token_that_makes_no_sense_is_invalid(peer: Peer, claim: str, value: object) -> None:
    odd = claims(peer.stage)
    odd[claim] = value
    if value is None:
        del odd[claim]
    token = jwt.encode(odd, peer.stage._key, algorithm="EdDSA", headers={"kid": KEY_ID})

    error = await peer.refused(IDENTITY + "GetProfile", metadata=bearer(token))

    assert (error.code(), reason(error).reason) == (grpc.StatusCode.UNAUTHENTICATED, "TOKEN_INVALID")
    assert peer.identity.served == 0


async def test_a_token_runs_out_although_it_was_good(peer: Peer) -> None:
    token = bearer(peer.stage.token(ANA))
    await peer.ask(IDENTITY + "GetProfile", b"", metadata=token)

    peer.stage.clock.pass_unseen(600 + tokens.LEEWAY_S + 1)

    error = await peer.refused(IDENTITY + "GetProfile", metadata=token)
    assert (error.code(), reason(error).reason) == (grpc.StatusCode.UNAUTHENTICATED, "TOKEN_EXPIRED")
