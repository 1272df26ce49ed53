"""A guest takes a hold and then proves an e-mail of a known account: that account may act on the hold. With the real
identity."""

from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from eventhub import refusals
from eventhub.inventory.v1 import inventory_pb2 as nouns
from eventhub.inventory.v1 import inventory_service_pb2 as pb
from services.inventory.wiring import build
from tests.identity.world import World
from tests.inventory.lists import entry, join, proven
from tests.inventory.world import HALF, hld, hold, open_sales, places, seats
from tests.stage import Stage

if TYPE_CHECKING:
    from eventhub.inventory.v1.inventory_service_pb2_grpc import InventoryMeshAsyncStub


@pytest_asyncio.fixture
async def world(stage: Stage) -> World:
    await stage.add(build)
    return await World(stage).open()


@pytest_asyncio.fixture
async def orders(world: World) -> "InventoryMeshAsyncStub":
    return await open_sales(world.stage)


@pytest_asyncio.fixture
async def session(world: World, orders: object) -> str:
    """The subject of a session that holds a seat."""
    subject_id = (await world.start_guest(2)).subject_id
    await hold(world.stage.buyer(subject_id), hld(1), seats("A-05"))
    return subject_id


@pytest_asyncio.fixture
async def person(world: World, session: str) -> str:
    """Ana's account. She held the seat in that session before she proved her e-mail."""
    known = (await world.prove()).subject_id
    proven = await world.prove(hub=world.stage.buyer(session))
    assert proven.subject_id == known != session
    return known


async def test_the_account_has_the_sessions_hold(world: World, orders: "InventoryMeshAsyncStub", person: str) -> None:
    ana = world.stage.buyer(person)

    assert (await ana.inventory.GetHold(pb.GetHoldRequest(hold_id=hld(1)))).hold.hold_id == hld(1)
    await orders.DescribeHold(pb.DescribeHoldRequest(hold_id=hld(1), buyer_id=person))
    locked = await orders.LockHold(pb.LockHoldRequest(hold_id=hld(1), buyer_id=person, order_id="ord_1"))

    assert locked.hold.state == nouns.HOLD_STATE_LOCKED


async def test_the_session_keeps_its_hold(orders: "InventoryMeshAsyncStub", session: str, person: str) -> None:
    """So an order that the session began can be completed."""
    await orders.LockHold(pb.LockHoldRequest(hold_id=hld(1), buyer_id=session, order_id="ord_1"))


async def test_the_account_may_repeat_the_sessions_wish(world: World, person: str) -> None:
    ana = world.stage.buyer(person)

    assert (await hold(ana, hld(1), seats("A-05"))).hold.hold_id == hld(1)
    with pytest.raises(refusals.IdInUse):
        await hold(ana, hld(1), seats("A-06"))


async def test_the_account_can_release_the_hold(world: World, person: str) -> None:
    released = await world.stage.buyer(person).inventory.ReleaseHold(pb.ReleaseHoldRequest(hold_id=hld(1)))

    assert released.hold.state == nouns.HOLD_STATE_RELEASED


async def test_a_stranger_cannot_act_on_the_hold(world: World, orders: "InventoryMeshAsyncStub", person: str) -> None:
    stranger = (await world.start_guest(3, "leo@example.com")).subject_id

    with pytest.raises(refusals.HoldNotFound):
        await world.stage.buyer(stranger).inventory.GetHold(pb.GetHoldRequest(hold_id=hld(1)))
    with pytest.raises(refusals.HoldNotFound):
        await orders.LockHold(pb.LockHoldRequest(hold_id=hld(1), buyer_id=stranger, order_id="ord_1"))


async def test_an_entry_in_a_waiting_list_is_the_persons_in_every_session(
    world: World, orders: "InventoryMeshAsyncStub", session: str
) -> None:
    """A session joins no list before its address is proven, and then acts as the person: so no entry needs to move."""
    await hold(world.stage.buyer(), hld(9), places(4, HALF))
    known = (await world.prove()).subject_id
    await join(proven(world.stage, known), 1, ticket_type_id=HALF)

    merged = (await world.prove(hub=world.stage.buyer(session))).subject_id

    assert (await entry(proven(world.stage, merged), 1)).ticket_type_id == HALF
    with pytest.raises(refusals.AlreadyWaiting):
        await join(proven(world.stage, merged), 2, ticket_type_id=HALF)
