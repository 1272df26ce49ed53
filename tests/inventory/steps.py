"""The steps of a sale as orders takes them, for the first hold unless asked for another."""

from typing import TYPE_CHECKING

from eventhub.inventory.v1 import inventory_pb2 as nouns
from eventhub.inventory.v1 import inventory_service_pb2 as pb
from services.inventory.holds import HOLD_TTL_US
from tests.inventory.theatre import (
    EVENT,
    HALF,
    hld,
    hold,
    open_theatre,
    places,
    seats,
)
from tests.stage import Stage

if TYPE_CHECKING:
    from eventhub.inventory.v1.inventory_service_pb2_grpc import InventoryMeshAsyncStub

ANA, ORDER = "gst_ana", "ord_1"
TTL_S = HOLD_TTL_US / 1_000_000
OPEN = pb.OpenSalesRequest(event_id=EVENT, seat_count=20)
HELD = {"places": (100, 3, 0), "half": (4, 1, 0), "seats": (20, 1, 0)}
EMPTY = {"places": (100, 0, 0), "half": (4, 0, 0), "seats": (20, 0, 0)}


def lock(order_id: str = ORDER, *, n: int = 1, buyer_id: str = ANA) -> pb.LockHoldRequest:
    return pb.LockHoldRequest(hold_id=hld(n), buyer_id=buyer_id, order_id=order_id)


def unlock(order_id: str = ORDER, *, n: int = 1) -> pb.UnlockHoldRequest:
    return pb.UnlockHoldRequest(hold_id=hld(n), order_id=order_id)


def confirm(order_id: str = ORDER, *, n: int = 1) -> pb.ConfirmHoldRequest:
    return pb.ConfirmHoldRequest(hold_id=hld(n), order_id=order_id)


def give_back(order_id: str = ORDER, *, n: int = 1) -> pb.ReturnSoldRequest:
    return pb.ReturnSoldRequest(hold_id=hld(n), order_id=order_id)


def describe(n: int = 1, buyer_id: str = ANA) -> pb.DescribeHoldRequest:
    return pb.DescribeHoldRequest(hold_id=hld(n), buyer_id=buyer_id)


async def held(stage: Stage) -> "InventoryMeshAsyncStub":
    """The theatre on sale; Ana holds a seat, two places and a half-price place."""
    orders = await open_theatre(stage)
    await hold(stage.buyer(ANA), hld(1), seats("A-05"), places(2), places(1, HALF))
    return orders


async def state(stage: Stage, n: int = 1) -> str:
    answer = await stage.buyer(ANA).inventory.GetHold(pb.GetHoldRequest(hold_id=hld(n)))
    return nouns.HoldState.Name(answer.hold.state).removeprefix("HOLD_STATE_")
