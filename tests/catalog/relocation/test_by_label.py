"""Taken seats find the seats of the same name in another plan."""

from services.catalog.relocation.relocation import Match
from tests.catalog.relocation.halls import find, reasons, seats_of, taken

OLD = seats_of({"A": "VVV", "B": "SSS"})


def test_a_seat_moves_to_the_one_with_its_name() -> None:
    some = taken(OLD, one=["A-1", "B-2"], blocked=["B-3"])

    found = find(some, seats_of({"A": "VVV", "B": "SSS"}, prefix="n"), Match.LABEL)

    assert dict(found.targets) == {"A-1": "nA-1", "B-2": "nB-2", "B-3": "nB-3"}
    assert not found.stuck


def test_names_are_compared_as_people_see_them() -> None:
    some = taken(OLD, one=["A-1"])

    found = find(some, seats_of({"A": "V"}, zone="  Floor ", prefix="n"), Match.LABEL)

    assert dict(found.targets) == {"A-1": "nA-1"}


def test_a_seat_whose_name_is_missing_or_in_another_category_is_stuck() -> None:
    some = taken(OLD, one=["A-1", "A-2", "A-3"], two=["B-1"])

    found = find(some, seats_of({"A": "VS", "C": "S"}), Match.LABEL)

    assert dict(found.targets) == {"A-1": "A-1"}
    assert reasons(found) == {"A-2": "OTHER_CATEGORY", "A-3": "NO_SUCH_LABEL", "B-1": "NO_SUCH_LABEL"}


def test_a_category_may_have_another_name() -> None:
    some = taken(OLD, one=["A-1", "B-1"])
    new = seats_of({"A": "V", "B": "S"}, names={"VIP": "Gold"})

    assert reasons(find(some, new, Match.LABEL)) == {"A-1": "OTHER_CATEGORY"}
    assert not find(some, new, Match.LABEL, categories={"VIP": "Gold"}).stuck


def test_a_given_seat_moves_whatever_else_is_said() -> None:
    some = taken(OLD, one=["A-1", "A-2"], two=["B-1"])
    new = seats_of({"A": "VV", "B": "SS"}, prefix="n")

    found = find(some, new, Match.LABEL, given={"A-1": "nB-1"})

    assert dict(found.targets) == {"A-1": "nB-1", "A-2": "nA-2"}
    assert reasons(found) == {"B-1": "GIVEN_AWAY"}


def test_a_free_seat_that_is_given_keeps_nothing_for_itself() -> None:
    some = taken(OLD, one=["B-1"])

    found = find(some, OLD, Match.LABEL, given={"A-1": "B-1"})

    assert dict(found.targets) == {"B-1": "B-1"}


def test_seats_of_passes_stay_even_if_they_are_given() -> None:
    some = taken(OLD, passes=["A-1", "A-2"])

    assert reasons(find(some, OLD, Match.LABEL, given={"A-1": "A-3"})) == {"A-1": "PASS", "A-2": "PASS"}
    assert reasons(find(some, OLD, Match.CATEGORY, given={"A-1": "A-3"})) == {"A-1": "PASS", "A-2": "PASS"}
