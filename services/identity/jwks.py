"""The public keys over HTTP as a JWK set (RFC 7517). Gateways that know JWT verify access tokens with them."""

import json

from services.identity.keys import KeyRing
from services.kit.process import Answer, Request, Route

PATH = "/.well-known/jwks.json"
# A verifier that meets an unknown key asks again before its cached copy expires.
HEADERS = {"Content-Type": "application/jwk-set+json", "Cache-Control": "public, max-age=300"}
UNKNOWN = Answer(404, {"Content-Type": "text/plain; charset=utf-8"}, b"Nothing is here.\n")


def document(ring: KeyRing) -> bytes:
    """The JWK set of the keys that verify access tokens, newest first."""
    keys = [
        {"kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA", "kid": key.key_id, "x": key.x}
        for key in ring.signing
    ]
    return json.dumps({"keys": keys}).encode()


def routes(ring: KeyRing) -> list[Route]:
    """The routes that answer GET and HEAD with the keys."""
    body = document(ring)

    async def get(request: Request) -> Answer:
        return UNKNOWN if request.rest else Answer(200, HEADERS, body)

    async def head(request: Request) -> Answer:
        return UNKNOWN if request.rest else Answer(200, HEADERS)

    return [Route("GET", PATH, get), Route("HEAD", PATH, head)]
