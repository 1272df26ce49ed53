"""A client that sends raw bytes, and services for it to call."""

import asyncio
from collections.abc import AsyncIterator

import grpc
import pytest

from eventhub import status
from eventhub.common.v1.options_pb2 import ACCESS_BUYER
from eventhub.identity.v1.identity_service_pb2 import (
    GetProfileRequest,
    GetProfileResponse,
    SendAccessCodeRequest,
    SendAccessCodeResponse,
)
from eventhub.orders.v1.orders_service_pb2 import FeedRequest, FeedResponse, WatchOrderRequest, WatchOrderResponse
from eventhub.refusal import Refusal
from services.kit.rpc.call import Call, Caller
from tests.stage import Stage

IDENTITY = "/eventhub.identity.v1.IdentityService/"
ORDERS = "/eventhub.orders.v1.OrdersService/"
ANA = Caller(kind=ACCESS_BUYER, subject_id="gst_ana")
SECRET = "db password=hunter2"
CODE = SendAccessCodeRequest(email="ana@example.com").SerializeToString()
Metadata = tuple[tuple[str, str], ...]


class Identity:
    """Counts the calls that were admitted."""

    def __init__(self) -> None:
        self.served = 0
        self.address = ""

    async def GetProfile(self, request: GetProfileRequest, call: Call) -> GetProfileResponse:
        self.served += 1
        return GetProfileResponse(subject_id=call.caller.subject_id)

    async def SendAccessCode(self, request: SendAccessCodeRequest, call: Call) -> SendAccessCodeResponse:
        self.served += 1
        self.address = call.address
        if request.email == "boom@example.com":
            raise ValueError(SECRET)
        if request.email == "slow@example.com":
            await asyncio.Event().wait()
        return SendAccessCodeResponse()


class Orders:
    """Raises an error in the middle of a stream."""

    async def WatchOrder(self, request: WatchOrderRequest, call: Call) -> AsyncIterator[WatchOrderResponse]:
        yield WatchOrderResponse()
        raise ValueError(SECRET)


class Mesh:
    """Serves other contexts only."""

    async def Feed(self, request: FeedRequest, call: Call) -> AsyncIterator[FeedResponse]:
        yield FeedResponse()


class Peer:
    """A client that sends raw bytes, over its own connection."""

    def __init__(self, stage: Stage, identity: Identity) -> None:
        self.stage = stage
        self.identity = identity
        alone = (("grpc.use_local_subchannel_pool", 1),)
        self.wire = grpc.aio.insecure_channel(f"127.0.0.1:{stage.platform.port}", options=alone)

    async def ask(self, path: str, data: bytes, *, timeout: float | None = 5.0, metadata: Metadata = ()) -> bytes:
        call: grpc.aio.UnaryUnaryMultiCallable[bytes, bytes] = self.wire.unary_unary(path)
        return await call(data, timeout=timeout, metadata=metadata)

    async def refused(
        self, path: str, data: bytes = b"", *, timeout: float | None = 5.0, metadata: Metadata = ()
    ) -> grpc.aio.AioRpcError:
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await self.ask(path, data, timeout=timeout, metadata=metadata)
        return refused.value


def reason(error: grpc.aio.AioRpcError) -> type[Refusal]:
    """The reason of the refusal in an error."""
    details = dict(error.trailing_metadata() or ()).get(status.DETAILS_KEY)
    return type(status.unpack(error.code().value[0], "", details if isinstance(details, bytes) else None))


def bearer(token: str) -> Metadata:
    return (("authorization", f"Bearer {token}"),)


async def open_peer(stage: Stage) -> Peer:
    """A client at the public port of a stage with scripted services."""
    identity = Identity()
    stage.script("identity", IdentityService=identity)
    stage.script("orders", OrdersService=Orders(), OrdersMesh=Mesh())
    await stage.start()
    return Peer(stage, identity)
