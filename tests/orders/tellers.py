"""What all scripted neighbours have in common: they can be away, and they tell what has happened."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

from google.protobuf.message import Message

from eventhub.common.v1.feed_pb2 import Fact, FactBatch
from eventhub.identity.v1 import identity_service_pb2 as identity_pb
from eventhub.refusals import Unavailable
from services.kit.rpc.call import Call


@dataclass(slots=True)
class Neighbour:
    """away: it cannot be reached. calls: what it was asked, by RPC, whether it answered or not."""

    away: bool = False
    calls: list[str] = field(default_factory=list)

    def asked(self, rpc: str) -> None:
        self.calls.append(rpc)
        if self.away:
            raise Unavailable


class Teller:
    """A feed: what it has told stays told, what is added is told at once."""

    def __init__(self, answer: Callable[..., Message]) -> None:
        self._answer = answer
        self._facts: list[Fact] = []
        self._told = asyncio.Event()

    def tell(self, aggregate_id: str, message: Message) -> None:
        position = len(self._facts) + 1
        kind, payload = message.DESCRIPTOR.full_name, message.SerializeToString()
        self._facts.append(Fact(position=position, type=kind, aggregate_id=aggregate_id, payload=payload))
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
    """Tells who turned out to be whom, and keeps customers under a subject of their order's."""

    customers: list[identity_pb.KeepCustomerRequest] = field(default_factory=list)
    teller: Teller = field(default_factory=lambda: Teller(identity_pb.FeedResponse))

    async def KeepCustomer(
        self, request: identity_pb.KeepCustomerRequest, call: Call
    ) -> identity_pb.KeepCustomerResponse:
        self.asked("KeepCustomer")
        self.customers.append(request)
        return identity_pb.KeepCustomerResponse(subject_id=f"gst_of_{request.order_id}")

    async def Feed(self, request: identity_pb.FeedRequest, call: Call) -> AsyncIterator[Message]:
        async for batch in self.teller.batches(request):
            yield batch
