"""What holds of the public leave to waiting lists."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventhub import refusals
from services.inventory.holds import TicketType, draws
from services.inventory.waiting import priority
from services.inventory.waiting.entries import WaitedFor
from services.inventory.waiting.priority import Stock

FULL = TicketType(ticket_type_id="full", seated=False, categories=frozenset(), pool_ids=("all",))
HALF = TicketType(ticket_type_id="half", seated=False, categories=frozenset(), pool_ids=("half", "all"))
STALLS = TicketType(ticket_type_id="stalls", seated=True, categories=frozenset({"stalls"}), pool_ids=("all",))
ANY_SEAT = TicketType(ticket_type_id="seat", seated=True, categories=frozenset(), pool_ids=())
TYPES = {kind.ticket_type_id: kind for kind in (FULL, HALF, STALLS, ANY_SEAT)}

counts = st.integers(min_value=0, max_value=6)
stocks = st.builds(
    lambda all_, half, stalls, balcony: Stock({"all": all_, "half": half}, {"stalls": stalls, "balcony": balcony}),
    counts,
    counts,
    counts,
    counts,
)
lists = st.dictionaries(st.sampled_from(sorted(TYPES)), st.builds(WaitedFor, st.just(1), st.integers(1, 8)))


@pytest.mark.parametrize(
    ("left", "wished", "waits", "holdable"),
    [
        ({"all": 5, "half": 0}, "full", {"half": 3}, 5),  # the list cannot use the places of the event
        ({"all": 5, "half": 2}, "full", {"half": 3}, 5),  # one may be taken: there are more than the list can use
        ({"all": 2, "half": 2}, "full", {"half": 3}, 0),
        ({"all": 2, "half": 2}, "full", {"half": 1}, 2),  # the list needs one of them
        ({"all": 1, "half": 0}, "half", {"full": 1}, 0),
        ({"all": 5, "half": 5}, "half", {"half": 1}, 0),  # people wait for the type itself
    ],
)
def test_the_public_may_hold_what_no_list_can_use(
    left: dict[str, int], wished: str, waits: dict[str, int], holdable: int
) -> None:
    waiting = {type_id: WaitedFor(1, tickets) for type_id, tickets in waits.items()}

    assert priority.holdable(wished, Stock(left, {}), TYPES, waiting) == holdable


@given(stocks, lists, st.sampled_from(["full", "half"]), st.integers(1, 4))
def test_after_a_hold_that_passes_each_list_can_be_offered_what_it_could_before(
    before: Stock, waiting: dict[str, WaitedFor], wished: str, quantity: int
) -> None:
    taken = Stock(dict(draws({wished: quantity}, TYPES)), {})
    after = before.plus(Stock({pool: -many for pool, many in taken.pools.items()}, {}))
    if min(after.pools.values()) < 0:
        return  # the pools refuse such a hold
    enough = all(
        after.left(TYPES[one]) in (before.left(TYPES[one]), *range(waited.tickets, 10))
        for one, waited in waiting.items()
    )

    if enough:
        priority.check_leaves_enough(wished, after, taken, TYPES, waiting)
    else:
        with pytest.raises(refusals.SoldOut):
            priority.check_leaves_enough(wished, after, taken, TYPES, waiting)


@given(stocks, lists, st.sampled_from(sorted(TYPES)))
def test_a_type_is_holdable_if_one_ticket_can_be_held(stock: Stock, waiting: dict[str, WaitedFor], wished: str) -> None:
    ways = priority.without_one(TYPES[wished], stock)
    passes = [
        way for way in ways if min(way.pools.values()) >= 0 and priority.leaves_enough(stock, way, TYPES, waiting)
    ]
    possible = stock.left(TYPES[wished]) > 0 and wished not in waiting and bool(passes)

    assert bool(priority.holdable(wished, stock, TYPES, waiting)) == possible
