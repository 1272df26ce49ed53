"""SetLots and AddTicketType with lots, with the real inventory: drafts change freely, published events only ahead."""

import asyncio

import pytest

from eventhub import refusals
from eventhub.catalog.v1 import catalog_service_pb2 as pb
from eventhub.common.v1.options_pb2 import ROLE_BOX_OFFICE, ROLE_FINANCE
from eventhub.inventory.v1 import inventory_service_pb2 as inventory
from services.kit.values import failpoints
from tests.catalog.lots import FIRST, LAST, NEXT, USUAL, hold, lot, on_sale, ready, set_lots, shown
from tests.catalog.requests import EVENT, TYPE, an_id, changed, ticket
from tests.stage import Stage, outcome, until


async def test_a_type_with_lots_costs_what_its_first_lot_costs(stage: Stage) -> None:
    world = await ready(stage, *USUAL)
    event = await world.get()

    assert shown(event) == [(FIRST, 4000, 3), (NEXT, 5001, 5), (LAST, 6000, 0)]
    assert shown(event, 1) == [(FIRST, 2000, 3), (NEXT, 2500, 5), (LAST, 3000, 0)]
    assert [one.price.minor for one in event.ticket_types] == [4000, 2000]
    assert await world.type(ticket(lots=USUAL, price=None)) == event, "a repeat"


async def test_lots_of_a_draft_change_freely_and_prices_follow(stage: Stage) -> None:
    world = await ready(stage)

    event = await set_lots(world, *USUAL)
    assert [one.price.minor for one in event.ticket_types] == [4000, 2000]
    assert await set_lots(world, *USUAL) == event, "a repeat changes nothing"
    assert await set_lots(world, *event.ticket_types[0].lots) == event, "lots as they were answered"

    event = await set_lots(world, lot(LAST, 7000))
    assert shown(event) == [(LAST, 7000, 0)]
    assert [one.price.minor for one in event.ticket_types] == [7000, 3500]
    assert shown(await set_lots(world)) == []


async def test_what_is_published_is_sold_lot_after_lot(stage: Stage) -> None:
    world = await on_sale(stage, *USUAL)

    assert await hold(world, 1, 4) == [FIRST] * 3 + [NEXT]
    assert await hold(world, 2, 6, "gst_leo") == [NEXT] * 4 + [LAST] * 2


async def test_later_lots_of_a_published_event_change(stage: Stage) -> None:
    world = await on_sale(stage, *USUAL)
    await hold(world, 1, 4)
    before = await world.get()

    event = await set_lots(world, USUAL[0], lot(NEXT, 5001, 6), lot(LAST, 8000, name="Último lote"))

    assert shown(event) == [(FIRST, 4000, 3), (NEXT, 5001, 6), (LAST, 8000, 0)]
    assert shown(event, 1)[-1] == (LAST, 4000, 0)
    old, new = ([one.version for one in each.ticket_types[0].lots] for each in (before, event))
    assert new[:2] == old[:2]
    assert new[2] == event.version > old[2]
    assert event.ticket_types[0].price == before.ticket_types[0].price
    assert await hold(world, 2, 6, "gst_leo") == [NEXT] * 5 + [LAST]
    assert await world.get() == event
    assert [fact.type.rpartition(".")[2] for fact in await world.facts(2)] == ["EventPublished", "EventChanged"]


async def test_lots_that_have_begun_keep_name_and_price(stage: Stage) -> None:
    world = await on_sale(stage, *USUAL)
    await hold(world, 1, 4)
    before = await world.get()

    for wanted in (
        (lot(FIRST, 4000, 4), *USUAL[1:]),
        (USUAL[0], lot(NEXT, 5002, 5), USUAL[2]),
        (USUAL[0], changed(lot(NEXT, 5001, 5), {"name": "Outro"}), USUAL[2]),
        (*USUAL[1:],),
        (),
    ):
        with pytest.raises(refusals.LotStarted) as refused:
            await set_lots(world, *wanted)
        assert refused.value.facts["lot_id"] in (FIRST, NEXT)
    await hold(world, 2, 3, "gst_leo")
    with pytest.raises(refusals.CapacityBelowSold) as too_small:
        await set_lots(world, USUAL[0], lot(NEXT, 5001, 3), USUAL[2])
    assert too_small.value.facts == {"name": NEXT, "taken": "4", "wanted": "3"}

    assert await world.get() == before


async def test_a_type_on_sale_without_lots_gets_some(stage: Stage) -> None:
    world = await on_sale(stage)
    assert await hold(world, 1, 2) == ["", ""]

    event = await set_lots(world, lot(FIRST, 9000, 1), lot(LAST, 9900))

    assert event.ticket_types[0].price.minor == 5001, "what was held before costs what it cost"
    assert await hold(world, 2, 2, "gst_leo") == [FIRST, LAST]


async def test_a_lot_ends_at_its_time(stage: Stage) -> None:
    world = await on_sale(stage, lot(FIRST, 4000, ends_s=3600), lot(NEXT, 5000, 1, ends_s=7200), lot(LAST, 6000))
    assert await hold(world, 1, 2) == [FIRST, FIRST]

    stage.clock.pass_unseen(3600)
    assert await hold(world, 2, 2, "gst_leo") == [NEXT, LAST]


async def test_only_managers_of_the_organizer_set_lots(stage: Stage) -> None:
    world = await ready(stage)
    request = pb.SetLotsRequest(event_id=EVENT, ticket_type_id=TYPE, lots=USUAL)

    assert await outcome(stage.member("org_rival").catalog.SetLots(request)) == "EVENT_NOT_FOUND"
    for role in (ROLE_BOX_OFFICE, ROLE_FINANCE):
        assert await outcome(stage.member("org_casa", role).catalog.SetLots(request)) == "ACCESS_DENIED"
    assert shown(await world.get()) == []


