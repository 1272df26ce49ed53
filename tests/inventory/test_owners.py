"""Whose a hold is once a guest has come back and proven who they are, with the real identity beside it."""

from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from eventhub import refusals
from eventhub.inventory.v1 import inventory_pb2 as nouns
from eventhub.inventory.v1 import inventory_service_pb2 as pb
from services.inventory.wiring import build
from tests.identity.lobby import Lobby
from tests.inventory.theatre import hld, hold, open_sales, seats
from tests.stage import Stage

if TYPE_CHECKING:
    from eventhub.inventory.v1.inventory_service_pb2_grpc import InventoryMeshAsyncStub


@pytest_asyncio.fixture
async def lobby(stage: Stage) -> Lobby:
    await stage.add(build)
    return await Lobby(stage).open()


@pytest_asyncio.fixture
async def orders(lobby: Lobby) -> "InventoryMeshAsyncStub":
    return await open_sales(lobby.stage)


@pytest_asyncio.fixture
async def session(lobby: Lobby, orders: object) -> str:
    """A session in which somebody holds a seat. Its subject."""
    subject_id = (await lobby.start(2)).subject_id
    await hold(lobby.stage.buyer(subject_id), hld(1), seats("A-05"))
    return subject_id


@pytest_asyncio.fixture
async def person(lobby: Lobby, session: str) -> str:
    """Ana, known of old, who held a seat in that session before she proved who she is. Her subject."""
    known = (await lobby.prove()).subject_id
    proven = await lobby.prove(hub=lobby.stage.buyer(session))
    assert proven.subject_id == known != session
    return known


async def test_what_a_session_holds_is_its_persons(lobby: Lobby, orders: "InventoryMeshAsyncStub", person: str) -> None:
    ana = lobby.stage.buyer(person)

    assert (await ana.inventory.GetHold(pb.GetHoldRequest(hold_id=hld(1)))).hold.hold_id == hld(1)
    await orders.DescribeHold(pb.DescribeHoldRequest(hold_id=hld(1), buyer_id=person))
    locked = await orders.LockHold(pb.LockHoldRequest(hold_id=hld(1), buyer_id=person, order_id="ord_1"))

    assert locked.hold.state == nouns.HOLD_STATE_LOCKED


async def test_it_stays_the_sessions_too(orders: "InventoryMeshAsyncStub", session: str, person: str) -> None:
    """An order that the session began goes on."""
    await orders.LockHold(pb.LockHoldRequest(hold_id=hld(1), buyer_id=session, order_id="ord_1"))


async def test_the_person_may_repeat_what_the_session_wished(lobby: Lobby, person: str) -> None:
    ana = lobby.stage.buyer(person)

    assert (await hold(ana, hld(1), seats("A-05"))).hold.hold_id == hld(1)
    with pytest.raises(refusals.IdInUse):
        await hold(ana, hld(1), seats("A-06"))


async def test_the_person_can_give_it_back(lobby: Lobby, person: str) -> None:
    released = await lobby.stage.buyer(person).inventory.ReleaseHold(pb.ReleaseHoldRequest(hold_id=hld(1)))

    assert released.hold.state == nouns.HOLD_STATE_RELEASED


async def test_it_is_nobody_elses(lobby: Lobby, orders: "InventoryMeshAsyncStub", person: str) -> None:
    stranger = (await lobby.start(3, "leo@example.com")).subject_id

    with pytest.raises(refusals.HoldNotFound):
        await lobby.stage.buyer(stranger).inventory.GetHold(pb.GetHoldRequest(hold_id=hld(1)))
    with pytest.raises(refusals.HoldNotFound):
        await orders.LockHold(pb.LockHoldRequest(hold_id=hld(1), buyer_id=stranger, order_id="ord_1"))
