"""InventoryMesh as orders calls it: a hold is sold, or its places are free again."""

import pytest

from eventhub import refusals
from eventhub.inventory.v1 import inventory_pb2 as nouns
from eventhub.inventory.v1 import inventory_service_pb2 as pb
from eventhub.inventory.v1.inventory_service_pb2_grpc import InventoryMeshStub
from services.inventory.holds import GIVEN_UP_MAX
from tests.inventory.world import (
    ANA,
    EMPTY,
    HELD,
    OPEN,
    TTL_S,
    confirm,
    counts,
    describe,
    give_back,
    held,
    hld,
    hold,
    lock,
    places,
    seats,
    state,
    unlock,
)
from tests.stage import Stage


async def test_only_callers_that_the_contract_names_may_call(stage: Stage) -> None:
    await held(stage)

    with pytest.raises(refusals.AccessDenied):
        await InventoryMeshStub(stage.channel("catalog")).LockHold(lock())
    with pytest.raises(refusals.AccessDenied):
        await InventoryMeshStub(stage.channel("orders")).OpenSales(OPEN)


async def test_a_hold_is_sold_step_by_step(stage: Stage) -> None:
    orders = await held(stage)

    assert (await orders.DescribeHold(describe())).hold.state == nouns.HOLD_STATE_HELD
    for _ in range(2):
        locked = (await orders.LockHold(lock())).hold
        assert locked.state == nouns.HOLD_STATE_LOCKED
        assert await counts(stage) == {"places": (100, 3, 0), "half": (4, 1, 0), "seats": (20, 1, 0)}
    for _ in range(2):
        sold = (await orders.ConfirmHold(confirm())).hold
        assert sold.state == nouns.HOLD_STATE_SOLD
        assert await counts(stage) == {"places": (100, 0, 3), "half": (4, 0, 1), "seats": (20, 0, 1)}
    assert [place.seat_label for place in sold.places] == ["Stalls A-5", "", "", ""]
    assert (await orders.LockHold(lock())).hold.state == nouns.HOLD_STATE_SOLD


async def test_a_locked_hold_does_not_lapse(stage: Stage) -> None:
    orders = await held(stage)
    await orders.LockHold(lock())
    stage.clock.advance(2 * TTL_S)

    with pytest.raises(refusals.SeatTaken):
        await hold(stage.buyer("gst_leo"), hld(2), seats("A-05"))

    assert (await orders.ConfirmHold(confirm())).hold.state == nouns.HOLD_STATE_SOLD


@pytest.mark.parametrize("locked", [False, True])
async def test_an_order_that_gives_up_leaves_the_hold_to_its_owner(stage: Stage, locked: bool) -> None:
    orders = await held(stage)
    if locked:
        await orders.LockHold(lock())

    for _ in range(2):
        await orders.UnlockHold(unlock())
        assert await state(stage) == "HELD"

    with pytest.raises(refusals.HoldExpired):
        await orders.LockHold(lock())
    with pytest.raises(refusals.HoldExpired):
        await orders.ConfirmHold(confirm())
    assert (await orders.DescribeHold(describe())).hold.state == nouns.HOLD_STATE_HELD
    assert await counts(stage) == HELD


async def test_after_one_order_has_given_up_another_is_sold_the_hold(stage: Stage) -> None:
    orders = await held(stage)
    await orders.LockHold(lock())
    await orders.UnlockHold(unlock())

    await orders.LockHold(lock("ord_2"))
    await orders.UnlockHold(unlock())
    assert await state(stage) == "LOCKED"
    assert (await orders.ConfirmHold(confirm("ord_2"))).hold.state == nouns.HOLD_STATE_SOLD

    await orders.UnlockHold(unlock())
    await orders.ReturnSold(give_back())
    assert await state(stage) == "SOLD"
    assert await counts(stage) == {"places": (100, 0, 3), "half": (4, 0, 1), "seats": (20, 0, 1)}


async def test_a_hold_given_up_has_the_end_it_had(stage: Stage) -> None:
    orders = await held(stage)
    await orders.LockHold(lock())
    stage.clock.pass_unseen(TTL_S - 1e-6)
    given_up = (await orders.UnlockHold(unlock())).hold
    assert given_up == (await orders.DescribeHold(describe())).hold == (await orders.UnlockHold(unlock())).hold
    assert given_up.state == nouns.HOLD_STATE_HELD

    stage.clock.pass_unseen(1e-6)

    with pytest.raises(refusals.HoldExpired):
        await orders.LockHold(lock("ord_2"))
    await hold(stage.buyer("gst_leo"), hld(2), seats("A-05"), places(2))
    assert await state(stage) == "LAPSED"


