"""What an event sells changes after its sales have opened: in one step, and never below what is held and sold."""

import asyncio

import pytest

from eventhub import refusals
from eventhub.common.v1.options_pb2 import ROLE_BOX_OFFICE
from eventhub.inventory.v1 import inventory_service_pb2 as pb
from eventhub.inventory.v1.inventory_events_pb2 import StockChanged
from eventhub.inventory.v1.inventory_service_pb2_grpc import InventoryMeshStub
from services.kit.values.clock import SECOND_US, to_timestamp
from tests.facts import told
from tests.inventory.world import (
    ANA,
    EVENT,
    HALF,
    ORGANIZER,
    STALLS,
    STANDING,
    TTL_S,
    all_seats,
    available,
    build_theatre,
    counts,
    held,
    hld,
    hold,
    open_sales,
    open_theatre,
    places,
    program,
    rows,
    seats,
)
from tests.stage import Stage, outcome

BALCONY = "tkt_balcony"


def changed(
    stage: Stage, version: int = 1, *, standing: int = 100, half: int = 4, **other: object
) -> pb.ProvisionRequest:
    """The theatre's provision with other content. other: fields by name."""
    request = program(stage, standing=standing, half=half)
    request.MergeFrom(pb.ProvisionRequest(version=version, **other))  # type: ignore[arg-type] # fields by name
    return request


async def provide(stage: Stage, request: pb.ProvisionRequest) -> bool:
    """Calls Provision as catalog does. Returns whether the content is in force."""
    return (await InventoryMeshStub(stage.channel("catalog")).Provision(request)).in_force


async def changes(stage: Stage) -> list[dict[str, tuple[int, int]]]:
    """Capacity and taken places by name, of each announced change that names no hold."""
    facts = await told(stage.platform.contexts[0].database)
    found = [StockChanged.FromString(fact.payload) for fact in facts if fact.type.endswith(".StockChanged")]
    return [
        {stock.name: (stock.capacity, stock.held + stock.sold) for stock in fact.stocks}
        for fact in found
        if not fact.hold_id and fact.stocks[0].name != "seats"
    ]


async def test_capacities_change_up_and_down(stage: Stage) -> None:
    await open_theatre(stage)
    await hold(stage.buyer(ANA), hld(1), places(3))

    assert await provide(stage, changed(stage, 1, standing=120))
    assert await counts(stage) == {"places": (120, 3, 0), "half": (4, 0, 0), "seats": (20, 0, 0)}
    assert await provide(stage, changed(stage, 2, standing=3, half=2))

    assert await counts(stage) == {"places": (3, 3, 0), "half": (2, 0, 0), "seats": (20, 0, 0)}
    assert await outcome(hold(stage.buyer(), hld(2), places(1))) == "SOLD_OUT"
    assert await changes(stage) == [{"places": (120, 3)}, {"places": (3, 3), "half": (2, 0)}]


async def test_below_what_is_held_and_sold_nothing_changes(stage: Stage) -> None:
    orders = await held(stage)
    await orders.LockHold(pb.LockHoldRequest(hold_id=hld(1), buyer_id=ANA, order_id="ord_1"))
    await orders.ConfirmHold(pb.ConfirmHoldRequest(hold_id=hld(1), order_id="ord_1"))
    await hold(stage.buyer("gst_leo"), hld(2), places(2))
    before = await counts(stage)

    for version in (1, 2):
        with pytest.raises(refusals.CapacityBelowSold) as refused:
            await provide(stage, changed(stage, version, standing=4, half=50))
        assert refused.value.facts == {"name": "places", "taken": "5", "wanted": "4"}
        assert await counts(stage) == before

    await stage.buyer("gst_leo").inventory.ReleaseHold(pb.ReleaseHoldRequest(hold_id=hld(2)))
    assert await provide(stage, changed(stage, 3, standing=4))
    assert (await counts(stage))["places"] == (4, 0, 3)


async def test_a_late_repeat_of_a_refused_change_changes_nothing(stage: Stage) -> None:
    await open_theatre(stage)
    await hold(stage.buyer(ANA), hld(1), places(5))
    assert await outcome(provide(stage, changed(stage, 7, standing=4))) == "CAPACITY_BELOW_SOLD"
    await stage.buyer(ANA).inventory.ReleaseHold(pb.ReleaseHoldRequest(hold_id=hld(1)))

    assert not await provide(stage, changed(stage, 6, standing=4))
    assert not await provide(stage, changed(stage, 7, standing=4))

    assert (await counts(stage))["places"] == (100, 0, 0)


