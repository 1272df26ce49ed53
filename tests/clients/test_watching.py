"""hub.watch continues by itself after a stream breaks off, without gaps or repeats."""

from collections.abc import AsyncIterator
from itertools import pairwise

import pytest

from eventhub import (
    DeadlinePassed,
    Draining,
    Internal,
    Order,
    OrderNotFound,
    Revision,
    RevisionUnknown,
    Unavailable,
    WatchDashboardRequest,
    WatchDashboardResponse,
    WatchOrderRequest,
    WatchOrderResponse,
)
from eventhub.refusal import Refusal
from eventhub.watching import resumed, wait_s
from tests.stage import Stage

ORDER = "ord_1"


class Orders:
    """Streams an order's versions after the requested revision. breaks: for each stream, the number of messages before
    it fails and the refusal; later streams end normally."""

    def __init__(self, *breaks: tuple[int, Refusal]) -> None:
        self.breaks = list(breaks)
        self.asked: list[int] = []

    async def WatchOrder(self, request: WatchOrderRequest, call: object) -> AsyncIterator[WatchOrderResponse]:
        self.asked.append(request.start_revision.position)
        after, refused = self.breaks.pop(0) if self.breaks else (5, None)
        for version in range(request.start_revision.position + 1, 6):
            if after == 0 and refused is not None:
                raise refused
            after -= 1
            yield WatchOrderResponse(
                order=Order(order_id=ORDER, version=version), revision=Revision(epoch="epo_1", position=version)
            )
        if refused is not None:
            raise refused


class Reports:
    """Streams snapshots without revisions."""

    def __init__(self) -> None:
        self.asked = 0

    async def WatchDashboard(
        self, request: WatchDashboardRequest, call: object
    ) -> AsyncIterator[WatchDashboardResponse]:
        self.asked += 1
        yield WatchDashboardResponse()
        if self.asked == 1:
            raise Draining


class Naps:
    """Records how long the client would have waited."""

    def __init__(self) -> None:
        self.taken: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.taken.append(seconds)


async def versions(stage: Stage, orders: Orders, naps: Naps | None = None) -> list[int]:
    """Returns the versions that a watch of the order yields until it ends."""
    stage.script("orders", OrdersService=orders)
    await stage.start()
    buyer = stage.buyer()
    told = resumed(buyer.orders.WatchOrder, WatchOrderRequest(order_id=ORDER), sleep=naps or Naps(), share=lambda: 0.5)
    return [answer.order.version async for answer in told]


@pytest.mark.parametrize("refused", [Draining(), Unavailable(), Unavailable(retry_after_s=0.2), Internal()])
async def test_a_broken_stream_continues_after_the_last_revision(stage: Stage, refused: Refusal) -> None:
    orders = Orders((2, refused), (1, refused))

    assert await versions(stage, orders) == [1, 2, 3, 4, 5]
    assert orders.asked == [0, 2, 3]


async def test_fruitless_tries_wait_longer_each_time(stage: Stage) -> None:
    naps = Naps()

    await versions(stage, Orders(*[(0, Draining())] * 9), naps)

    assert naps.taken[0] == pytest.approx(0.1)
    assert all(later == pytest.approx(2 * earlier) for earlier, later in pairwise(naps.taken[:7]))
    assert naps.taken[-1] == naps.taken[-2] < 10


async def test_the_server_s_retry_time_is_respected(stage: Stage) -> None:
    naps = Naps()

    await versions(stage, Orders((1, Draining(retry_after_s=3.0))), naps)

    assert naps.taken == [3.0]


def test_waits_are_spread() -> None:
    assert [wait_s(1, Draining(), share) for share in (0.0, 0.5, 0.999)] == pytest.approx([0.05, 0.1, 0.1499])


@pytest.mark.parametrize("refused", [RevisionUnknown(epoch="epo_2"), OrderNotFound(), DeadlinePassed()])
async def test_a_lasting_refusal_is_raised(stage: Stage, refused: Refusal) -> None:
    orders = Orders((1, refused))

    with pytest.raises(type(refused)):
        await versions(stage, orders)
    assert orders.asked == [0]


async def test_a_watch_of_snapshots_starts_again(stage: Stage) -> None:
    reports = Reports()
    stage.script("reporting", ReportingService=reports)
    await stage.start()
    call = stage.member().reporting.WatchDashboard

    told = [answer async for answer in resumed(call, WatchDashboardRequest(event_id="evt_1"), sleep=Naps())]

    assert len(told) == reports.asked == 2


async def test_the_callers_request_is_not_changed(stage: Stage) -> None:
    stage.script("orders", OrdersService=Orders((2, Draining())))
    await stage.start()
    asked = WatchOrderRequest(order_id=ORDER)

    told = [a async for a in resumed(stage.buyer().orders.WatchOrder, asked, sleep=Naps())]

    assert len(told) == 5
    assert asked == WatchOrderRequest(order_id=ORDER)