@pytest.mark.parametrize("sold", [False, True])
async def test_a_hold_given_up_after_its_time_is_free_at_once(stage: Stage, sold: bool) -> None:
    orders = await held(stage)
    await orders.LockHold(lock())
    if sold:
        await orders.ConfirmHold(confirm())
    stage.clock.pass_unseen(TTL_S)

    given_up = await (orders.ReturnSold(give_back()) if sold else orders.UnlockHold(unlock()))

    assert given_up.hold.state == nouns.HOLD_STATE_LAPSED
    assert await state(stage) == "LAPSED"
    assert await counts(stage) == EMPTY


async def test_a_hold_is_tried_with_ten_orders_and_no_more(stage: Stage) -> None:
    orders = await held(stage)
    for n in range(GIVEN_UP_MAX):
        assert await state(stage) == "HELD"
        await orders.LockHold(lock(f"ord_{n}"))
        await orders.UnlockHold(unlock(f"ord_{n}"))

    assert await state(stage) == "RELEASED"
    assert await counts(stage) == EMPTY
    with pytest.raises(refusals.HoldExpired):
        await orders.DescribeHold(describe())
    with pytest.raises(refusals.HoldExpired):
        await orders.LockHold(lock("ord_99"))


async def test_places_sold_to_an_order_that_was_never_paid_are_held_again(stage: Stage) -> None:
    orders = await held(stage)
    await orders.LockHold(lock())
    await orders.ConfirmHold(confirm())
    with pytest.raises(refusals.HoldInUse):
        await orders.UnlockHold(unlock())

    for _ in range(2):
        assert (await orders.ReturnSold(give_back())).hold.state == nouns.HOLD_STATE_HELD
        assert await counts(stage) == HELD

    assert await state(stage) == "HELD"
    with pytest.raises(refusals.SeatTaken):
        await hold(stage.buyer("gst_leo"), hld(2), seats("A-05"))
    with pytest.raises(refusals.HoldExpired):
        await orders.ConfirmHold(confirm())


async def test_returning_a_hold_that_is_not_sold_changes_nothing(stage: Stage) -> None:
    orders = await held(stage)
    await orders.LockHold(lock())

    await orders.ReturnSold(give_back())

    assert await state(stage) == "LOCKED"


async def test_another_order_has_no_hand_in_it(stage: Stage) -> None:
    orders = await held(stage)
    await orders.LockHold(lock())
    other = "ord_2"

    with pytest.raises(refusals.HoldInUse):
        await orders.LockHold(lock(other))
    await orders.UnlockHold(unlock(other))
    with pytest.raises(refusals.HoldExpired):
        await orders.ConfirmHold(confirm(other))
    with pytest.raises(refusals.HoldNotFound):
        await orders.ReturnSold(give_back("ord_3"))
    assert await state(stage) == "LOCKED"

    await orders.ConfirmHold(confirm())
    await orders.UnlockHold(unlock(other))
    await orders.ReturnSold(give_back(other))
    with pytest.raises(refusals.HoldNotFound):
        await orders.ReturnSold(give_back("ord_3"))
    assert await state(stage) == "SOLD"


async def test_a_hold_that_is_not_there_or_not_theirs(stage: Stage) -> None:
    orders = await held(stage)

    for call in (
        orders.DescribeHold(describe(9)),
        orders.DescribeHold(describe(buyer_id="gst_leo")),
        orders.LockHold(lock(n=9)),
        orders.LockHold(lock(buyer_id="gst_leo")),
        orders.ConfirmHold(confirm(n=9)),
        orders.ReturnSold(give_back(n=9)),
        orders.ReturnSold(give_back()),
    ):
        with pytest.raises(refusals.HoldNotFound):
            await call
    assert await state(stage) == "HELD"


async def test_time_runs_out_to_the_microsecond(stage: Stage) -> None:
    orders = await held(stage)
    await hold(stage.buyer(ANA), hld(2), places(1))
    stage.clock.pass_unseen(TTL_S - 1e-6)
    await orders.LockHold(lock())
    stage.clock.pass_unseen(1e-6)

    with pytest.raises(refusals.HoldExpired):
        await orders.DescribeHold(describe(2))
    with pytest.raises(refusals.HoldExpired):
        await orders.LockHold(lock(n=2))


async def test_its_owner_cannot_release_a_hold_that_an_order_has(stage: Stage) -> None:
    orders = await held(stage)
    ana = stage.buyer(ANA)
    await orders.LockHold(lock())

    with pytest.raises(refusals.HoldInUse):
        await ana.inventory.ReleaseHold(pb.ReleaseHoldRequest(hold_id=hld(1)))
    await orders.ConfirmHold(confirm())
    with pytest.raises(refusals.HoldInUse):
        await ana.inventory.ReleaseHold(pb.ReleaseHoldRequest(hold_id=hld(1)))

    assert await state(stage) == "SOLD"
