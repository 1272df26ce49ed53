"""The parts that all fake contexts share: their knobs, and a feed of facts in memory."""

import asyncio
from abc import abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar

from google.protobuf.message import Message

from eventhub.common.v1.feed_pb2 import Fact, FactBatch
from eventhub.refusal import Refusal
from eventhub.refusals import RevisionUnknown, Unavailable
from services.kit.rpc.call import Call
from services.kit.values.clock import to_timestamp
from tests.fakes.clock import START_US

EPOCH = "epo_fake"
FACTS_MAX = 500


@dataclass(slots=True, kw_only=True)
class FakeContext:
    """Counts calls and can refuse them.

    away: all calls fail with Unavailable.
    refuses: the refusal of every call of an RPC, by the RPC's name.
    before: awaited once, before the next call of an RPC is carried out, by the RPC's name.
    calls: the names of the RPCs that were called, also those that failed.
    """

    away: bool = False
    refuses: dict[str, Refusal] = field(default_factory=dict)
    before: dict[str, Callable[[], Awaitable[object]]] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)

    async def called(self, rpc: str) -> None:
        """Begins an answer: each RPC awaits this first."""
        self.calls.append(rpc)
        if self.away:
            raise Unavailable
        if rpc in self.refuses:
            raise self.refuses[rpc]
        pause = self.before.pop(rpc, None)
        if pause is not None:
            await pause()


@dataclass(slots=True, kw_only=True)
class FakeFeed(FakeContext):
    """Also serves a feed. Readers get each new fact at once. response: the type of the feed's answers."""

    response: ClassVar[Callable[..., Message]]
    facts: list[Fact] = field(default_factory=list)
    _more: asyncio.Event = field(default_factory=asyncio.Event)

    @abstractmethod
    def about(self, fact: Message) -> tuple[str, str]:
        """The aggregate and the organizer of a fact."""

    def tell(self, *facts: Message) -> None:
        """Announces facts."""
        for fact in facts:
            aggregate_id, organizer_id = self.about(fact)
            announced = Fact(
                position=len(self.facts) + 1,
                type=fact.DESCRIPTOR.full_name,
                aggregate_id=aggregate_id,
                organizer_id=organizer_id,
                occurred_at=to_timestamp(START_US),
                payload=fact.SerializeToString(),
            )
            self.repeat(announced)

    def repeat(self, fact: Fact) -> None:
        """Announces a fact as another fake has announced it."""
        self.facts.append(fact)
        more, self._more = self._more, asyncio.Event()
        more.set()

    async def Feed(self, request: Any, call: Call) -> AsyncIterator[Message]:
        start = request.after
        if start.epoch not in ("", EPOCH) or start.position > len(self.facts):
            raise RevisionUnknown(epoch=EPOCH)
        position = start.position
        while True:
            more = self._more
            fresh = self.facts[position : position + FACTS_MAX]
            if fresh:
                position = fresh[-1].position
                yield self.response(batch=FactBatch(epoch=EPOCH, facts=fresh, head=len(self.facts)))
            else:
                await more.wait()
