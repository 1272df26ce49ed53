"""The public keys over HTTP, as RFC 7517 has them: gateways that know JWT verify access tokens with these."""

import json

from services.identity.keys import KeyRing
from services.kit.process import Answer, Request, Route

PATH = "/.well-known/jwks.json"
# Verifiers that meet a key they do not know ask again, whatever they remember.
HEADERS = {"Content-Type": "application/jwk-set+json", "Cache-Control": "public, max-age=300"}
UNKNOWN = Answer(404, {"Content-Type": "text/plain; charset=utf-8"}, b"Nothing is here.\n")


def document(ring: KeyRing) -> bytes:
    """The keys that verify access tokens, newest first."""
    keys = [
        {"kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA", "kid": key.key_id, "x": key.x}
        for key in ring.signing
    ]
    return json.dumps({"keys": keys}).encode()


def routes(ring: KeyRing) -> list[Route]:
    """GET and HEAD answer the keys."""
    shown = document(ring)

    async def show(request: Request) -> Answer:
        return UNKNOWN if request.rest else Answer(200, HEADERS, shown)

    async def look(request: Request) -> Answer:
        return UNKNOWN if request.rest else Answer(200, HEADERS)

    return [Route("GET", PATH, show), Route("HEAD", PATH, look)]
