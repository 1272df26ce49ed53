"""Lots as functions: how tickets are split over them, how turns end, and what an organizer may change."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventhub.refusals import CapacityBelowSold, LotStarted, SoldOut
from services.inventory import lots
from services.inventory.holds import Place, PlaceLot, TicketType
from services.inventory.lots import Lot, Lots, LotSpec, Part

FULL, HALF = "tkt_full", "tkt_half"
TYPES = {
    type_id: TicketType(
        ticket_type_id=type_id, seated=False, categories=frozenset(), pool_ids=("places",), lots_of=FULL
    )
    for type_id in (FULL, HALF)
}


def spec(lot_id: str, quantity: int, *, ends_us: int = 0, unlimited: bool = False, version: int = 1) -> LotSpec:
    return LotSpec(
        ticket_type_id=FULL,
        lot_id=lot_id,
        version=version,
        quantity=quantity,
        unlimited=unlimited,
        ends_us=ends_us,
    )


def fresh(*specs: LotSpec) -> Lots:
    return tuple(lots.fresh(one) for one in specs)


def counts(several: Lots) -> list[tuple[int, int, bool]]:
    """Capacity, taken tickets and whether its turn is over, of each lot."""
    return [(lot.capacity, lot.held + lot.sold, lot.closed) for lot in several]


def split(parts: list[Part]) -> list[tuple[str, int]]:
    return [(part.spec.lot_id, part.quantity) for part in parts]


def test_a_wish_is_split_at_the_turn() -> None:
    before = fresh(spec("a", 5), spec("b", 10))
    after, parts = lots.give(before, 3, 0)
    assert split(parts) == [("a", 3)]

    after, parts = lots.give(after, 4, 0)

    assert split(parts) == [("a", 2), ("b", 2)]
    assert counts(after) == [(5, 5, True), (10, 2, False)]


def test_a_wish_may_span_several_turns() -> None:
    after, parts = lots.give(fresh(spec("a", 1), spec("b", 2), spec("c", 9)), 5, 0)

    assert split(parts) == [("a", 1), ("b", 2), ("c", 2)]
    assert [lot.closed for lot in after] == [True, True, False]


def test_the_last_lot_stays_open_when_it_is_empty() -> None:
    after, parts = lots.give(fresh(spec("a", 2)), 3, 0)

    assert split(parts) == [("a", 2)]
    assert counts(after) == [(2, 2, False)]
    assert lots.moved(after, {"a": 1}, held=-1, sold=0, now_us=0)[0].left == 1


def test_at_its_time_a_lot_leaves_the_rest_to_the_next() -> None:
    before, _ = lots.give(fresh(spec("a", 5, ends_us=9), spec("b", 10)), 2, 8)

    assert counts(before) == [(5, 2, False), (10, 0, False)]
    assert counts(lots.turned(before, 9)) == [(2, 2, True), (13, 0, False)]


def test_tickets_given_back_to_a_closed_lot_go_to_the_open_one() -> None:
    before, _ = lots.give(fresh(spec("a", 5), spec("b", 5), spec("c", 5)), 11, 0)

    after = lots.moved(before, {"a": 2, "b": 1}, held=-1, sold=0, now_us=0)

    assert counts(after) == [(3, 3, True), (4, 4, True), (8, 1, False)]


def test_an_unlimited_lot_passes_on_only_what_came_to_it() -> None:
    before, _ = lots.give(fresh(spec("a", 5), spec("b", 100, unlimited=True, ends_us=9), spec("c", 5)), 6, 0)
    back = lots.moved(before, {"a": 2}, held=-1, sold=0, now_us=0)
    assert counts(back) == [(3, 3, True), (102, 1, False), (5, 0, False)]

    assert counts(lots.turned(back, 9)) == [(3, 3, True), (100, 1, True), (7, 0, False)]


def test_full_and_half_price_share_the_lots_in_the_order_of_the_wish() -> None:
    known = {FULL: fresh(spec("a", 3), spec("b", 10))}

    after, parts = lots.taken(known, [(HALF, 2), (FULL, 2)], TYPES, now_us=0)

    assert {type_id: split(several) for type_id, several in parts.items()} == {
        HALF: [("a", 2)],
        FULL: [("a", 1), ("b", 1)],
    }
    assert counts(after[FULL]) == [(3, 3, True), (10, 1, False)]
    with pytest.raises(SoldOut) as refused:
        lots.taken(after, [(FULL, 4), (HALF, 6)], TYPES, now_us=0)
    assert refused.value.facts == {"ticket_type_id": HALF, "available": "5"}


def test_what_is_foreseen_beyond_the_last_lot_counts_to_it() -> None:
    known = {FULL: fresh(spec("a", 1), spec("b", 1))}

    parts = lots.foreseen(known, [("tkt_other", 1), (HALF, 4)], TYPES, now_us=0)

    assert {type_id: split(several) for type_id, several in parts.items()} == {HALF: [("a", 1), ("b", 3)]}


def test_the_first_places_of_a_type_come_from_its_first_lot() -> None:
    places = [Place(FULL, "s1", "1"), Place("tkt_other", "s2", "2"), Place(FULL, "s3", "3")]

    given_lots = lots.with_lots(places, {FULL: [Part(spec("a", 1, version=4), 1), Part(spec("b", 1), 1)]})

    assert [(place.seat_id, place.lot) for place in given_lots] == [
        ("s1", PlaceLot("a", 4)),
        ("s2", None),
        ("s3", PlaceLot("b", 1)),
    ]


def begun() -> Lots:
    """The first lot is sold out, six of ten are taken of the second, the third has not begun."""
    return lots.give(fresh(spec("a", 5), spec("b", 10), spec("c", 5)), 11, 0)[0]


def test_later_lots_change_and_the_current_one_may_grow() -> None:
    wanted = [spec("a", 5), spec("b", 12, ends_us=50), spec("d", 7, version=2), spec("c", 6, version=2)]

    after = lots.changed(begun(), wanted, now_us=1)

    assert counts(after) == [(5, 5, True), (12, 6, False), (7, 0, False), (6, 0, False)]
    assert [lot.spec for lot in after] == wanted


BEGUN = {
    "the closed lot is gone": [spec("b", 10), spec("c", 5)],
    "the closed lot grows": [spec("a", 6), spec("b", 10)],
    "the closed lot gets an end": [spec("a", 5, ends_us=99), spec("b", 10)],
    "the closed lot has no limit": [spec("a", 5, unlimited=True), spec("b", 10)],
    "the current lot has another price": [spec("a", 5), spec("b", 10, version=2)],
    "the current lot is gone": [spec("a", 5), spec("c", 5)],
    "the current lot is later": [spec("a", 5), spec("c", 5), spec("b", 10)],
    "nothing is left": [],
}


@pytest.mark.parametrize("case", BEGUN)
def test_lots_that_have_begun_stay(case: str) -> None:
    with pytest.raises(LotStarted):
        lots.changed(begun(), BEGUN[case], now_us=1)


def test_a_lot_keeps_what_is_taken_of_it_and_closes_without_more() -> None:
    with pytest.raises(CapacityBelowSold) as refused:
        lots.changed(begun(), [spec("a", 5), spec("b", 5), spec("c", 5)], now_us=1)
    assert refused.value.facts == {"name": "b", "taken": "6", "wanted": "5"}

    after = lots.changed(begun(), [spec("a", 5), spec("b", 6), spec("c", 5)], now_us=1)
    assert counts(after) == [(5, 5, True), (6, 6, True), (5, 0, False)]


def test_a_lot_whose_time_is_over_has_made_room_for_the_next_before_a_change() -> None:
    known = fresh(spec("a", 5, ends_us=9), spec("b", 10), spec("c", 1))

    with pytest.raises(LotStarted):
        lots.changed(known, [spec("a", 5, ends_us=9), spec("b", 10, version=2)], now_us=9)
    assert counts(lots.changed(known, [spec("a", 5, ends_us=9), spec("b", 20)], now_us=9)) == [
        (0, 0, True),
        (25, 0, False),
    ]


def test_a_type_gets_its_first_lots() -> None:
    assert counts(lots.changed((), [spec("a", 5), spec("b", 6)], now_us=1)) == [(5, 0, False), (6, 0, False)]
    assert lots.changed((), [], now_us=1) == ()


QUANTITIES = st.lists(st.integers(1, 8), min_size=1, max_size=5)
STEPS = st.lists(st.tuples(st.sampled_from(["give", "back", "sell", "wait"]), st.integers(1, 9)), max_size=40)


@given(quantities=QUANTITIES, ends=st.lists(st.integers(1, 12), min_size=5, max_size=5), steps=STEPS)
def test_no_ticket_is_lost_and_no_turn_comes_back(
    quantities: list[int], ends: list[int], steps: list[tuple[str, int]]
) -> None:
    """All lots together keep their capacity, turns go one way, and a split is as cheap as the turns allow."""
    specs = [spec(f"lot{n}", quantity, ends_us=12 * n + ends[n]) for n, quantity in enumerate(quantities)]
    specs[-1] = spec(specs[-1].lot_id, specs[-1].quantity)
    now_us, several, held = 0, fresh(*specs), list[str]()
    for kind, number in steps:
        closed = [lot.closed for lot in several]
        before = several
        if kind == "wait":
            now_us += number
            several = lots.turned(several, now_us)
        elif kind == "give":
            open_left = sum(lot.left for lot in lots.turned(before, now_us))
            several, parts = lots.give(several, number, now_us)
            assert sum(part.quantity for part in parts) == min(number, open_left)
            assert [part.spec.lot_id for part in parts] == sorted({part.spec.lot_id for part in parts})
            held += [part.spec.lot_id for part in parts for _ in range(part.quantity)]
        elif held:
            lot_id = held.pop(number % len(held))
            several = lots.moved(several, {lot_id: 1}, held=-1, sold=kind == "sell", now_us=now_us)
        assert sum(lot.capacity for lot in several) == sum(quantities)
        assert all(lot.left == 0 for lot in several if lot.closed)
        assert all(was <= lot.closed for was, lot in zip(closed, several, strict=True))
        assert not several[-1].closed
        assert [lot.closed for lot in several] == sorted((lot.closed for lot in several), reverse=True)
        assert sum(lot.held for lot in several) == len(held)
        assert min(lot.left for lot in several) >= 0


def test_a_lot_counts_what_is_left() -> None:
    assert Lot(spec=spec("a", 9), capacity=9, held=2, sold=3).left == 4