async def test_a_new_type_is_sold_and_a_removed_one_no_more(stage: Stage) -> None:
    await open_theatre(stage)
    buyer = stage.buyer(ANA)
    await hold(buyer, hld(1), places(2), places(1, HALF))
    request = changed(stage, 1)
    del request.types[3]
    del request.pools[1]
    request.types.add(ticket_type_id="tkt_new", pool_ids=["evt_theatre.new", "evt_theatre.places"])
    request.pools.insert(0, pb.PoolSpec(pool_id="evt_theatre.new", name="tkt_new", capacity=2))

    await provide(stage, request)

    await hold(buyer, hld(2), places(2, "tkt_new"))
    assert await outcome(hold(buyer, hld(3), places(1, HALF))) == "TICKET_TYPE_NOT_FOUND"
    assert await available(buyer) == {STALLS: 10, BALCONY: 10, STANDING: 95, "tkt_new": 0}
    assert (await hold(buyer, hld(1), places(2), places(1, HALF))).hold.hold_id == hld(1), "a repeat"
    await buyer.inventory.ReleaseHold(pb.ReleaseHoldRequest(hold_id=hld(1)))
    assert (await counts(stage))["places"] == (100, 2, 0)
    assert (await counts(stage))["half"] == (4, 0, 0), "its pool stays as long as holds may have taken from it"


async def test_types_that_draw_on_other_pools_are_counted_again(stage: Stage) -> None:
    orders = await held(stage)
    await hold(stage.buyer("gst_leo"), hld(2), seats("A-06"), places(1))
    await orders.LockHold(pb.LockHoldRequest(hold_id=hld(2), buyer_id="gst_leo", order_id="ord_2"))
    await orders.ConfirmHold(pb.ConfirmHoldRequest(hold_id=hld(2), order_id="ord_2"))
    request = changed(stage, 1)
    del request.pools[1]
    request.pools.insert(0, pb.PoolSpec(pool_id="evt_theatre.stalls", name=STALLS, capacity=2))
    request.types[0].pool_ids.append("evt_theatre.stalls")
    request.types[3].pool_ids[:] = ["evt_theatre.places"]

    await provide(stage, request)

    assert await counts(stage) == {STALLS: (2, 1, 1), "places": (100, 3, 1), "seats": (20, 1, 1)}
    assert await changes(stage) == [{STALLS: (2, 2), "half": (0, 0)}]
    assert await outcome(hold(stage.buyer("gst_leo"), hld(3), seats("A-07"))) == "SOLD_OUT"
    await stage.buyer(ANA).inventory.ReleaseHold(pb.ReleaseHoldRequest(hold_id=hld(1)))
    await orders.ReturnSold(pb.ReturnSoldRequest(hold_id=hld(2), order_id="ord_2"))
    assert await counts(stage) == {STALLS: (2, 1, 0), "places": (100, 1, 0), "seats": (20, 1, 0)}


async def test_a_lot_below_what_its_type_has_sold_is_refused(stage: Stage) -> None:
    await open_theatre(stage)
    await hold(stage.buyer(ANA), hld(1), seats("A-05", "A-06"))
    before = await rows(stage, "SELECT * FROM pool ORDER BY pool_id")
    request = changed(stage, 1, pools=[pb.PoolSpec(pool_id="evt_theatre.stalls", name=STALLS, capacity=1)])
    request.types[0].pool_ids.append("evt_theatre.stalls")

    with pytest.raises(refusals.CapacityBelowSold) as refused:
        await provide(stage, request)

    assert refused.value.facts == {"name": STALLS, "taken": "2", "wanted": "1"}
    assert await rows(stage, "SELECT * FROM pool ORDER BY pool_id") == before


async def test_the_limit_and_the_times_of_an_event_change(stage: Stage) -> None:
    await open_theatre(stage)
    clerk = stage.member(ORGANIZER, ROLE_BOX_OFFICE)
    assert await outcome(hold(stage.buyer(ANA), hld(1), places(11))) == "ORDER_LIMIT"
    now_us = stage.clock.now_us()
    times = {"sales_end_at": now_us + 60 * SECOND_US, "counter_sales_end_at": now_us + 120 * SECOND_US}
    request = changed(stage, 1, tickets_per_order_max=12)
    request.ClearField("sales_end_at")
    request.MergeFrom(pb.ProvisionRequest(**{name: to_timestamp(us) for name, us in times.items()}))  # type: ignore[arg-type] # fields by name

    await provide(stage, request)

    await hold(stage.buyer(ANA), hld(1), places(11))
    stage.clock.pass_unseen(60)
    for other in (stage.buyer(ANA), stage.member("org_other", ROLE_BOX_OFFICE)):
        assert await outcome(hold(other, hld(2), places(1))) == "EVENT_NOT_ON_SALE"
    await hold(clerk, hld(2), places(1))
    stage.clock.pass_unseen(60)
    assert await outcome(hold(clerk, hld(3), places(1))) == "EVENT_NOT_ON_SALE"
    await provide(stage, changed(stage, 2))
    await hold(stage.buyer("gst_leo"), hld(4), places(1))


async def test_the_counter_does_not_close_before_sales_end_for_all(stage: Stage) -> None:
    await open_theatre(stage)
    request = changed(stage, 1, counter_sales_end_at=to_timestamp(stage.clock.now_us() + SECOND_US))

    await provide(stage, request)
    stage.clock.pass_unseen(2)

    await hold(stage.member(ORGANIZER, ROLE_BOX_OFFICE), hld(1), places(1))


