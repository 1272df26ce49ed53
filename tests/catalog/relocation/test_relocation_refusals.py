"""Relocations that are refused change nothing."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from eventhub.catalog.v1 import catalog_service_pb2 as pb
from eventhub.common.v1.options_pb2 import ROLE_VIEWER
from eventhub.refusals import HalfPriceLotTooSmall, InvalidRequest, TicketTypeTooLarge
from services.kit.values import failpoints
from tests.catalog.relocation.halls import hall
from tests.catalog.relocation.world import ARENA, ARENA_PLAN, VIP, Relocations, categories, draft, empty, on_sale
from tests.catalog.requests import EVENT, SEATING, STARTS_S, TYPE, VENUE, an_id, file_of, general, online, ticket
from tests.stage import Stage, outcome

Wish = dict[str, Any]


async def check_refused(moves: Relocations, reason: str, **target: Any) -> None:
    """Fails unless a relocation and its preview are refused for a reason, and nothing has changed."""
    before = await moves.world.get()
    told, sent = await moves.world.changes(), list(moves.inventory.requests)

    assert await outcome(moves.preview(**target)) == reason
    assert await outcome(moves.relocate(**target)) == reason

    assert await moves.world.get() == before
    assert (await moves.world.changes(), moves.inventory.requests) == (told, sent)
    assert await outcome(moves.find()) == "RELOCATION_NOT_FOUND"


def twice(*pairs: tuple[str, str]) -> list[pb.SeatMove]:
    return [pb.SeatMove(from_seat_id=old, to_seat_id=new) for old, new in pairs]


def named(*pairs: tuple[str, str]) -> list[pb.CategoryMove]:
    return [pb.CategoryMove(from_category=old, to_category=new) for old, new in pairs]


INVALID: dict[str, tuple[Wish, str]] = {
    "no plan": ({"plan_id": ""}, "target.plan_id"),
    "a seat with two targets": ({"seats": twice(("B-1", "nB-1"), ("B-1", "nB-2"))}, "target.seats"),
    "two seats to one target": ({"seats": twice(("B-1", "nB-1"), ("B-2", "nB-1"))}, "target.seats"),
    "a seat that is not in the plan": ({"seats": twice(("B-99", "nB-1"))}, "target.seats"),
    "a target that is not in the new plan": ({"seats": twice(("B-1", "B-1"))}, "target.seats"),
    "a category twice": ({"categories": named(("VIP", "VIP"), ("VIP", "Stalls"))}, "target.categories"),
    "a category that is not in the plan": ({"categories": named(("Balcony", "VIP"))}, "target.categories"),
    "a new category that is not in the new plan": ({"categories": named(("VIP", "Gold"))}, "target.categories"),
}


@pytest.mark.parametrize(("wish", "field"), INVALID.values(), ids=INVALID)
async def test_targets_that_make_no_sense_are_refused(stage: Stage, wish: Wish, field: str) -> None:
    moves = await on_sale(stage)
    for call in (moves.preview(**wish), moves.relocate(**wish)):
        with pytest.raises(InvalidRequest) as refused:
            await call
        assert list(refused.value.fields) == [field]

    await check_refused(moves, "INVALID_REQUEST", **wish)


async def test_a_ticket_type_without_a_category_in_the_new_plan(stage: Stage) -> None:
    moves = await on_sale(stage)
    plan_id = an_id("pln", 3)
    await moves.world.plan(file_of(hall({"A": "SSSSSS"})), plan_id, ARENA)

    await check_refused(moves, "INVALID_REQUEST", plan_id=plan_id)


@pytest.mark.parametrize(
    ("wish", "reason"),
    [
        ({"event_id": "evt_unknown"}, "EVENT_NOT_FOUND"),
        ({"venue_id": "ven_unknown"}, "VENUE_NOT_FOUND"),
        ({"plan_id": "pln_unknown"}, "PLAN_NOT_FOUND"),
        ({"plan_id": SEATING}, "PLAN_NOT_FOUND"),
        ({"venue_id": VENUE}, "PLAN_NOT_FOUND"),
    ],
)
async def test_things_that_are_not_there(stage: Stage, wish: Wish, reason: str) -> None:
    await check_refused(await on_sale(stage), reason, **wish)


async def test_another_organizer_and_a_viewer_move_nothing(stage: Stage) -> None:
    moves = await on_sale(stage)
    own, before = moves.world.hub, await moves.world.get()
    for hub, reason in (
        (stage.member("org_other"), "EVENT_NOT_FOUND"),
        (stage.member(role=ROLE_VIEWER), "ACCESS_DENIED"),
    ):
        moves.world.hub = hub
        assert await outcome(moves.preview()) == reason
        assert await outcome(moves.relocate()) == reason
    moves.world.hub = own
    assert await moves.world.get() == before


async def test_a_venue_in_another_time_zone(stage: Stage) -> None:
    moves = await on_sale(stage)
    far, plan_id = an_id("ven", 3), an_id("pln", 3)
    await moves.world.venue(far, time_zone="America/Manaus")
    await moves.world.plan(file_of(hall({"A": "VS"})), plan_id, far)

    await check_refused(moves, "INVALID_REQUEST", venue_id=far, plan_id=plan_id)


async def test_events_without_numbered_seats_have_no_plan_and_online_ones_no_venue(stage: Stage) -> None:
    moves = await empty(stage)
    await moves.world.event(general())
    wishes: list[Wish] = [
        {},
        {"plan_id": "", "seats": twice(("a", "b"))},
        {"plan_id": "", "categories": named(("a", "b"))},
    ]
    for wish in wishes:
        await check_refused(moves, "INVALID_REQUEST", **wish)
    await moves.world.drop()
    await moves.world.event(online())
    await check_refused(moves, "INVALID_REQUEST", plan_id="")


async def archived(moves: Relocations) -> None:
    await moves.world.unpublish()
    await moves.world.archive()


async def begun(moves: Relocations) -> None:
    moves.world.stage.clock.advance(STARTS_S - moves.world.stage.clock.now_us() // 1_000_000)
    moves.world.hub = moves.world.stage.member()


@pytest.mark.parametrize(("happens", "reason"), [(archived, "EVENT_STATE"), (begun, "EVENT_IN_PAST")])
async def test_an_event_that_is_archived_or_has_begun_stays(
    stage: Stage, happens: Callable[[Relocations], Awaitable[None]], reason: str
) -> None:
    moves = await on_sale(stage)
    await happens(moves)

    await check_refused(moves, reason)


async def test_an_event_that_is_being_published_stays(stage: Stage) -> None:
    moves = await draft(stage)
    failpoints.arm("catalog.publish.before=raise")
    assert await outcome(moves.world.publish()) == "INTERNAL"
    failpoints.arm("")

    await check_refused(moves, "EVENT_STATE")


async def test_types_fit_into_the_new_plan(stage: Stage) -> None:
    moves = await draft(stage)
    await moves.world.resize(6, TYPE)
    with pytest.raises(TicketTypeTooLarge) as refused:
        await moves.relocate()
    assert refused.value.limit == "5"
    await check_refused(moves, "TICKET_TYPE_TOO_LARGE")
    await moves.world.resize(0, TYPE)
    await moves.world.resize(4, an_id("tkt", 3))
    await moves.world.publish()

    with pytest.raises(HalfPriceLotTooSmall):
        await moves.relocate()


async def test_categories_follow_the_types_of_the_event(stage: Stage) -> None:
    moves = await on_sale(stage)
    await moves.world.type(ticket(an_id("tkt", 5), seat_categories=["VIP", "Stalls"]))

    await moves.relocate(categories=named(("VIP", "Stalls")))
    await moves.ended()

    event = await moves.world.get()
    assert (event.plan_id, event.event_id) == (ARENA_PLAN, EVENT)
    found = categories(event)
    assert found[VIP] == found[an_id("tkt", 5)] == ["Stalls"]
