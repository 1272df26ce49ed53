"""Access tokens: writes a caller into a JWT and reads it back."""

import base64
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from eventhub.common.v1.options_pb2 import Access, Role
from eventhub.refusals import TokenExpired, TokenInvalid, TokenRevoked
from services.kit.rpc.call import ANYONE, Caller, none_revoked
from services.kit.values.clock import SECOND_US, Clock
from services.kit.work.answers import Answers
from services.kit.work.cache import Cache

ALGORITHM = "EdDSA"
AUDIENCE = "eventhub"
# With the leeway for clocks that differ, a token is accepted for ten minutes.
LIFETIME_S = 570
LEEWAY_S = 30
CACHED_MAX = 20_000
KEYS_FETCHED_AT_MOST_EVERY_S = 5.0
BEARER = "bearer"
# The key under which identity's answer is kept: all its keys come at once.
ALL_KEYS = "all keys"


def sign(caller: Caller, *, issuer: str, key_id: str, key: Ed25519PrivateKey, token_id: str, now_us: int) -> str:
    """Makes a token for a caller, valid until caller.expires_at_us.

    issuer: URL for other verifiers, who find the public keys below it. Our own Verifier does not check it: a token
    whose signature matches identity's key is identity's.
    """
    claims: dict[str, object] = {
        "iss": issuer,
        "aud": AUDIENCE,
        "sub": caller.subject_id,
        "jti": token_id,
        "iat": now_us // SECOND_US,
        "exp": caller.expires_at_us // SECOND_US,
        "kind": Access.Name(caller.kind),
        "org": caller.organizer_id,
        "role": Role.Name(caller.role),
        "evt": caller.event_id,
        "name": caller.name,
        "proven": caller.proven,
        "locale": caller.locale,
    }
    if caller.secret_id:
        claims["sid"] = caller.secret_id
    if caller.known_epoch:
        claims["known"] = f"{caller.known_epoch}:{caller.known_position}"
    return jwt.encode(claims, key, algorithm=ALGORITHM, headers={"kid": key_id})


def caller_of(claims: Mapping[str, Any]) -> Caller:
    """The caller in the claims of a verified token. Raises KeyError, ValueError or TypeError if a claim is
    malformed."""
    if not isinstance(claims["exp"], int):
        raise TypeError("exp")
    known_epoch, _, known_position = claims.get("known", ":0").partition(":")
    return Caller(
        kind=Access.Value(claims["kind"]),
        subject_id=claims["sub"],
        organizer_id=claims["org"],
        role=Role.Value(claims["role"]),
        event_id=claims["evt"],
        name=claims["name"],
        expires_at_us=claims["exp"] * SECOND_US,
        proven=claims["proven"] is True,
        locale=claims["locale"],
        token_id=claims["jti"],
        secret_id=claims.get("sid", ""),
        known_epoch=known_epoch,
        known_position=int(known_position),
    )


def public_key(x: str) -> Ed25519PublicKey:
    """The public key from the member "x" of a JWK."""
    return Ed25519PublicKey.from_public_bytes(base64.urlsafe_b64decode(x + "=" * (-len(x) % 4)))


class Verifier:
    """Verifies tokens and reads their callers. Verified tokens are cached until they expire: checking a signature costs
    more than many calls."""

    def __init__(
        self,
        clock: Clock,
        fetch_keys: Callable[[], Awaitable[Mapping[str, str]]],
        is_revoked: Callable[[Caller], bool] = none_revoked,
    ) -> None:
        """fetch_keys: returns identity's public keys by key id, each as the "x" of a JWK. is_revoked: whether a
        caller's token was revoked."""
        self.is_revoked = is_revoked
        self._clock = clock
        self._fetch_keys = fetch_keys
        self._keys: dict[str, Ed25519PublicKey] = {}
        self._fetched = Answers(clock, self._fetch, fresh_s=KEYS_FETCHED_AT_MOST_EVERY_S)
        self._verified: Cache[str, Caller] = Cache(CACHED_MAX)

    async def caller(self, authorization: str, *, or_anyone: bool = False) -> Caller:
        """The caller in an authorization header; ANYONE if it has no token. Raises TokenInvalid, TokenExpired or
        TokenRevoked. Also raises the errors of fetch_keys: if the keys cannot be fetched, the token may still be valid.

        or_anyone: treats a caller with an expired or revoked token as anyone. A client that refreshes its token calls
        RefreshToken with the old one still in the header.
        """
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() not in ("", BEARER):
            raise TokenInvalid
        if not token:
            return ANYONE
        caller = self._verified.get(token)
        if caller is None:
            caller = await self._verify(token)
            self._verified.put(token, caller)
        if self._clock.now_us() > caller.expires_at_us + LEEWAY_S * SECOND_US:
            self._verified.drop(token)
            if or_anyone:
                return Caller(expired_subject_id=caller.subject_id)
            raise TokenExpired
        if self.is_revoked(caller):
            if or_anyone:
                return ANYONE
            raise TokenRevoked
        return caller

    async def _verify(self, token: str) -> Caller:
        try:
            key = await self._key(str(jwt.get_unverified_header(token).get("kid", "")))
            claims = jwt.decode(
                token,
                key,
                algorithms=[ALGORITHM],
                audience=AUDIENCE,
                options={"require": ["exp", "sub", "kind"], "verify_exp": False, "verify_iat": False},
            )
            return caller_of(claims)
        except (jwt.InvalidTokenError, KeyError, ValueError, TypeError):
            raise TokenInvalid from None

    async def _key(self, key_id: str) -> Ed25519PublicKey:
        if key_id not in self._keys:
            self._keys = await self._fetched.get(ALL_KEYS) or {}
        if key_id not in self._keys:
            raise TokenInvalid
        return self._keys[key_id]

    async def _fetch(self, _: list[str]) -> dict[str, dict[str, Ed25519PublicKey]]:
        return {ALL_KEYS: {known: public_key(x) for known, x in (await self._fetch_keys()).items()}}
