"""Which seats make packages: decisions alone."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventhub import refusals
from services.inventory import packages, seating
from services.inventory.holds import TicketType
from tests.inventory.test_seating import houses, ids, row


def test_a_package_leaves_whole_packages_beside_it() -> None:
    """The two seats in the middle are the nearest, but would leave three and three."""
    (group,) = packages.best_groups(row(0, "oooooooo"), [2], 2)
    assert ids(group) in (["0-02", "0-03"], ["0-04", "0-05"])


def test_each_package_sits_in_one_row() -> None:
    first, second = packages.best_groups(row(0, "ooo") + row(1, "oooo") + row(2, "oooo"), [4, 4], 4)

    assert (ids(first), ids(second)) == (
        ["1-00", "1-01", "1-02", "1-03"],
        ["2-00", "2-01", "2-02", "2-03"],
    )


def test_a_table_with_a_gap_is_still_a_table() -> None:
    (group,) = packages.best_groups(row(0, "oo.oo") + row(1, "ooo"), [4], 4)
    assert ids(group) == ["0-00", "0-01", "0-03", "0-04"]


def test_no_row_is_enough() -> None:
    with pytest.raises(refusals.NoSuchSeats):
        packages.best_groups(row(0, "ooo") + row(1, "ooo"), [4], 4)


@given(houses, st.integers(2, 4), st.lists(st.integers(1, 3), min_size=1, max_size=3))
def test_all_that_is_proposed_can_be_held(free: list[seating.FreeSeat], package: int, many: list[int]) -> None:
    kind = TicketType(ticket_type_id="tkt", seated=True, categories=frozenset(), pool_ids=(), package_size=package)
    rows = Counter(("hall", seat.row_index) for seat in free)
    there = packages.in_rows(rows, kind)
    assert there == sum(count // package * package for count in rows.values())
    if package * sum(many) > there:
        with pytest.raises(refusals.NoSuchSeats):
            packages.best_groups(free, [package * each for each in many], package)
        return

    groups = packages.best_groups(free, [package * each for each in many], package)

    chosen = [seat for group in groups for seat in group]
    assert [len(group) for group in groups] == [package * each for each in many]
    assert len(set(chosen)) == len(chosen)
    for group in groups:
        assert all(count % package == 0 for count in Counter(seat.row_index for seat in group).values())
