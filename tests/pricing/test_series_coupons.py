"""Coupons of series apply to all nights, by the names of their ticket types."""

import asyncio
from typing import Any

import pytest

from eventhub.pricing.v1 import pricing_service_pb2 as pb
from eventhub.refusals import CouponUnknown, InvalidRequest
from tests.pricing.world import EVENT, World, open_world, quoted, show, wish
from tests.stage import Stage, outcome, until

SERIES, NIGHT, ALONE = "ser_musical", "evt_night", "evt_alone"


async def open_season(stage: Stage) -> World:
    """Two nights of a series, with ticket types of the same names, and an event that is no night."""
    world = await open_world(stage)
    for event_id in (EVENT, NIGHT, ALONE):
        event = show(event_id)
        event.series_id = SERIES if event_id != ALONE else ""
        if event_id == NIGHT:
            for ticket_type in event.ticket_types:
                ticket_type.ticket_type_id += "_night"
        world.catalog.events[event_id] = event
    return world


def of_series(world: World, code: str = "SEASON", **terms: Any) -> pb.CreateCouponRequest:
    request = world.coupon_request(code, **terms)
    request.series_id = SERIES
    return request


async def total(world: World, event_id: str, code: str = "SEASON", **quantities: int) -> int:
    quote = await quoted(world.stage.buyer(), wish(code, event_id, **quantities))
    return quote.total.minor


async def test_a_coupon_applies_to_all_nights_by_type_name(stage: Stage) -> None:
    world = await open_season(stage)

    answer = await world.member().pricing.CreateCoupon(of_series(world, ticket_type_names=["STALLS"]))

    assert (answer.coupon.series_id, answer.coupon.event_id) == (SERIES, "")
    assert list(answer.coupon.ticket_type_names) == ["STALLS"]
    assert await total(world, EVENT, stalls=1, vip=1) == 4500 + 12005
    assert await total(world, NIGHT, stalls_night=1, vip_night=1) == 4500 + 12005
    with pytest.raises(CouponUnknown):
        await total(world, ALONE, stalls=1)
    assert await outcome(total(world, EVENT, vip=1)) == "COUPON_NOT_APPLICABLE"


async def test_without_names_all_full_price_types_are_cheaper(stage: Stage) -> None:
    world = await open_season(stage)
    await world.member().pricing.CreateCoupon(of_series(world))

    assert await total(world, NIGHT, stalls_night=1, vip_night=1, half_night=1) == 4500 + 10804 + 2500


async def test_a_nights_own_coupon_counts_there(stage: Stage) -> None:
    world = await open_season(stage)
    await world.member().pricing.CreateCoupon(of_series(world))
    await world.coupon("SEASON", basis_points=5000)

    assert await total(world, EVENT, stalls=1) == 2500
    assert await total(world, NIGHT, stalls_night=1) == 4500


async def test_uses_are_counted_over_all_nights(stage: Stage) -> None:
    world = await open_season(stage)
    coupon = (await world.member().pricing.CreateCoupon(of_series(world, uses_max=1))).coupon

    reserved = [outcome(world.reserve(coupon, f"ord_{n}")) for n in range(16)]

    assert sorted(await asyncio.gather(*reserved)) == [*["COUPON_EXHAUSTED"] * 15, "done"]
    assert await outcome(total(world, NIGHT, stalls_night=1)) == "COUPON_EXHAUSTED"


async def test_a_series_coupon_is_safe_to_repeat_and_is_listed(stage: Stage) -> None:
    world = await open_season(stage)
    member, request = world.member().pricing, of_series(world)
    made = await asyncio.gather(*(member.CreateCoupon(request) for _ in range(16)))
    assert all(answer == made[0] for answer in made)

    listed = await member.ListCoupons(pb.ListCouponsRequest(series_id=SERIES))

    assert list(listed.coupons) == [made[0].coupon]
    assert not (await member.ListCoupons(pb.ListCouponsRequest(event_id=EVENT))).coupons
    assert await outcome(member.CreateCoupon(of_series(world))) == "COUPON_CODE_IN_USE"
    assert await outcome(member.ListCoupons(pb.ListCouponsRequest(series_id="ser_none"))) == "SERIES_NOT_FOUND"


async def test_only_own_series_and_known_names(stage: Stage) -> None:
    world = await open_season(stage)
    rival = world.member("org_other").pricing
    assert await outcome(rival.CreateCoupon(of_series(world))) == "SERIES_NOT_FOUND"
    wrong = {
        "ticket_type_names": of_series(world, ticket_type_names=["Balcony"]),
        "ticket_type_ids": of_series(world, ticket_type_ids=["tkt_stalls"]),
    }
    for field, request in wrong.items():
        with pytest.raises(InvalidRequest) as refused:
            await world.member().pricing.CreateCoupon(request)
        assert list(refused.value.fields) == [field]
    with pytest.raises(InvalidRequest) as refused:
        await world.coupon(ticket_type_names=["Stalls"])
    assert list(refused.value.fields) == ["ticket_type_names"]
    assert await world.rows("SELECT 1 FROM coupon") == []


async def test_guesses_at_all_nights_count_together(stage: Stage) -> None:
    await open_season(stage)
    buyer = stage.buyer()
    for n in range(5):
        assert await outcome(quoted(buyer, wish(f"GUESS{n}", EVENT, stalls=1))) == "COUPON_UNKNOWN"
        assert await outcome(quoted(buyer, wish(f"OTHER{n}", NIGHT, stalls_night=1))) == "COUPON_UNKNOWN"

    late = asyncio.create_task(outcome(quoted(buyer, wish("LAST", NIGHT, stalls_night=1))))

    async def waited() -> bool:
        stage.clock.advance(0.5)
        return late.done()

    await until(waited)
    assert await late == "TOO_MANY_REQUESTS"
