"""FindBestSeats for several groups, and in parts of the hall."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventhub import refusals
from services.inventory import seating
from tests.inventory.halls import BOXES, HALL, open_hall, propose
from tests.inventory.test_seating import houses, ids, row
from tests.inventory.world import hld, hold, seats
from tests.stage import Stage


def test_each_group_sits_together() -> None:
    house = row(0, "oooooo") + row(1, "oooooo")

    first, second = seating.best_groups(house, [2, 4])

    assert ids(second) in (["0-00", "0-01", "0-02", "0-03"], ["0-02", "0-03", "0-04", "0-05"])
    assert seating.side_by_side(first)
    assert not set(first) & set(second)


def test_groups_share_rows_if_they_fit_in_no_other_way() -> None:
    # The nearest pair for the first group would leave no two seats together for the others.
    groups = seating.best_groups(row(0, "oooooo"), [2, 2, 2])

    assert sorted(seat for group in groups for seat in ids(group)) == [f"0-{n:02d}" for n in range(6)]
    assert all(seating.side_by_side(group) for group in groups)


def test_a_group_that_fits_nowhere_is_divided_and_the_others_are_not() -> None:
    divided, whole = seating.best_groups(row(0, "ooo") + row(1, "ooo"), [4, 2])

    assert len(divided) == 4
    assert seating.side_by_side(whole)


@given(houses, st.lists(st.integers(1, 5), min_size=1, max_size=5))
def test_groups_have_their_sizes_and_no_seat_in_common(free: list[seating.FreeSeat], sizes: list[int]) -> None:
    if sum(sizes) > len(free):
        with pytest.raises(refusals.NoSuchSeats) as refused:
            seating.best_groups(free, sizes)
        assert refused.value.available == str(len(free))
        return

    groups = seating.best_groups(free, sizes)

    chosen = [seat for group in groups for seat in group]
    assert [len(group) for group in groups] == sizes
    assert len(set(chosen)) == len(chosen)
    assert set(chosen) <= set(free)


@given(houses, st.integers(1, 6))
def test_one_group_gets_the_best_seats(free: list[seating.FreeSeat], size: int) -> None:
    if size <= len(free):
        (group,) = seating.best_groups(free, [size])
        best = seating.best(free, size)
        assert seating.side_by_side(group) == seating.side_by_side(best)
        assert not seating.side_by_side(best) or group == best


async def test_several_groups_can_be_held_at_once(stage: Stage) -> None:
    await open_hall(stage, "oooooo", "oooooo")

    first, second = await propose(stage.anyone(), groups=[3, 3])
    await hold(stage.buyer(), hld(1), seats(*first, *second, ticket_type_id=HALL))

    assert await propose(stage.anyone(), groups=[6]) == [[f"1-{n:02d}" for n in range(6)]]
    with pytest.raises(refusals.NoSuchSeats):
        await propose(stage.anyone(), groups=[3, 4])


async def test_a_proposal_keeps_to_zones_and_categories(stage: Stage) -> None:
    await open_hall(stage, "oooo", "oooo", "xxoo")
    anyone = stage.anyone()

    assert await propose(anyone, 4, zones=["Zone 1", "Zone 2"]) == [["1-00", "1-01", "1-02", "1-03"]]
    assert await propose(anyone, 2, zones=["Zone 2"]) == [["2-02", "2-03"]]
    assert await propose(anyone, 2, BOXES, categories=["box"]) == [["2-00", "2-01"]]
    for zones, categories in (["Zone 9"], []), ([], ["box"]), ([], ["balcony"]):
        with pytest.raises(refusals.NoSuchSeats) as refused:
            await propose(anyone, 1, zones=zones, categories=categories)
        assert refused.value.available == "0"