async def test_an_event_that_is_over_keeps_its_lots(stage: Stage) -> None:
    world = await on_sale(stage, *USUAL)
    stage.clock.pass_unseen(40 * 24 * 3600)
    world.hub = stage.member()

    assert await outcome(set_lots(world, *USUAL[:2], lot(LAST, 6000, 9))) == "EVENT_STATE"


async def test_lots_change_while_the_event_is_unpublished_but_not_in_the_archive(stage: Stage) -> None:
    world = await on_sale(stage, *USUAL)
    await world.unpublish()

    assert shown(await set_lots(world, *USUAL[:2], lot(LAST, 7000)))[-1] == (LAST, 7000, 0)
    await world.archive()
    assert await outcome(set_lots(world, *USUAL)) == "EVENT_STATE"


async def test_limited_lots_leave_the_reserve_to_half_price(stage: Stage) -> None:
    """Of 100 places 60 are for full price at most, so lots of 99 tickets would leave 39 to half price."""
    world = await ready(stage, lot(FIRST, 4000, 50), lot(LAST, 6000, 49))
    with pytest.raises(refusals.HalfPriceLotTooSmall) as refused:
        await world.publish()
    assert refused.value.facts == {"reserve": "40", "offered": "39"}

    await set_lots(world, lot(FIRST, 4000, 50), lot(LAST, 6000, 50))
    await world.publish()
    assert await outcome(set_lots(world, lot(FIRST, 4000, 50), lot(LAST, 6000, 49))) == "HALF_PRICE_LOT_TOO_SMALL"


async def test_sixteen_changes_at_once_leave_one_state_in_both_contexts(stage: Stage) -> None:
    world = await on_sale(stage, *USUAL)

    async def change(n: int) -> str:
        return await outcome(set_lots(world, *USUAL[:2], lot(LAST, 6000 + n, 20 + n), lot(an_id("lot", 4), 9000)))

    answers = await asyncio.gather(*(change(n) for n in range(16)))

    assert set(answers) == {"done"}
    event = await world.get()
    assert event.ticket_types[0].lots[2].price.minor == 6000 + event.ticket_types[0].lots[2].quantity - 20
    await hold(world, 1, 9)
    item = inventory.HoldItem(ticket_type_id=TYPE, quantity=1)
    request = inventory.HoldRequest(hold_id=an_id("hld", 2), event_id=EVENT, items=[item])
    held = (await stage.buyer("gst_leo").inventory.Hold(request)).hold
    assert (held.places[0].lot_id, held.places[0].lot_version) == (LAST, event.ticket_types[0].lots[2].version)


@pytest.mark.parametrize("step", ["begin_change.after", "finish_change.before", "finish_change.after"])
async def test_a_change_whose_call_died_is_completed(stage: Stage, step: str) -> None:
    world = await on_sale(stage, *USUAL)
    failpoints.arm(f"catalog.{step}=raise")
    with pytest.raises(refusals.Internal):
        await set_lots(world, *USUAL[:2], lot(LAST, 7000))
    failpoints.arm("")

    async def completed() -> bool:
        stage.clock.advance(31)
        return not await world.database.read(lambda tx: tx.all("SELECT number FROM event_change"))

    await until(completed)
    world.hub = stage.member()
    assert shown(await world.get())[-1] == (LAST, 7000, 0)
    assert (await hold(world, 1, 9))[-1] == LAST


async def test_a_copy_costs_what_its_first_lot_costs_if_lots_came_after_publishing(stage: Stage) -> None:
    world = await on_sale(stage)
    before = await set_lots(world, *USUAL)
    assert [one.price.minor for one in before.ticket_types] == [5001, 2500], "tickets that are held keep their price"

    copy = await world.copy(an_id("evt", 2))
    series = pb.CreateSeriesRequest(series_id=an_id("ser"), from_event_id=EVENT, rule="FREQ=DAILY;COUNT=2")
    await world.hub.catalog.CreateSeries(series)
    nights = (await world.hub.catalog.GetSeries(pb.GetSeriesRequest(series_id=an_id("ser")))).nights

    assert [[one.price.minor for one in event.ticket_types] for event in (copy, nights[1])] == [[4000, 2000]] * 2
    assert [one.price.minor for one in nights[0].ticket_types] == [5001, 2500], "the event itself stays as it is"


async def test_a_copy_has_the_lots_and_their_ends_move_with_its_start(stage: Stage) -> None:
    world = await on_sale(stage, lot(FIRST, 4000, 3, ends_s=3600), lot(LAST, 6000))
    await set_lots(world, lot(FIRST, 4000, 3, ends_s=7200), lot(LAST, 7000))

    copy = await world.copy(an_id("evt", 2))

    before, later_s = await world.get(), copy.starts_at.seconds - (await world.get()).starts_at.seconds
    first, last = (one.lot_id for one in copy.ticket_types[0].lots)
    assert shown(copy) == [(first, 4000, 3), (last, 7000, 0)]
    assert shown(copy, 1) == [(first, 2000, 3), (last, 3500, 0)]
    assert not {first, last} & {FIRST, LAST}
    old, new = (each.ticket_types[0].lots[0].ends_at.seconds for each in (before, copy))
    assert new - old == later_s
    assert [one.version for one in copy.ticket_types[0].lots] == [1, 1]
