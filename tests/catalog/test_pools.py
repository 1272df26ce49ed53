"""Which counts of places ticket types draw on."""

from hypothesis import given
from hypothesis import strategies as st

from services.catalog.events import GENERAL, HALF_PRICE, ONLINE, SEATED, Event, TicketType
from services.catalog.pools import Pool, pools_of

FULL = 1


def event(admission: int, capacity: int, *types: tuple[str, int, int]) -> Event:
    """types: id, kind, own capacity."""
    return Event(
        event_id="evt",
        organizer_id="org",
        title="Elza",
        description="",
        kind=3,
        admission=admission,
        venue=None,
        plan_id="",
        starts_local="2026-12-24T20:00",
        time_zone="UTC",
        starts_us=1,
        ends_us=2,
        capacity=capacity,
        currency="BRL",
        tickets_per_order_max=10,
        online_url="",
        series_id="",
        types=tuple(TicketType(name, name, kind, 100, (), own, "") for name, kind, own in types),
    )


def test_without_seats_everybody_draws_on_the_places() -> None:
    pools, draws = pools_of(event(GENERAL, 100, ("a", FULL, 0), ("b", FULL, 0)))
    assert list(pools) == [Pool("evt.places", "places", 100)]
    assert [draw.pool_ids for draw in draws] == [("evt.places",), ("evt.places",)]


def test_numbered_seats_need_no_pool() -> None:
    pools, draws = pools_of(event(SEATED, 100, ("a", FULL, 0)))
    assert list(pools) == []
    assert draws[0].pool_ids == ()


def test_half_price_draws_on_the_legal_reserve() -> None:
    pools, draws = pools_of(event(SEATED, 101, ("a", FULL, 0), ("h", HALF_PRICE, 0)))
    assert list(pools) == [Pool("evt.half", "half", 41), Pool("evt.public", "public", 60)]
    assert [draw.pool_ids for draw in draws] == [("evt.public",), ("evt.half",)]


def test_pools_go_from_narrow_to_wide() -> None:
    pools, draws = pools_of(event(ONLINE, 50, ("a", FULL, 5), ("h", HALF_PRICE, 2)))
    assert [draw.pool_ids for draw in draws] == [
        ("a.lot", "evt.public", "evt.places"),
        ("h.lot", "evt.half", "evt.places"),
    ]
    assert {pool.pool_id: (pool.name, pool.capacity) for pool in pools} == {
        "a.lot": ("a", 5),
        "h.lot": ("h", 2),
        "evt.half": ("half", 20),
        "evt.public": ("public", 30),
        "evt.places": ("places", 50),
    }


@given(
    st.sampled_from([SEATED, GENERAL, ONLINE]),
    st.integers(1, 1_000_000),
    st.lists(st.tuples(st.sampled_from([FULL, 2, HALF_PRICE, 4]), st.integers(0, 1000)), min_size=1, max_size=50),
)
def test_the_two_sides_share_the_house(admission: int, capacity: int, kinds: list[tuple[int, int]]) -> None:
    pools, draws = pools_of(event(admission, capacity, *((f"t{n}", kind, own) for n, (kind, own) in enumerate(kinds))))
    counts = {pool.pool_id: pool.capacity for pool in pools}
    assert len(counts) == len(pools)
    assert {pool_id for draw in draws for pool_id in draw.pool_ids} <= set(counts)
    assert all(len(draw.pool_ids) <= 3 for draw in draws)
    if "evt.half" in counts:
        assert counts["evt.half"] + counts["evt.public"] == capacity
        assert counts["evt.half"] * 10 >= capacity * 4 > (counts["evt.half"] - 1) * 10
