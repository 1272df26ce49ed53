"""Taken seats find any others of the same category in another plan."""

from services.catalog.relocation.relocation import Match
from tests.catalog.relocation.halls import find, reasons, seats_of, taken

# The stage is at the top, in the middle.
OLD = seats_of({"A": "SSSSSSSSSS", "B": "SSSSSSSSSS", "C": "SSSSSSSSSS"}, prefix="o")


def test_the_best_seats_move_to_the_best_ones() -> None:
    some = taken(OLD, far=["oC-1"], near=["oA-5"], middle=["oB-5"])

    found = find(some, seats_of({"A": "SSSS"}), Match.CATEGORY)

    assert dict(found.targets) == {"oA-5": "A-4", "oB-5": "A-3", "oC-1": "A-2"}


def test_the_seats_of_a_hold_stay_side_by_side_in_their_order() -> None:
    some = taken(OLD, one=["oA-1", "oA-2", "oA-3"], two=["oC-7", "oC-8"])

    found = find(some, seats_of({"A": "SS SS", "B": "SSSSSS"}), Match.CATEGORY)

    assert dict(found.targets) == {"oA-1": "B-4", "oA-2": "B-5", "oA-3": "B-6", "oC-7": "A-4", "oC-8": "A-5"}


def test_a_hold_without_room_side_by_side_is_in_few_rows() -> None:
    some = taken(OLD, one=["oA-1", "oA-2", "oA-3", "oA-4"])

    in_one = find(some, seats_of({"A": "SS", "B": "SS S SS", "C": "SSS"}), Match.CATEGORY)
    in_two = find(some, seats_of({"A": "S", "B": "S", "C": "SSS"}), Match.CATEGORY)

    assert sorted(in_one.targets.values()) == ["B-1", "B-2", "B-6", "B-7"]
    assert {"C-1", "C-2", "C-3"} < set(in_two.targets.values())
    assert not in_one.stuck
    assert not in_two.stuck


def test_an_aisle_divides_a_row() -> None:
    some = taken(OLD, one=["oA-1", "oA-2", "oA-3"])

    found = find(some, seats_of({"A": "SSSS  SS", "B": "SSS"}), Match.CATEGORY)

    assert set(found.targets.values()) in ({"A-1", "A-2", "A-3"}, {"A-2", "A-3", "A-4"})


def test_blocked_seats_come_after_all_others() -> None:
    some = taken(OLD, blocked=["oA-5"], one=["oC-1"])

    found = find(some, seats_of({"A": "S"}), Match.CATEGORY)

    assert dict(found.targets) == {"oC-1": "A-1"}
    assert reasons(found) == {"oA-5": "CATEGORY_FULL"}


def test_a_category_without_room_or_of_another_name() -> None:
    old = seats_of({"A": "VVSS"}, prefix="o")
    some = taken(old, one=["oA-1", "oA-2"], two=["oA-3"])
    new = seats_of({"A": "V", "B": "S"}, names={"VIP": "Gold"})

    assert reasons(find(some, new, Match.CATEGORY)) == {"oA-1": "CATEGORY_FULL", "oA-2": "CATEGORY_FULL"}
    found = find(some, new, Match.CATEGORY, categories={"VIP": "Gold"})
    assert dict(found.targets) == {"oA-1": "A-1", "oA-3": "B-1"}
    assert reasons(found) == {"oA-2": "CATEGORY_FULL"}


def test_no_other_seat_moves_to_a_given_one() -> None:
    some = taken(OLD, one=["oA-5"], two=["oC-1"])

    found = find(some, seats_of({"A": "SS"}), Match.CATEGORY, given={"oC-1": "A-2"})

    assert dict(found.targets) == {"oA-5": "A-1", "oC-1": "A-2"}


def test_ordinary_seats_leave_accessible_ones_and_their_companions_free() -> None:
    some = taken(OLD, one=["oA-5", "oA-6"])

    found = find(some, seats_of({"A": "wcS"}), Match.CATEGORY)

    assert dict(found.targets) == {"oA-5": "A-3"}
    assert reasons(found) == {"oA-6": "CATEGORY_FULL"}
    given = find(some, seats_of({"A": "wcS"}), Match.CATEGORY, given={"oA-6": "A-2"})
    assert dict(given.targets) == {"oA-5": "A-3", "oA-6": "A-2"}


def test_an_accessible_seat_moves_to_one_of_its_kind_with_its_companion() -> None:
    old = seats_of({"A": "wcSmS"}, prefix="o")
    some = taken(old, one=["oA-1", "oA-2", "oA-3"], two=["oA-4"])

    found = find(some, seats_of({"A": "wSm", "B": "S", "C": "Swc"}), Match.CATEGORY)

    assert dict(found.targets) == {"oA-1": "C-2", "oA-2": "C-3", "oA-3": "A-2", "oA-4": "A-3"}


def test_an_accessible_seat_without_one_of_its_kind_or_room_for_its_companion_is_stuck() -> None:
    old = seats_of({"A": "wcmS"}, prefix="o")
    some = taken(old, one=["oA-1", "oA-2"], two=["oA-3"])

    found = find(some, seats_of({"A": "wSSSSS"}), Match.CATEGORY)

    assert not found.targets
    assert reasons(found) == {"oA-1": "NOT_ACCESSIBLE", "oA-2": "NOT_ACCESSIBLE", "oA-3": "NOT_ACCESSIBLE"}


def test_those_with_companions_choose_before_those_without() -> None:
    old = seats_of({"A": "wSwc"}, prefix="o")
    some = taken(old, alone=["oA-1"], two=["oA-3", "oA-4"])

    found = find(some, seats_of({"A": "wc", "B": "w"}), Match.CATEGORY)

    assert dict(found.targets) == {"oA-1": "B-1", "oA-3": "A-1", "oA-4": "A-2"}


def test_a_companion_follows_an_accessible_seat_that_moves_to_a_given_one() -> None:
    old = seats_of({"A": "wcS"}, prefix="o")
    some = taken(old, one=["oA-1", "oA-2"])
    new = seats_of({"A": "wc", "B": "wc"})

    found = find(some, new, Match.CATEGORY, given={"oA-1": "B-1"})

    assert dict(found.targets) == {"oA-1": "B-1", "oA-2": "B-2"}
    assert reasons(find(some, seats_of({"A": "wc", "B": "S"}), Match.CATEGORY, given={"oA-1": "B-1"})) == {
        "oA-2": "NOT_ACCESSIBLE"
    }


def test_a_companion_alone_moves_beside_a_free_accessible_seat() -> None:
    old = seats_of({"A": "wcS", "B": "wcS"}, prefix="o")
    some = taken(old, one=["oA-1"], two=["oB-2"])

    found = find(some, seats_of({"A": "wc", "B": "wc"}), Match.CATEGORY)

    assert dict(found.targets) == {"oA-1": "A-1", "oB-2": "B-2"}


def test_the_companion_of_another_hold_stays_beside_its_accessible_seat() -> None:
    old = seats_of({"A": "wc"}, prefix="o")
    some = taken(old, one=["oA-1"], two=["oA-2"])

    found = find(some, seats_of({"A": "w", "B": "wc"}), Match.CATEGORY)

    assert dict(found.targets) == {"oA-1": "B-1", "oA-2": "B-2"}
