"""Health, reflection and the shutdown."""

import asyncio
import math
from contextlib import AsyncExitStack
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from eventhub import contract
from eventhub.client import EventHub
from eventhub.common.v1.options_pb2 import ACCESS_BUYER
from eventhub.identity.v1.identity_service_pb2 import GetProfileRequest, GetProfileResponse
from eventhub.inventory.v1 import inventory_service_pb2
from eventhub.refusals import Overloaded, TooManyRequests
from services.inventory.wiring import build
from services.kit.process.platform import READY_LOOK_S
from services.kit.process.runtime import Context
from services.kit.rpc import health
from services.kit.rpc.admission import Most
from services.kit.rpc.call import Call, Caller
from services.kit.rpc.server import OWN_QUEUE, STREAMS_MAX
from tests.kit.peer import bearer, reason
from tests.stage import Stage, until

CROWD = 300
CALLS_PER_CALLER_MAX = Most().calls_per_caller

SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING
INVENTORY = "eventhub.inventory.v1.InventoryService"


async def check(channel: Any, service: str) -> int:
    stub: Any = health_pb2_grpc.HealthStub(channel)
    answer: health_pb2.HealthCheckResponse = await stub.Check(health_pb2.HealthCheckRequest(service=service))
    return int(answer.status)


def wire(stage: Stage) -> Any:
    """A connection of its own."""
    alone = (("grpc.use_local_subchannel_pool", 1),)
    return grpc.aio.insecure_channel(f"127.0.0.1:{stage.platform.port}", options=alone)


async def test_each_service_is_healthy_and_the_internal_ones_are_not_there(stage: Stage) -> None:
    await stage.add(build)
    await stage.start()

    async with wire(stage) as channel:
        for service in ("", "readiness", "liveness", INVENTORY):
            assert await check(channel, service) == SERVING
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await check(channel, "eventhub.inventory.v1.InventoryMesh")

    assert refused.value.code() is grpc.StatusCode.NOT_FOUND


async def test_going_down_it_is_alive_but_not_ready(stage: Stage) -> None:
    entered, leave = asyncio.Event(), asyncio.Event()

    class Slow:
        async def GetProfile(self, request: GetProfileRequest, call: Call) -> GetProfileResponse:
            entered.set()
            await leave.wait()
            return GetProfileResponse(name="Ana")

    stage.script("identity", IdentityService=Slow())
    await stage.start()
    async with wire(stage) as channel:
        stub: Any = health_pb2_grpc.HealthStub(channel)
        watch = stub.Watch(health_pb2.HealthCheckRequest(service="readiness"))
        assert (await watch.read()).status == SERVING
        asked: Any = stage.buyer().identity.GetProfile(GetProfileRequest())
        under_way = asyncio.create_task(asked)
        await entered.wait()

        down = asyncio.create_task(stage.platform.stop(grace_s=5))
        assert (await watch.read()).status == NOT_SERVING
        leave.set()

        assert (await under_way).name == "Ana"
        await down


async def test_a_database_away_at_the_start_is_ready_once_it_is_there(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    inventory, there = await stage.add(build), False

    async def ready() -> bool:
        return there

    monkeypatch.setattr(inventory.database, "ready", ready)
    await stage.start()
    async with wire(stage) as channel:
        assert await check(channel, "readiness") == NOT_SERVING
        there = True
        stage.clock.advance(READY_LOOK_S)

        async def serving() -> bool:
            return await check(channel, "readiness") == SERVING

        await until(serving)


async def test_reflection_lists_the_public_services(stage: Stage) -> None:
    await stage.add(build)
    await stage.start()

    async with wire(stage) as channel:
        stub: Any = reflection_pb2_grpc.ServerReflectionStub(channel)
        asked = reflection_pb2.ServerReflectionRequest(list_services="")
        async for answer in stub.ServerReflectionInfo(iter([asked])):
            names = [service.name for service in answer.list_services_response.service]

    assert INVENTORY in names
    assert not [name for name in names if name.endswith("Mesh")]


def test_a_service_with_a_missing_method_is_refused() -> None:
    service = inventory_service_pb2.DESCRIPTOR.services_by_name["InventoryService"]
    context = Context(name="inventory", own_database=None, servicers={service: object()})

    with pytest.raises(TypeError, match="does not serve"):
        context.methods()


class Slow:
    """Answers only once it may. entered: number of calls that wait for that."""

    def __init__(self) -> None:
        self.entered = 0
        self.leave = asyncio.Event()

    async def GetProfile(self, request: GetProfileRequest, call: Call) -> GetProfileResponse:
        self.entered += 1
        await self.leave.wait()
        return GetProfileResponse(name="Ana")


async def test_a_crowd_is_served_or_told_to_wait(stage: Stage) -> None:
    slow = Slow()
    stage.script("identity", IdentityService=slow)
    await stage.start()
    async with AsyncExitStack() as stack:
        wires = [await stack.enter_async_context(wire(stage)) for _ in range(math.ceil(CROWD / STREAMS_MAX))]
        asks = [one.unary_unary("/eventhub.identity.v1.IdentityService/GetProfile") for one in wires]
        people = [Caller(kind=ACCESS_BUYER, subject_id=f"gst_{n}") for n in range(CROWD)]
        crowd = [
            asyncio.ensure_future(asks[n % len(asks)](b"", metadata=bearer(stage.token(one))))
            for n, one in enumerate(people)
        ]
        await until(lambda: slow.entered >= 200 and sum(one.done() for one in crowd) >= 100)
        slow.leave.set()
        answers = await asyncio.gather(*crowd, return_exceptions=True)

    refused = [answer for answer in answers if isinstance(answer, grpc.aio.AioRpcError)]
    assert [reason(one) for one in refused] == [Overloaded] * 100
    assert len(answers) - len(refused) == 200


async def test_a_crowd_of_one_is_held_back_for_the_others(stage: Stage) -> None:
    slow = Slow()
    stage.script("identity", IdentityService=slow)
    await stage.start()
    devices, other = [stage.buyer("gst_ana") for _ in range(3)], stage.buyer("gst_leo")
    crowd = [asyncio.ensure_future(profile(devices[n % 3])) for n in range(CALLS_PER_CALLER_MAX + 10)]
    await until(lambda: slow.entered == CALLS_PER_CALLER_MAX and sum(one.done() for one in crowd) == 10)
    crowd.append(asyncio.ensure_future(profile(other)))
    await until(lambda: slow.entered == CALLS_PER_CALLER_MAX + 1)
    slow.leave.set()

    answers = await asyncio.gather(*crowd, return_exceptions=True)

    assert [type(answer) for answer in answers].count(TooManyRequests) == 10
    assert {type(answer) for answer in answers} == {GetProfileResponse, TooManyRequests}


async def profile(buyer: EventHub) -> GetProfileResponse:
    return await buyer.identity.GetProfile(GetProfileRequest())


def test_each_method_with_a_queue_of_its_own_exists() -> None:
    served = {method.path for method in (*contract.by_path().values(), *health.METHODS)}

    assert served >= OWN_QUEUE
