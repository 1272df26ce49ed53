"""Holds and sales at the counter get what an expired hold had, whether they or the sweeper lapse it."""

from collections.abc import Awaitable, Callable

import pytest

from eventhub.inventory.v1 import inventory_service_pb2 as pb
from services.inventory import transactions
from services.kit.db.database import Tx
from tests.inventory import nights
from tests.inventory.nights import SERIES, open_series, passes, seat_passes
from tests.inventory.world import (
    ANA,
    EVENT,
    ORGANIZER,
    TTL_S,
    counts,
    hld,
    hold,
    open_theatre,
    places,
    rows,
    seats,
)
from tests.stage import Stage, outcome

Sweep = Callable[..., Awaitable[int]]
really_lapse = transactions.lapse_due


async def sweeper_is_faster(tx: Tx, *, now_us: int) -> int:
    """Finds nothing to lapse, because the sweeper has lapsed all of it a moment ago."""
    await really_lapse(tx, now_us=now_us)
    return 0


@pytest.fixture(params=[really_lapse, sweeper_is_faster], ids=["lapses", "lapsed"])
def _lapsing(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transactions, "lapse_due", request.param)


async def buy(stage: Stage, n: int, *items: pb.HoldItem, event_id: str = EVENT) -> str:
    """A buyer's try to hold."""
    return await outcome(nights.hold(stage.buyer(f"gst_{n}"), hld(n), event_id, *items))


@pytest.mark.usefixtures("_lapsing")
@pytest.mark.parametrize("wish", [seats("A-01"), places(4)], ids=["seat", "places"])
async def test_what_an_expired_hold_had_is_held(stage: Stage, wish: pb.HoldItem) -> None:
    await open_theatre(stage, standing=4)
    await hold(stage.buyer(ANA), hld(1), wish)
    assert await buy(stage, 2, wish) in ("SEAT_TAKEN", "SOLD_OUT")
    stage.clock.pass_unseen(TTL_S)

    assert await buy(stage, 3, wish) == "done"
    assert await rows(stage, "SELECT hold_id, state FROM hold ORDER BY hold_id") == [
        (hld(1), "LAPSED"),
        (hld(3), "HELD"),
    ]


@pytest.mark.usefixtures("_lapsing")
@pytest.mark.parametrize("wish", [seats("A-01"), places(4)], ids=["seat", "places"])
async def test_what_an_expired_hold_had_is_sold_at_the_counter(stage: Stage, wish: pb.HoldItem) -> None:
    orders = await open_theatre(stage, standing=4)
    await hold(stage.buyer(ANA), hld(1), wish)
    stage.clock.pass_unseen(TTL_S)
    request = pb.HoldAtCounterRequest(
        hold_id=hld(2), event_id=EVENT, organizer_id=ORGANIZER, member_id="acc_bia", items=[wish]
    )

    assert await outcome(orders.HoldAtCounter(request)) == "done"


@pytest.mark.usefixtures("_lapsing")
@pytest.mark.parametrize("wish", [seat_passes("A-01"), passes(4)], ids=["seat", "places"])
async def test_a_pass_gets_what_an_expired_hold_had(stage: Stage, wish: pb.HoldItem) -> None:
    await open_series(stage, places=4)
    await nights.hold(stage.buyer(ANA), hld(1), SERIES, wish)
    stage.clock.pass_unseen(TTL_S)

    assert await buy(stage, 2, wish, event_id=SERIES) == "done"


@pytest.mark.usefixtures("_lapsing")
async def test_a_refusal_after_the_last_try_changes_nothing(stage: Stage) -> None:
    """Half of what is asked for comes back."""
    await open_theatre(stage, standing=4)
    await hold(stage.buyer(ANA), hld(1), places(2))
    stage.clock.pass_unseen(TTL_S / 2)
    await hold(stage.buyer(ANA), hld(2), places(2))
    stage.clock.pass_unseen(TTL_S / 2)

    assert await buy(stage, 3, places(4)) == "SOLD_OUT"
    assert (await counts(stage))["places"] == (4, 2, 0)
    assert await buy(stage, 4, places(2)) == "done"
