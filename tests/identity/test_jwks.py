"""Other verifiers find the keys by the token's issuer, over HTTP."""

import aiohttp
import jwt

from tests.identity.alone import IdentityAlone


async def test_the_keys_of_a_token_are_served_below_its_issuer(alone: IdentityAlone) -> None:
    token = (await alone.guest()).tokens.access_token
    issuer = jwt.decode(token, options={"verify_signature": False})["iss"]

    async with aiohttp.ClientSession() as web, web.get(f"{issuer}/.well-known/jwks.json") as answer:
        found = jwt.PyJWKSet.from_dict(await answer.json(content_type="application/jwk-set+json"))

    assert answer.status == 200
    assert "max-age" in answer.headers["Cache-Control"]
    key = found[jwt.get_unverified_header(token)["kid"]]
    claims = jwt.decode(
        token, key, algorithms=["EdDSA"], audience="eventhub", issuer=issuer, options={"verify_exp": False}
    )
    assert claims["kind"] == "ACCESS_BUYER"
    assert issuer == alone.platform.runtime.public_url


async def test_other_paths_and_methods_are_not_served(alone: IdentityAlone) -> None:
    where = alone.platform.runtime.public_url

    async with aiohttp.ClientSession() as web:
        for path, status in (
            ("/.well-known/jwks.json/x", 404),
            ("/.well-known/", 404),
            ("/.well-known/jwks.json", 200),
        ):
            async with web.head(f"{where}{path}") as answer:
                assert answer.status == status
        async with web.post(f"{where}/.well-known/jwks.json") as answer:
            assert answer.status == 405
