"""The state of one watch of a seat map: what its next message tells."""

import pytest

from eventhub.inventory.v1 import inventory_pb2 as nouns
from services.inventory.seat_watch import SeatWatch, UnpositionedChanges


def test_changes_in_the_snapshot_are_not_told_again() -> None:
    def changed(*versions: tuple[str, int]) -> list[nouns.SeatChange]:
        return [nouns.SeatChange(seat_id=seat_id, version=version) for seat_id, version in versions]

    ahead = UnpositionedChanges(changed(("A-01", 2), ("A-01", 3), ("A-02", 5)))

    assert ahead.unseen(changed(("A-01", 2), ("A-03", 9))) == changed(("A-03", 9))
    assert ahead.versions == {"A-01": 3, "A-02": 5}
    assert ahead.unseen(changed(("A-01", 3), ("A-02", 6))) == changed(("A-02", 6))
    assert ahead.versions == {}


def test_the_last_part_waits_for_the_changes_that_the_snapshot_includes() -> None:
    def changed(seat_id: str, version: int) -> nouns.SeatChange:
        return nouns.SeatChange(seat_id=seat_id, version=version)

    watch = SeatWatch[str, nouns.SeatChange](["A-01", "A-02"], UnpositionedChanges([changed("A-01", 2)]))
    assert (watch.has_revision, watch.next_message()) == (False, None)

    watch.add([changed("A-02", 3)])
    assert watch.next_message() is None
    watch.add([changed("A-01", 2)])

    assert watch.has_revision
    assert watch.next_message() == (["A-01", "A-02"], [changed("A-02", 3)])
    assert watch.next_message() is None


@pytest.mark.parametrize(("last_part", "message"), [([], ((), [])), (None, None)])
def test_an_empty_map_is_told_and_a_resumed_watch_begins_with_changes(
    last_part: list[str] | None, message: tuple[tuple[()], list[object]] | None
) -> None:
    watch = SeatWatch[str, nouns.SeatChange](last_part)

    assert watch.next_message() == message
