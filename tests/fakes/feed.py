"""The feed of all fake contexts, in memory."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar

from google.protobuf.message import Message

from eventhub.common.v1.feed_pb2 import Fact, FactBatch, Revision
from eventhub.refusals import RevisionUnknown
from services.kit.rpc.call import Call
from services.kit.values.clock import to_timestamp
from tests.fakes.clock import START_US
from tests.fakes.context import FakeContext

EPOCH = "epo_fake"
FACTS_MAX = 500


@dataclass(slots=True, kw_only=True)
class FakeFeed(FakeContext, ABC):
    """A fake context that announces facts. Readers get each new fact at once.

    response: the type of the feed's answers. facts: all facts, in order.
    """

    response: ClassVar[Callable[..., Message]]
    facts: list[Fact] = field(default_factory=list)
    _more: asyncio.Event = field(default_factory=asyncio.Event)

    @abstractmethod
    def about(self, fact: Message) -> tuple[str, str]:
        """The aggregate and the organizer of a fact."""

    def tell(self, *facts: Message) -> None:
        """Announces facts, each at the next position."""
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
        if start != Revision() and (start.epoch != EPOCH or start.position > len(self.facts)):
            raise RevisionUnknown(epoch=EPOCH)
        position = start.position
        while True:
            more = self._more
            fresh = self.facts[position : position + FACTS_MAX]
            if fresh:
                position = fresh[-1].position
                wanted = [fact for fact in fresh if fact.type not in request.ignored_types]
                head = len(self.facts)
                yield self.response(batch=FactBatch(epoch=EPOCH, facts=wanted, head=head, read_to=position))
            else:
                await more.wait()
