"""FindBestSeats for passes: seats that are free in all nights, and can be held."""

import pytest

from eventhub.client import EventHub
from eventhub.inventory.v1 import inventory_pb2 as nouns
from eventhub.inventory.v1 import inventory_service_pb2 as pb
from eventhub.refusals import NoSuchSeats
from tests.inventory.halls import propose
from tests.inventory.lists import proven
from tests.inventory.nights import (
    FRIDAY,
    PASS,
    SATURDAY,
    SEAT_PASS,
    SERIES,
    hold,
    open_halls,
    open_series,
    seat_passes,
    seated,
    single_seats,
)
from tests.inventory.test_history import chooser
from tests.inventory.test_pass_seats import block
from tests.inventory.world import ANA, hld
from tests.stage import Stage, outcome

REFUSE = nouns.ORPHAN_RULE_REFUSE


async def best(client: EventHub, quantity: int = 0, **wish: object) -> list[list[str]]:
    """The proposed seats of each group."""
    return await propose(client, quantity, SEAT_PASS, event_id=SERIES, **wish)


async def test_the_best_seats_are_free_in_all_nights(stage: Stage) -> None:
    await open_halls(stage, "oooooo", "oooooo")
    anyone = stage.anyone()
    assert await best(anyone, 2) == [["0-02", "0-03"]]

    await hold(stage.buyer(), hld(1), FRIDAY, single_seats(FRIDAY, "0-02"))
    await block(stage, SATURDAY, "0-05", "1-02")

    assert await best(anyone, 2) == [["0-03", "0-04"]]
    assert await best(anyone, 4) == [["1-01", "1-03", "1-04", "1-05"]]
    assert await best(anyone, groups=[3, 2]) == [["1-03", "1-04", "1-05"], ["0-03", "0-04"]]
    assert await best(anyone, 2, zones=["Zone 1"]) == [["1-00", "1-01"]]
    await hold(stage.buyer(ANA), hld(2), SERIES, seat_passes("0-03", "0-04"))
    assert await best(anyone, 2) == [["0-00", "0-01"]]


async def test_nothing_is_proposed_if_no_night_has_the_same_seat_free(stage: Stage) -> None:
    await open_halls(stage, "oooo")
    await block(stage, FRIDAY, "0-00", "0-01")
    await block(stage, SATURDAY, "0-02")

    with pytest.raises(NoSuchSeats) as refused:
        await best(stage.anyone(), 2)

    assert refused.value.available == "1"
    assert await best(stage.anyone(), 1) == [["0-03"]]


async def test_only_seats_that_every_night_sells_for_the_pass_are_proposed(stage: Stage) -> None:
    await open_halls(stage, "xxoo")

    assert await best(stage.anyone(), 2) == [["0-02", "0-03"]]
    with pytest.raises(NoSuchSeats):
        await best(stage.anyone(), 1, categories=["box"])


async def test_accessible_seats_and_companions_are_proposed_for_passes(stage: Stage) -> None:
    await open_halls(stage, "Wcoo", "Wcoo")
    await block(stage, SATURDAY, "0-00")
    wheelchair = pb.AccessibleSeats(kind=nouns.ACCESSIBILITY_WHEELCHAIR, quantity=1, with_companion=True)

    groups = await best(stage.anyone(), 3, accessible=[wheelchair])

    assert groups == [["1-00", "1-01", "1-02"]]
    assert await best(stage.anyone(), 2) == [["0-02", "0-03"]]


async def test_nothing_is_proposed_while_people_wait_for_a_night(stage: Stage) -> None:
    await open_series(stage)
    await hold(stage.buyer("gst_rui"), hld(1), FRIDAY, single_seats(FRIDAY, "A-01", "A-02"))
    wish = pb.JoinWaitingListRequest(
        entry_id=f"wai_{0:026d}", event_id=FRIDAY, ticket_type_id=seated(FRIDAY), quantity=1
    )
    await proven(stage, "gst_eva").inventory.JoinWaitingList(wish)

    with pytest.raises(NoSuchSeats):
        await best(stage.anyone(), 1)


async def test_passes_without_seats_have_no_best_ones(stage: Stage) -> None:
    await open_series(stage)

    assert await outcome(propose(stage.anyone(), 1, PASS, event_id=SERIES)) == "SEAT_NOT_ALLOWED"
    assert await outcome(propose(stage.anyone(), 1, seated(FRIDAY), event_id=SERIES)) == "TICKET_TYPE_NOT_FOUND"


async def test_a_proposal_leaves_none_alone_in_a_night_that_refuses_it(stage: Stage) -> None:
    """The seats in the middle are the nearest, and on Friday seat 0-00 would be alone beside them."""
    await open_halls(stage, "oooooo", "oooooo", friday=REFUSE)
    await block(stage, SATURDAY, "0-00", "0-05")

    assert await best(stage.anyone(), 4) == [["1-00", "1-01", "1-02", "1-03"]]
    assert await best(stage.anyone(), 4, zones=["Zone 0"]) == [["0-01", "0-02", "0-03", "0-04"]]
    assert await best(stage.anyone(), groups=[1, 3]) == [["1-00"], ["1-01", "1-02", "1-03"]]


@pytest.mark.parametrize("seed", range(4))
async def test_each_proposal_can_be_held(stage: Stage, seed: int) -> None:
    choose = chooser(f"passes:{seed}")
    await open_halls(stage, "ooooooooo", "oooooo", "ooWoooxo", "ooooo", friday=REFUSE, saturday=REFUSE)
    seat_ids = [f"{row}-{n:02d}" for row, many in enumerate((9, 6, 8, 5)) for n in range(many)]
    for night in (FRIDAY, SATURDAY):
        await block(stage, night, *{seat_ids[choose(len(seat_ids))] for _ in range(3 + choose(6))})

    for n in range(100):
        (proposed,) = await best(stage.anyone(), 1 + choose(3)) if n < 8 else await best(stage.anyone(), 1)
        await hold(stage.buyer(f"gst_{n}"), hld(n), SERIES, seat_passes(*proposed))
        if await outcome(best(stage.anyone(), 3)) == "NO_SUCH_SEATS":
            break
    else:
        pytest.fail("the hall never fills")
