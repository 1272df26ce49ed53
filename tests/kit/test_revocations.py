"""A process learns of revoked tokens even if the stream breaks."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest

from eventhub.common.v1.options_pb2 import ACCESS_BUYER, ACCESS_GATE
from eventhub.identity.v1.identity_service_pb2 import WatchRevocationsResponse
from eventhub.refusals import Draining, Unavailable
from services.kit.rpc import revocations
from services.kit.rpc.call import ANYONE, Caller
from services.kit.rpc.revocations import AGAIN_S, KEPT_US, Revocations
from tests.fakes.clock import FakeClock
from tests.stage import until

SECOND_US = 1_000_000


def token(token_id: str, subject_id: str = "gst_ana") -> Caller:
    """A caller with a token."""
    return Caller(kind=ACCESS_BUYER, subject_id=subject_id, token_id=token_id)


@dataclass
class DecodedFact:
    """identity's stream. past: sent to each reader first. away: whether it cannot be reached."""

    past: list[str] = field(default_factory=list)
    away: bool = False
    opened: int = 0
    cut: asyncio.Event = field(default_factory=asyncio.Event)

    async def watch(self) -> AsyncIterator[WatchRevocationsResponse]:
        self.opened += 1
        if self.away:
            raise Unavailable
        yield WatchRevocationsResponse(revoked_ids=self.past)
        await self.cut.wait()
        raise Draining


def test_only_tokens_told_of_are_revoked() -> None:
    heard = Revocations(FakeClock())

    heard.hear(["tok_1", "gat_north", "sec_1"])

    assert heard.cover(token("tok_1"))
    assert heard.cover(Caller(kind=ACCESS_GATE, subject_id="gat_south", token_id="tok_8", secret_id="sec_1"))
    assert heard.cover(token("tok_9", subject_id="gat_north"))
    assert not heard.cover(token("tok_2"))
    assert not heard.cover(ANYONE)


def test_a_revocation_is_dropped_once_its_tokens_have_expired() -> None:
    clock = FakeClock()
    heard = Revocations(clock)
    heard.hear(["tok_1"])

    clock.advance(KEPT_US / SECOND_US)
    heard.hear(["tok_2"])
    assert heard.cover(token("tok_1")), "it may still be good by another clock"
    clock.advance(1)
    heard.hear([])

    assert not heard.cover(token("tok_1"))
    assert heard.cover(token("tok_2"))


def test_the_number_of_revocations_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(revocations, "KEPT_MAX", 3)
    heard = Revocations(FakeClock())

    heard.hear(f"tok_{n}" for n in range(5))

    assert [n for n in range(5) if heard.cover(token(f"tok_{n}"))] == [2, 3, 4]


async def test_a_broken_stream_is_opened_again_and_nothing_is_missed() -> None:
    clock, told = FakeClock(), DecodedFact(["tok_1"])
    heard = Revocations(clock)
    following = asyncio.create_task(heard.follow(told.watch))
    await until(lambda: heard.cover(token("tok_1")))

    told.away = True
    told.cut.set()
    told.past = ["tok_1", "tok_2"]
    for _ in range(3):
        await until(clock.asleep)
        clock.advance(AGAIN_S)
    assert heard.cover(token("tok_1")), "who was heard of stays refused"
    assert not heard.cover(token("tok_2")), "while identity is away tokens stay good"
    told.away = False
    await until(clock.asleep)
    clock.advance(AGAIN_S)

    await until(lambda: heard.cover(token("tok_2")))
    assert told.opened > 3
    following.cancel()
    await asyncio.gather(following, return_exceptions=True)
