"""WatchOrder: an order now and after each change, without repeat or gap."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest

from eventhub import refusals
from eventhub.client import EventHub
from eventhub.common.v1.feed_pb2 import Revision
from eventhub.orders.v1 import orders_pb2 as nouns
from eventhub.orders.v1 import orders_service_pb2 as pb
from tests.orders.house import ANA, RUI, House, ord_, state
from tests.orders.neighbours import AUTHORIZED, DECLINED, ORGANIZER
from tests.stage import until


async def watch(client: EventHub, n: int = 1, start: Revision | None = None) -> AsyncIterator[pb.WatchOrderResponse]:
    async for answer in client.orders.WatchOrder(pb.WatchOrderRequest(order_id=ord_(n), start_revision=start)):
        yield answer


async def seen(stream: AsyncIterator[pb.WatchOrderResponse]) -> list[str]:
    """Everything a watcher is told until the stream ends."""
    return [state(answer.order) async for answer in stream]


async def begun(house: House) -> asyncio.Task[nouns.Order]:
    """A checkout stuck at payments, its order PENDING."""
    house.payments.stuck = asyncio.Event()
    house.payments.silent = True
    call = asyncio.create_task(house.checkout())
    await until(lambda: "Authorize" in house.payments.calls)
    return call


async def test_a_watcher_sees_each_state_once_and_the_stream_ends(house: House) -> None:
    call = await begun(house)
    stream = watch(house.ana)

    first = await anext(stream)
    assert house.payments.stuck is not None
    house.payments.stuck.set()
    second = await anext(stream)
    house.payments.silent = False
    house.payments.settle(ord_(1), AUTHORIZED)
    rest = await seen(stream)

    assert [state(first.order), state(second.order), *rest] == ["PENDING", "PAYMENT_PENDING", "PAID"]
    assert state(await call) == "PAYMENT_PENDING"


async def test_a_watch_goes_on_from_its_revision(house: House) -> None:
    call = await begun(house)
    first = await anext(watch(house.ana))
    assert house.payments.stuck is not None
    house.payments.stuck.set()
    await call
    second = await anext(watch(house.ana, start=first.revision))
    house.payments.silent = False
    house.payments.settle(ord_(1), DECLINED)

    assert state(second.order) == "PAYMENT_PENDING"
    assert await seen(watch(house.ana, start=second.revision)) == ["FAILED"]
    assert await seen(watch(house.ana, start=first.revision)) == ["FAILED"]


async def test_a_watch_that_has_seen_the_end_ends(house: House) -> None:
    await house.checkout()
    last = [answer.revision async for answer in watch(house.ana)][-1]

    assert await seen(watch(house.ana, start=last)) == []


async def test_without_a_revision_the_order_comes_first(house: House) -> None:
    await house.checkout()

    assert await seen(watch(house.ana, start=Revision())) == ["PAID"]


@pytest.mark.parametrize("start", [Revision(epoch="epo_other", position=2), Revision(position=2)])
async def test_a_revision_of_another_history_is_refused(house: House, start: Revision) -> None:
    await house.checkout()

    with pytest.raises(refusals.RevisionUnknown) as refused:
        await seen(watch(house.ana, start=start))
    assert refused.value.epoch == [answer.revision.epoch async for answer in watch(house.ana)][-1]


async def test_a_revision_from_the_future_is_refused(house: House) -> None:
    await house.checkout()
    last = [answer.revision async for answer in watch(house.ana)][-1]

    with pytest.raises(refusals.RevisionUnknown):
        await seen(watch(house.ana, start=Revision(epoch=last.epoch, position=last.position + 9)))


async def test_changes_of_other_orders_are_not_told(house: House) -> None:
    house.payments.silent = True
    await house.checkout()
    stream = watch(house.ana)
    await anext(stream)
    house.payments.silent = False

    house.hold(2)
    await house.checkout(2)
    house.payments.settle(ord_(1), AUTHORIZED)

    told = [answer.order.order_id async for answer in stream]
    assert told == [ord_(1)]


async def test_a_revision_covers_no_more_than_its_order_says(house: House) -> None:
    """Watchers read while orders change: going on from any answer tells every later change."""
    for n in range(1, 17):
        house.hold(n)
    house.payments.silent = True
    calls = [asyncio.create_task(house.checkout(n)) for n in range(1, 17)]
    told: list[tuple[int, pb.WatchOrderResponse]] = []

    async def follow(n: int) -> None:
        while True:
            with contextlib.suppress(refusals.OrderNotFound):
                told.extend([(n, answer) async for answer in watch(house.ana, n)])
                return

    watching = [asyncio.create_task(follow(n)) for n in range(1, 17)]
    await asyncio.gather(*calls)
    house.payments.silent = False
    for n in range(1, 17):
        house.payments.settle(ord_(n), AUTHORIZED)
    await asyncio.gather(*watching)

    for n, answer in told:
        later = await seen(watch(house.ana, n, start=answer.revision))
        assert later == ([] if state(answer.order) == "PAID" else ["PAID"])


async def test_an_organizer_watches_and_strangers_do_not(house: House) -> None:
    await house.checkout()

    assert await seen(watch(house.stage.member(ORGANIZER))) == ["PAID"]
    for stranger in (house.stage.buyer(RUI), house.stage.member("org_rival")):
        with pytest.raises(refusals.OrderNotFound):
            await anext(watch(stranger))
    with pytest.raises(refusals.OrderNotFound):
        await anext(watch(house.stage.buyer(ANA), 9))


async def test_a_watch_ends_with_its_token(house: House) -> None:
    house.payments.silent = True
    await house.checkout()
    stream = watch(house.ana)
    await anext(stream)

    house.defer(601)  # the order is looked at again, too: a beat of the stream

    with pytest.raises(refusals.TokenExpired):
        await anext(stream)


async def test_a_watch_ends_with_the_server(house: House) -> None:
    house.payments.silent = True
    await house.checkout()
    stream = watch(house.ana)
    await anext(stream)

    stopping = asyncio.create_task(house.stage.platform.stop(grace_s=3))

    with pytest.raises(refusals.Draining):
        await anext(stream)
    await stopping
