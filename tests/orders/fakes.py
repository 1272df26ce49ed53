"""Parts of all scripted neighbours: they count calls, can be away, and have a feed."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

from google.protobuf.message import Message

from eventhub.common.v1.feed_pb2 import Fact, FactBatch
from eventhub.identity.v1 import identity_service_pb2 as identity_pb
from eventhub.refusal import TransientRefusal
from eventhub.refusals import Unavailable
from services.kit.rpc.call import Call


@dataclass(slots=True)
class Neighbour:
    """away: whether all calls fail. away_at: the RPC whose calls fail; empty for none. with_refusal: the refusal of
    these calls. calls: the names of the RPCs it was asked, also if it was away."""

    away: bool = False
    away_at: str = ""
    with_refusal: type[TransientRefusal] = Unavailable
    calls: list[str] = field(default_factory=list)

    def asked(self, rpc: str) -> None:
        self.calls.append(rpc)
        if self.away or rpc == self.away_at:
            raise self.with_refusal


class FakeFeed:
    """A feed in memory. Readers get each new fact at once."""

    def __init__(self, answer: Callable[..., Message]) -> None:
        self._answer = answer
        self._facts: list[Fact] = []
        self._told = asyncio.Event()

    def tell(self, aggregate_id: str, message: Message) -> None:
        position = len(self._facts) + 1
        name, payload = message.DESCRIPTOR.full_name, message.SerializeToString()
        self._facts.append(Fact(position=position, type=name, aggregate_id=aggregate_id, payload=payload))
        self._told.set()

    async def batches(self, request: Any) -> AsyncIterator[Message]:
        position = request.after.position
        while True:
            self._told.clear()
            fresh = self._facts[position:]
            yield self._answer(batch=FactBatch(epoch="epo_neighbour", facts=fresh))
            position += len(fresh)
            await self._told.wait()


@dataclass(slots=True)
class Identity(Neighbour):
    """Announces merges, and stores each customer under a subject derived from the order's id."""

    customers: list[identity_pb.KeepCustomerRequest] = field(default_factory=list)
    feed: FakeFeed = field(default_factory=lambda: FakeFeed(identity_pb.FeedResponse))

    async def KeepCustomer(
        self, request: identity_pb.KeepCustomerRequest, call: Call
    ) -> identity_pb.KeepCustomerResponse:
        self.asked("KeepCustomer")
        self.customers.append(request)
        return identity_pb.KeepCustomerResponse(subject_id=f"gst_of_{request.order_id}")

    async def Feed(self, request: identity_pb.FeedRequest, call: Call) -> AsyncIterator[Message]:
        async for batch in self.feed.batches(request):
            yield batch
