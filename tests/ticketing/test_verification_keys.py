"""An offline gate or another system verifies a code with the contract's description of its bytes alone."""

import hashlib

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from eventhub.client import EventHub
from eventhub.ticketing.v1 import ticketing_service_pb2 as pb
from tests.ticketing.world import SHOW, TALK, World

BASE45 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
BASE32 = "0123456789abcdefghjkmnpqrstvwxyz"


def unbased(code: str) -> bytes:
    """Reads the bytes of a code, as RFC 9285 says; written independently of services/ticketing."""
    numbers = [BASE45.index(letter) for letter in code]
    data = b""
    for at in range(0, len(numbers), 3):
        three = numbers[at : at + 3]
        value = sum(number * 45**place for place, number in enumerate(three))
        data += value.to_bytes(2 if len(three) == 3 else 1, "big")
    return data


def verified(code: str, keys: dict[int, bytes], event_id: str) -> str:
    """Reads the ticket's id from a code of an event. Raises InvalidSignature."""
    data = unbased(code)
    body, signature = data[:31], data[31:]
    assert (len(code), len(data), body[0]) == (143, 95, 1)
    Ed25519PublicKey.from_public_bytes(keys[int.from_bytes(body[1:5], "big")]).verify(signature, body)
    assert body[5:13] == hashlib.sha256(event_id.encode()).digest()[:8]
    assert int.from_bytes(body[29:31], "big") == 1
    number = int.from_bytes(body[13:29], "big")
    return "tik_" + "".join(BASE32[number >> 5 * place & 31] for place in reversed(range(26)))


async def shown(hub: EventHub) -> dict[int, bytes]:
    """The keys that anyone may see."""
    answer = await hub.ticketing.GetVerificationKeys(pb.GetVerificationKeysRequest())
    return {key.key_id: key.public_key for key in answer.keys}


async def test_a_code_is_verified_as_documented(world: World) -> None:
    (ticket,) = await world.sell("ord_1")
    code = await world.code(ticket)

    keys = await shown(world.stage.anyone())

    assert verified(code, keys, SHOW) == ticket.ticket_id
    with pytest.raises(AssertionError):
        verified(code, keys, TALK)
    wrong = {key_id: bytes(reversed(raw)) for key_id, raw in keys.items()}
    with pytest.raises((InvalidSignature, ValueError)):
        verified(code, wrong, SHOW)


async def test_no_private_key_is_shown(world: World) -> None:
    (raw,) = (await shown(world.stage.anyone())).values()

    files = b"".join(path.read_bytes() for path in (world.stage.folder / "keys").iterdir())
    assert len(raw) == 32
    assert raw not in files