async def test_of_sixteen_changes_at_once_the_newest_is_in_force(stage: Stage) -> None:
    await open_theatre(stage)

    answers = await asyncio.gather(*(provide(stage, changed(stage, n, standing=100 + n)) for n in range(1, 17)))

    assert answers[-1]
    assert (await counts(stage))["places"] == (116, 0, 0)
    assert await rows(stage, "SELECT version FROM event_sale") == [(16,)]


async def test_another_organizer_changes_nothing(stage: Stage) -> None:
    await open_theatre(stage)
    request = changed(stage, 1, standing=7, organizer_id="org_rival")

    assert await outcome(provide(stage, request)) == "EVENT_NOT_FOUND"
    assert (await counts(stage))["places"] == (100, 0, 0)


async def test_a_hold_knows_when_it_was_taken(stage: Stage) -> None:
    await open_theatre(stage)
    taken = (await hold(stage.buyer(ANA), hld(1), places(1))).hold
    stage.clock.pass_unseen(TTL_S / 2)

    again = (await hold(stage.buyer(ANA), hld(1), places(1))).hold

    assert again == taken
    assert again.expires_at.seconds - again.held_at.seconds == TTL_S


async def counted(stage: Stage) -> dict[str, tuple[int, int]]:
    """Held and sold of each pool, counted from the holds by the draws of their types."""
    draws = await rows(stage, "SELECT ticket_type_id, pool_id FROM type_pool")
    pools = {name: (0, 0) for (name,) in await rows(stage, "SELECT name FROM pool")}
    names: dict[str, str] = dict(await rows(stage, "SELECT pool_id, name FROM pool"))
    for state, places_json in await rows(
        stage, "SELECT state, places FROM hold WHERE state IN ('HELD', 'LOCKED', 'SOLD')"
    ):
        for type_id in [part.split('"')[0] for part in places_json.split('["')[1:]]:
            for pool_id in [pool_id for owner, pool_id in draws if owner == type_id]:
                was_held, was_sold = pools[names[pool_id]]
                sold = state == "SOLD"
                pools[names[pool_id]] = (was_held + (not sold), was_sold + sold)
    return pools


@pytest.mark.parametrize("n", range(3))
async def test_holds_that_come_and_go_beside_changes_are_counted_exactly(stage: Stage, n: int) -> None:
    """Types draw on one pool and on another in turn, while holds are taken, bought, given back and released."""
    await build_theatre(stage)
    orders = await open_sales(stage)
    clubs = changed(stage), changed(stage)
    clubs[1].pools.insert(0, pb.PoolSpec(pool_id="evt_theatre.lot", name=STANDING, capacity=60))
    clubs[1].types[2].pool_ids.insert(0, "evt_theatre.lot")
    clubs[1].types[3].pool_ids[:] = ["evt_theatre.places"]

    async def buy(number: int) -> None:
        buyer, order_id, hold_id = f"gst_{number}", f"ord_{number}", hld(number)
        wish = [places(2), places(1, HALF)] if number % 8 < 4 and number % 3 == 0 else [places(3)]
        if await outcome(hold(stage.buyer(buyer), hold_id, *wish)) != "done":
            return
        if number % 4 == 1:
            await stage.buyer(buyer).inventory.ReleaseHold(pb.ReleaseHoldRequest(hold_id=hold_id))
        if number % 4 >= 2:
            await orders.LockHold(pb.LockHoldRequest(hold_id=hold_id, buyer_id=buyer, order_id=order_id))
            await orders.ConfirmHold(pb.ConfirmHoldRequest(hold_id=hold_id, order_id=order_id))
        if number % 4 == 3:
            await orders.ReturnSold(pb.ReturnSoldRequest(hold_id=hold_id, order_id=order_id))

    async def change(version: int) -> bool:
        request = pb.ProvisionRequest()
        request.CopyFrom(clubs[(version + n) % 2])
        request.version = version
        return await provide(stage, request)

    work = [work for number in range(1, 25) for work in (buy(number), *([change(number)] if number % 3 == n else []))]
    await asyncio.gather(*work)

    now = await counts(stage)
    del now["seats"]
    assert {name: taken for name, (_, *taken) in now.items()} == {
        name: list(taken) for name, taken in (await counted(stage)).items()
    }


async def test_seats_that_came_before_sales_opened_stay(stage: Stage) -> None:
    await open_theatre(stage)

    await provide(stage, changed(stage, 1, standing=50))

    with pytest.raises(refusals.EventState):
        await InventoryMeshStub(stage.channel("catalog")).ProvisionSeats(all_seats())
    await hold(stage.buyer(ANA), hld(1), seats("A-05"))
    assert (await counts(stage))["seats"] == (20, 1, 0)
    assert await rows(stage, f"SELECT revision FROM event_sale WHERE event_id = '{EVENT}'") == [(1,)]
