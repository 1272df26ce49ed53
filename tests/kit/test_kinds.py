"""All four kinds of RPC pass the same wrapper, over the wire and inside the process."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import grpc
import pytest
import pytest_asyncio

from eventhub import contract
from eventhub.channel import Channel
from eventhub.common.v1.options_pb2 import ACCESS_BUYER, ACCESS_INTERNAL, Deadline, Rules, Shedding
from eventhub.contract import Kind, Method
from eventhub.pricing.v1.pricing_service_pb2 import QuoteItem
from eventhub.refusals import AccessDenied, DeadlinePassed, InvalidRequest, SeatTaken, TokenMissing
from services.kit.db.database import Suspended, Tx
from services.kit.rpc.call import Call, Caller, current
from services.kit.rpc.local import LocalChannel
from services.kit.values import failpoints
from services.kit.values.failpoints import Broken
from tests import databases
from tests.stage import Stage

PREFIX = "/eventhub.pricing.v1.Till/"
KINDS = {"One": Kind.UNARY, "Out": Kind.SERVER_STREAM, "In": Kind.CLIENT_STREAM, "Both": Kind.BOTH_STREAM}


class Till:
    """Adds up quantities; refuses 13, and waits for ever at 14. Both answers encoded messages."""

    async def One(self, request: QuoteItem, call: Call) -> QuoteItem:
        return await self._one(request, call)

    async def Out(self, request: QuoteItem, call: Call) -> AsyncIterator[QuoteItem]:
        for _ in range(request.quantity):
            yield await self._one(request, call)

    async def In(self, requests: AsyncIterator[QuoteItem], call: Call) -> QuoteItem:
        quantity = 0
        async for request in requests:
            quantity += (await self._one(request, call)).quantity
        return QuoteItem(ticket_type_id=call.caller.subject_id or call.caller.service, quantity=quantity)

    async def Both(self, requests: AsyncIterator[QuoteItem], call: Call) -> AsyncIterator[bytes]:
        async for request in requests:
            yield (await self._one(request, call)).SerializeToString()

    async def _one(self, request: QuoteItem, call: Call) -> QuoteItem:
        if request.quantity == 13:
            raise SeatTaken(seat_id="A-13")
        if request.quantity == 14:
            await asyncio.Event().wait()
        return QuoteItem(ticket_type_id=call.caller.subject_id or call.caller.service, quantity=request.quantity)


def method(name: str, rules: Rules) -> Method:
    some = contract.by_path()["/eventhub.pricing.v1.PricingService/Quote"]
    return replace(
        some,
        path=f"{PREFIX}{name}",
        service="eventhub.pricing.v1.Till",
        name=name,
        kind=KINDS[name],
        rules=rules,
        request=QuoteItem,
        response=QuoteItem,
    )


@pytest_asyncio.fixture
async def till(stage: Stage) -> Stage:
    """A stage with a service of all four kinds, for buyers and for orders."""
    rules = Rules(
        access=[ACCESS_BUYER, ACCESS_INTERNAL],
        callers=["orders"],
        deadline=Deadline.DEADLINE_FAST,
        shedding=Shedding.SHEDDING_CRITICAL,
    )
    for name in KINDS:
        wanted = method(name, rules)
        stage.platform.mesh.add(wanted, getattr(Till(), name))
        public = replace(wanted, rules=Rules(access=[ACCESS_BUYER], deadline=rules.deadline, shedding=rules.shedding))
        stage.platform.mesh.methods[f"public {name}"] = (public, getattr(Till(), name))
    await stage.start()
    return stage


def channels(till: Stage) -> dict[str, grpc.aio.Channel]:
    """Two channels: over the wire as a buyer, and inside the process as orders."""
    token = till.token(Caller(kind=ACCESS_BUYER, subject_id="orders"))
    return {
        "wire": Channel(f"127.0.0.1:{till.platform.port}", token=lambda: token),
        "local": LocalChannel(till.platform.mesh, "orders"),
    }


async def several(*quantities: int) -> AsyncIterator[QuoteItem]:
    for quantity in quantities:
        yield item(quantity)


def item(quantity: int) -> QuoteItem:
    return QuoteItem(ticket_type_id="tkt", quantity=quantity)


def call(channel: grpc.aio.Channel, name: str) -> Any:
    opened = getattr(channel, KINDS[name].value)
    return opened(
        f"{PREFIX}{name}", request_serializer=QuoteItem.SerializeToString, response_deserializer=QuoteItem.FromString
    )


async def quantities(channel: grpc.aio.Channel, name: str, *given: int) -> list[int]:
    """The responses of a method as a list, for any kind of method."""
    kind = KINDS[name]
    request = several(*given) if kind in (Kind.CLIENT_STREAM, Kind.BOTH_STREAM) else item(given[0])
    if kind in (Kind.UNARY, Kind.CLIENT_STREAM):
        answer = await call(channel, name)(request)
        assert answer.ticket_type_id == "orders"
        return [answer.quantity]
    return [answer.quantity async for answer in call(channel, name)(request)]


@pytest.mark.parametrize("way", ["wire", "local"])
@pytest.mark.parametrize(("name", "answers"), [("One", [3]), ("Out", [3, 3, 3]), ("In", [5]), ("Both", [3, 2])])
async def test_every_kind_is_served(till: Stage, way: str, name: str, answers: list[int]) -> None:
    assert await quantities(channels(till)[way], name, 3, 2) == answers


@pytest.mark.parametrize("way", ["wire", "local"])
@pytest.mark.parametrize("name", KINDS)
async def test_every_kind_refuses_with_its_facts(till: Stage, way: str, name: str) -> None:
    with pytest.raises(SeatTaken) as refused:
        await quantities(channels(till)[way], name, 13)

    assert refused.value.seat_id == "A-13"


@pytest.mark.parametrize("way", ["wire", "local"])
@pytest.mark.parametrize("name", KINDS)
async def test_every_kind_checks_its_requests(till: Stage, way: str, name: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        await quantities(channels(till)[way], name, 0)

    assert list(refused.value.fields) == ["quantity"]


@pytest.mark.parametrize("name", KINDS)
async def test_every_kind_finds_the_caller(till: Stage, name: str) -> None:
    with pytest.raises(TokenMissing):
        await quantities(Channel(f"127.0.0.1:{till.platform.port}"), name, 1)
    with pytest.raises(AccessDenied):
        await quantities(LocalChannel(till.platform.mesh, "catalog"), name, 1)


@pytest.mark.parametrize("name", KINDS)
async def test_a_local_call_ends_with_its_deadline(till: Stage, name: str) -> None:
    request = several(14) if KINDS[name] in (Kind.CLIENT_STREAM, Kind.BOTH_STREAM) else item(14)
    answer = call(channels(till)["local"], name)(request, timeout=0.01)
    one = answer if KINDS[name] in (Kind.UNARY, Kind.CLIENT_STREAM) else anext(answer)

    with pytest.raises(DeadlinePassed) as refused:
        await one

    assert refused.value.method == f"{PREFIX}{name}"


async def test_a_call_within_a_call_ends_before_it(till: Stage) -> None:
    inner: list[float | None] = []

    class Asks:
        async def One(self, request: QuoteItem, under_way: Call) -> QuoteItem:
            inner.append(under_way.remaining_s())
            return request

    rules = till.platform.mesh.methods[f"{PREFIX}One"][0].rules
    till.platform.mesh.add(method("One", rules), Asks().One)
    outer = Call(
        method=method("One", rules),
        caller=Caller(),
        request_id="req_1",
        deadline=till.clock.monotonic() + 1.0,
        clock=till.clock,
        draining=lambda: False,
    )
    token = current.set(outer)
    await call(LocalChannel(till.platform.mesh, "orders"), "One")(item(1))
    current.reset(token)

    assert inner[0] is not None
    assert inner[0] <= 0.98


async def test_caller_and_callee_share_no_message(till: Stage) -> None:
    given: list[QuoteItem] = []

    class Keeps:
        async def One(self, request: QuoteItem, under_way: Call) -> QuoteItem:
            given.append(request)
            request.quantity = 7
            return request

    rules = till.platform.mesh.methods[f"{PREFIX}One"][0].rules
    till.platform.mesh.add(method("One", rules), Keeps().One)
    request = item(1)
    await call(LocalChannel(till.platform.mesh, "orders"), "One")(request)

    assert request.quantity == 1
    assert given[0] is not request


@pytest.mark.parametrize("when", ["before", "after"])
async def test_a_failpoint_stands_at_each_call_to_a_neighbour(till: Stage, when: str) -> None:
    failpoints.arm(f"orders>pricing.One.{when}=raise")

    with pytest.raises(Broken):
        await call(LocalChannel(till.platform.mesh, "orders"), "One")(item(1))
    failpoints.arm("")


async def test_a_transaction_calls_no_neighbour(till: Stage, tmp_path: Path) -> None:
    one = call(channels(till)["local"], "One")
    schema = tmp_path / "till" / "schema"
    schema.mkdir(parents=True)
    database = await databases.opened("till", tmp_path, schema)

    async def ask(_: Tx) -> None:
        await one(item(1))

    with pytest.raises(Suspended):
        await database.write(ask)

    await database.close()
