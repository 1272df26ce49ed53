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
from tests.fakes.payments import AUTHORIZED, DECLINED
from tests.orders.world import ANA, ORGANIZER, RUI, World, ord_, state
from tests.stage import until


async def watch(client: EventHub, n: int = 1, start: Revision | None = None) -> AsyncIterator[pb.WatchOrderResponse]:
    async for answer in client.orders.WatchOrder(pb.WatchOrderRequest(order_id=ord_(n), start_revision=start)):
        yield answer


async def seen(stream: AsyncIterator[pb.WatchOrderResponse]) -> list[str]:
    """The states that a watcher is told until the stream ends."""
    return [state(answer.order) async for answer in stream]


async def begun(world: World, answers: asyncio.Event) -> asyncio.Task[nouns.Order]:
    """A checkout that hangs in Authorize; its order is PENDING. answers: set when payments may answer."""
    world.payments.before["Authorize"] = answers.wait
    world.payments.silent = True
    call = asyncio.create_task(world.checkout())
    await until(lambda: "Authorize" in world.payments.calls)
    return call


async def test_a_watcher_sees_each_state_once_and_the_stream_ends(world: World) -> None:
    answers = asyncio.Event()
    call = await begun(world, answers)
    stream = watch(world.ana)

    first = await anext(stream)
    answers.set()
    second = await anext(stream)
    world.payments.silent = False
    world.payments.settle(ord_(1), AUTHORIZED)
    rest = await seen(stream)

    assert [state(first.order), state(second.order), *rest] == ["PENDING", "PAYMENT_PENDING", "PAID"]
    assert state(await call) == "PAYMENT_PENDING"


async def test_a_watch_goes_on_from_its_revision(world: World) -> None:
    answers = asyncio.Event()
    call = await begun(world, answers)
    first = await anext(watch(world.ana))
    answers.set()
    await call
    second = await anext(watch(world.ana, start=first.revision))
    world.payments.silent = False
    world.payments.settle(ord_(1), DECLINED)

    assert state(second.order) == "PAYMENT_PENDING"
    assert await seen(watch(world.ana, start=second.revision)) == ["FAILED"]
    assert await seen(watch(world.ana, start=first.revision)) == ["FAILED"]


async def test_a_watch_that_has_seen_the_end_ends(world: World) -> None:
    await world.checkout()
    last = [answer.revision async for answer in watch(world.ana)][-1]

    assert await seen(watch(world.ana, start=last)) == []


async def test_without_a_revision_the_order_comes_first(world: World) -> None:
    await world.checkout()

    assert await seen(watch(world.ana, start=Revision())) == ["PAID"]


@pytest.mark.parametrize("start", [Revision(epoch="epo_other", position=2), Revision(position=2)])
async def test_a_revision_of_another_history_is_refused(world: World, start: Revision) -> None:
    await world.checkout()

    with pytest.raises(refusals.RevisionUnknown) as refused:
        await seen(watch(world.ana, start=start))
    assert refused.value.epoch == [answer.revision.epoch async for answer in watch(world.ana)][-1]


async def test_a_revision_from_the_future_is_refused(world: World) -> None:
    await world.checkout()
    last = [answer.revision async for answer in watch(world.ana)][-1]

    with pytest.raises(refusals.RevisionUnknown):
        await seen(watch(world.ana, start=Revision(epoch=last.epoch, position=last.position + 9)))


async def test_changes_of_other_orders_are_not_told(world: World) -> None:
    world.payments.silent = True
    await world.checkout()
    stream = watch(world.ana)
    await anext(stream)
    world.payments.silent = False

    world.hold(2)
    await world.checkout(2)
    world.payments.settle(ord_(1), AUTHORIZED)

    told = [answer.order.order_id async for answer in stream]
    assert told == [ord_(1)]


async def test_a_revision_covers_no_more_than_its_order_says(world: World) -> None:
    """Watchers read while orders change. A watch from the revision of any answer tells all later changes."""
    for n in range(1, 17):
        world.hold(n)
    world.payments.silent = True
    calls = [asyncio.create_task(world.checkout(n)) for n in range(1, 17)]
    told: list[tuple[int, pb.WatchOrderResponse]] = []

    async def follow(n: int) -> None:
        while True:
            with contextlib.suppress(refusals.OrderNotFound):
                told.extend([(n, answer) async for answer in watch(world.ana, n)])
                return

    watching = [asyncio.create_task(follow(n)) for n in range(1, 17)]
    await asyncio.gather(*calls)
    world.payments.silent = False
    for n in range(1, 17):
        world.payments.settle(ord_(n), AUTHORIZED)
    await asyncio.gather(*watching)

    for n, answer in told:
        later = await seen(watch(world.ana, n, start=answer.revision))
        assert later == ([] if state(answer.order) == "PAID" else ["PAID"])


async def test_an_organizer_watches_and_strangers_do_not(world: World) -> None:
    await world.checkout()

    assert await seen(watch(world.stage.member(ORGANIZER))) == ["PAID"]
    for stranger in (world.stage.buyer(RUI), world.stage.member("org_rival")):
        with pytest.raises(refusals.OrderNotFound):
            await anext(watch(stranger))
    with pytest.raises(refusals.OrderNotFound):
        await anext(watch(world.stage.buyer(ANA), 9))


async def test_a_watch_ends_with_its_token(world: World) -> None:
    world.payments.silent = True
    await world.checkout()
    stream = watch(world.ana)
    await anext(stream)

    world.advance(601)  # the saga goes on too, and wakes the stream

    with pytest.raises(refusals.TokenExpired):
        await anext(stream)


async def test_a_watch_ends_with_the_server(world: World) -> None:
    world.payments.silent = True
    await world.checkout()
    stream = watch(world.ana)
    await anext(stream)

    stopping = asyncio.create_task(world.stage.platform.stop(grace_s=3))

    with pytest.raises(refusals.Draining):
        await anext(stream)
    await stopping
