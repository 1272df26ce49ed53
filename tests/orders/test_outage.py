"""Orders go on after a neighbour refused a step for the moment, or after a restart."""

import asyncio

import pytest

from eventhub.refusal import TransientRefusal
from services.orders.saga import WAITS_S
from tests.orders.world import World, hld, open_world, ord_, state
from tests.stage import Stage, until


@pytest.mark.parametrize("neighbour", ["inventory", "pricing", "payments"])
async def test_an_order_waits_for_a_neighbour_that_is_away(world: World, neighbour: str) -> None:
    away = getattr(world, neighbour)
    gate = asyncio.Event()
    world.pricing.before["QuoteOrder"] = gate.wait
    call = asyncio.create_task(world.checkout(coupon_code="TEN"))
    await until(lambda: not world.pricing.before)
    away.away = True
    gate.set()
    assert state(await call) == "PAYMENT_PENDING"
    away.away = False

    world.advance(WAITS_S[1])

    await world.becomes("PAID")
    assert world.payments.charges == [(ord_(1), 9000)]
    assert world.inventory.state(hld(1)) == "SOLD"


@pytest.mark.parametrize("kind", TransientRefusal.__subclasses__(), ids=lambda kind: kind.reason)
@pytest.mark.parametrize("step", ["LockHold", "Authorize", "Capture"])
async def test_a_transient_refusal_of_a_step_gives_no_order_up(
    world: World, kind: type[TransientRefusal], step: str
) -> None:
    neighbour = next(each for each in (world.inventory, world.pricing, world.payments) if hasattr(each, step))
    neighbour.refuses[step] = kind()
    assert state(await world.checkout(coupon_code="TEN")) == "PAYMENT_PENDING"
    assert await world.facts() == ["OrderPlaced", "OrderPaymentPending"]
    del neighbour.refuses[step]

    world.advance(WAITS_S[1])

    await world.becomes("PAID")
    assert world.payments.charges == [(ord_(1), 9000)]
    assert world.inventory.state(hld(1)) == "SOLD"


async def test_an_order_is_carried_on_after_a_restart(world: World, stage: Stage) -> None:
    world.payments.away = True
    assert state(await world.checkout(coupon_code="TEN")) == "PAYMENT_PENDING"
    await stage.stop()
    world.payments.away = False

    again = Stage(stage.folder)
    again.clock.pass_unseen(WAITS_S[1])
    try:
        reopened = await open_world(again, among=world)
        await reopened.becomes("PAID")
    finally:
        await again.stop()

    assert world.payments.charges == [(ord_(1), 9000)]
    assert world.inventory.state(hld(1)) == "SOLD"
    assert world.pricing.redemptions == {ord_(1): "RESERVED"}
