"""One suite for inventory and for its fake: places that orders give back."""

from collections.abc import Awaitable, Callable

import pytest

from eventhub import refusals
from eventhub.inventory.v1 import inventory_service_pb2 as pb
from eventhub.inventory.v1.inventory_pb2 import Hold
from tests.fakes.inventory import RELEASED, SOLD
from tests.fakes.test_inventory import PLACES, Stock, fake, real
from tests.inventory.world import ORDER, confirm, hld, lock
from tests.stage import Stage, outcome

Open = Callable[[Stage], Awaitable[Stock]]


def back(*places: int, order_id: str = ORDER, n: int = 1) -> pb.ReturnPlacesRequest:
    return pb.ReturnPlacesRequest(hold_id=hld(n), order_id=order_id, places=places)


async def returned(stock: Stock, *places: int) -> Hold:
    return (await stock.orders.ReturnPlaces(back(*places))).hold


async def sold(stage: Stage, open_stock: Open) -> Stock:
    stock = await open_stock(stage)
    await stock.orders.LockHold(lock())
    await stock.orders.ConfirmHold(confirm())
    return stock


@pytest.mark.parametrize("open_stock", [real, fake])
async def test_places_come_back_one_by_one_and_a_repeat_changes_nothing(stage: Stage, open_stock: Open) -> None:
    stock = await sold(stage, open_stock)

    for _ in range(2):
        hold = await returned(stock, 1, 3)
        assert (hold.state, list(hold.returned), list(hold.places)) == (SOLD, [1, 3], PLACES)
    for _ in range(2):
        hold = await returned(stock, 0, 1, 2)
        assert (hold.state, list(hold.returned)) == (RELEASED, [0, 1, 2, 3])


@pytest.mark.parametrize("open_stock", [real, fake])
async def test_only_places_that_the_order_has_bought_come_back(stage: Stage, open_stock: Open) -> None:
    stock = await open_stock(stage)
    assert await outcome(stock.orders.ReturnPlaces(back(0))) == "HOLD_EXPIRED"
    await stock.orders.LockHold(lock())
    assert await outcome(stock.orders.ReturnPlaces(back(0))) == "HOLD_EXPIRED"
    await stock.orders.ConfirmHold(confirm())

    assert await outcome(stock.orders.ReturnPlaces(back(0, order_id="ord_2"))) == "HOLD_EXPIRED"
    assert await outcome(stock.orders.ReturnPlaces(back(0, n=2))) == "HOLD_NOT_FOUND"
    with pytest.raises(refusals.LineNotRefundable) as refused:
        await returned(stock, 0, 4)
    assert refused.value.facts == {"line_id": "5"}
    assert list((await returned(stock, 2)).returned) == [2], "the refused call gave nothing back"
