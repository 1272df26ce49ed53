"""A process that has just started knows no keys yet, and refuses no token because of that."""

import asyncio
from collections.abc import Mapping

import pytest

from eventhub.refusals import TokenExpired, TokenInvalid, Unavailable
from services.kit.rpc.call import Caller
from services.kit.rpc.tokens import Verifier
from tests.kit.peer import ANA
from tests.stage import Stage


class Keys:
    """Returns the public keys. away: whether it cannot be reached."""

    def __init__(self, stage: Stage) -> None:
        self.away = False
        self.asked = 0
        self._stage = stage

    async def fetch(self) -> Mapping[str, str]:
        self.asked += 1
        await asyncio.sleep(0)
        if self.away:
            raise Unavailable
        return await self._stage._keys()


async def test_many_calls_at_once_share_one_question(stage: Stage) -> None:
    keys = Keys(stage)
    verifier = Verifier(stage.clock, keys.fetch)
    headers = [f"Bearer {stage.token(ANA)}" for _ in range(16)]

    callers = await asyncio.gather(*(verifier.caller(header) for header in headers))

    assert {caller.subject_id for caller in callers} == {ANA.subject_id}
    assert keys.asked == 1


async def test_keys_that_cannot_be_had_make_no_token_invalid(stage: Stage) -> None:
    keys = Keys(stage)
    keys.away = True
    verifier = Verifier(stage.clock, keys.fetch)
    header = f"Bearer {stage.token(ANA)}"
    for _ in range(2):
        with pytest.raises(Unavailable):
            await verifier.caller(header)

    keys.away = False

    assert (await verifier.caller(header)).subject_id == ANA.subject_id


async def test_made_up_keys_are_not_asked_for_again_and_again(stage: Stage) -> None:
    keys = Keys(stage)
    verifier = Verifier(stage.clock, keys.fetch)
    await verifier.caller(f"Bearer {stage.token(ANA)}")
    other = Stage(stage.folder / "other").token(ANA).split(".")
    forged = ".".join(["eyJhbGciOiJFZERTQSIsImtpZCI6Im1hZGUtdXAifQ", *other[1:]])

    for _ in range(5):
        with pytest.raises(TokenInvalid):
            await verifier.caller(f"Bearer {forged}")

    assert keys.asked == 1


async def test_an_expired_token_still_says_whose_it_was_where_anyone_may_call(stage: Stage) -> None:
    keys = Keys(stage)
    verifier = Verifier(stage.clock, keys.fetch)
    header = f"Bearer {stage.token(ANA)}"
    stage.clock.advance(3_600)

    with pytest.raises(TokenExpired):
        await verifier.caller(header)
    caller = await verifier.caller(header, or_anyone=True)

    assert caller == Caller(expired_subject_id=ANA.subject_id)
