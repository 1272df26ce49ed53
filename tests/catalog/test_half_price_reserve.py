"""The pools that ticket types draw on, and the half-price reserve."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventhub.refusals import HalfPriceLotTooSmall
from services.catalog.events import Admission, Event, TicketKind, TicketType
from services.catalog.half_price_reserve import HOUR_US, ReserveHours, check_reserve, half_price_reserve
from services.catalog.pools import Pool, pools_of
from services.kit.values.config import from_environment

SEATED, GENERAL, ONLINE = Admission.SEATED, Admission.GENERAL, Admission.ONLINE
FULL, VIP = TicketKind.GENERAL, TicketKind.VIP
SEATS = {"Stalls": 60, "Balcony": 40}


def a_type(
    name: str, kind: TicketKind = FULL, own: int = 0, *, of: str = "", price: int = 100, only: tuple[str, ...] = ()
) -> TicketType:
    """A ticket type. own: its capacity. only: its seat categories."""
    return TicketType(
        ticket_type_id=name, name=name, kind=kind, price_minor=price, categories=only, capacity=own, half_of=of
    )


def half(own: int = 0, *, of: str = "a", only: tuple[str, ...] = ()) -> TicketType:
    return a_type("h", TicketKind.HALF_PRICE, own, of=of, price=50, only=only)


def event(admission: Admission, capacity: int, *types: TicketType) -> Event:
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
        types=types,
    )


def test_without_seats_all_types_draw_on_the_places() -> None:
    pools, draws = pools_of(event(GENERAL, 100, a_type("a"), a_type("b")), {})
    assert list(pools) == [Pool("evt.places", "places", 100, 100)]
    assert [draw.pool_ids for draw in draws] == [("evt.places",), ("evt.places",)]


def test_numbered_seats_need_no_pool() -> None:
    pools, draws = pools_of(event(SEATED, 100, a_type("a")), SEATS)
    assert list(pools) == []
    assert draws[0].pool_ids == ()


def test_full_price_is_bounded_by_all_but_the_reserve_until_it_is_released() -> None:
    pools, draws = pools_of(event(SEATED, 101, a_type("a"), half()), {"Stalls": 101})
    assert list(pools) == [Pool("evt.half", "half", 101, 101), Pool("evt.public", "public", 60, 101)]
    assert [draw.pool_ids for draw in draws] == [("evt.public",), ("evt.half",)]


def test_pools_go_from_narrow_to_wide() -> None:
    pools, draws = pools_of(event(ONLINE, 50, a_type("a", own=5), half(2)), {})
    assert [draw.pool_ids for draw in draws] == [
        ("a.lot", "evt.public", "evt.places"),
        ("h.lot", "evt.half", "evt.places"),
    ]
    assert list(pools) == [
        Pool("a.lot", "a", 5, 5),
        Pool("h.lot", "h", 2, 2),
        Pool("evt.half", "half", 50, 50),
        Pool("evt.public", "public", 47, 50),
        Pool("evt.places", "places", 50, 50),
    ]


@pytest.mark.parametrize(
    ("reserve", "offer"),
    [
        (4, event(GENERAL, 10, a_type("a"), half())),
        (0, event(GENERAL, 30, a_type("a", price=0), replace(half(), price_minor=0))),
        (0, event(GENERAL, 100, a_type("a"), a_type("v", VIP))),
        (40, event(GENERAL, 100, a_type("a"), a_type("f", price=0), half())),
        (20, event(GENERAL, 100, a_type("a", own=30), a_type("f", price=0), half(20))),
        (40, event(SEATED, 100, a_type("a"), half())),
        (24, event(SEATED, 100, a_type("a", only=("Stalls",)), a_type("f", price=0), half(only=("Stalls",)))),
        (1, event(GENERAL, 1, a_type("a", price=1), replace(half(), price_minor=0))),
    ],
    ids=[
        "of all places",
        "nothing costs anything",
        "nothing is at half price",
        "a free type beside it may be left over",
        "of what the lots offer",
        "of all seats",
        "of the seats that cost something",
        "half of the smallest price",
    ],
)
def test_the_reserve_is_two_fifths_of_the_places_offered_at_a_price(reserve: int, offer: Event) -> None:
    assert half_price_reserve(offer, SEATS) == reserve
    check_reserve(offer, SEATS)


@pytest.mark.parametrize(
    ("numbers", "offer"),
    [
        ((40, 10), event(GENERAL, 100, a_type("a"), half(10))),
        ((40, 39), event(GENERAL, 100, a_type("a"), half(39))),
        ((41, 40), event(SEATED, 101, a_type("a"), half(only=("Balcony",)))),
    ],
    ids=["a lot of ten", "one too few", "too few seats"],
)
def test_less_at_half_price_than_the_reserve_is_refused_with_the_numbers(
    numbers: tuple[int, int], offer: Event
) -> None:
    with pytest.raises(HalfPriceLotTooSmall) as refused:
        check_reserve(offer, {"Stalls": 61, "Balcony": 40})
    assert (refused.value.reserve, refused.value.offered) == (str(numbers[0]), str(numbers[1]))


def test_several_types_at_half_price_make_up_the_reserve_together() -> None:
    vip = replace(half(10, of="v"), ticket_type_id="hv")
    check_reserve(event(GENERAL, 100, a_type("a"), a_type("v", VIP), half(30), vip), {})
    with pytest.raises(HalfPriceLotTooSmall):
        check_reserve(event(GENERAL, 100, a_type("a"), a_type("v", VIP), half(29), vip), {})


def test_the_reserve_ends_some_hours_before_the_event() -> None:
    hours = ReserveHours(48, 72)
    small, large = event(GENERAL, 10_000, a_type("a")), event(GENERAL, 10_001, a_type("a"))
    assert small.starts_us - hours.until_us(small) == 48 * HOUR_US
    assert large.starts_us - hours.until_us(large) == 72 * HOUR_US


@pytest.mark.parametrize("setting", ["EVENTHUB_RESERVE_HOURS", "EVENTHUB_RESERVE_HOURS_LARGE"])
def test_a_setting_ends_the_reserve_later_and_never_earlier(monkeypatch: pytest.MonkeyPatch, setting: str) -> None:
    monkeypatch.setenv(setting, "24")
    from_environment()
    monkeypatch.setenv(setting, "73")
    with pytest.raises(ValueError, match=setting):
        from_environment()


@given(
    st.sampled_from(list(Admission)),
    st.integers(1, 1_000_000),
    st.lists(st.tuples(st.sampled_from(list(TicketKind)), st.integers(0, 1000)), min_size=1, max_size=50),
)
def test_full_price_and_half_price_share_all_places(
    admission: Admission, capacity: int, kinds: list[tuple[TicketKind, int]]
) -> None:
    types = [a_type(f"t{n}", kind, min(own, capacity)) for n, (kind, own) in enumerate(kinds)]
    pools, draws = pools_of(event(admission, capacity, *types), {"all": capacity})
    by_id = {pool.pool_id: pool for pool in pools}
    assert len(by_id) == len(pools)
    assert {pool_id for draw in draws for pool_id in draw.pool_ids} <= set(by_id)
    assert all(len(draw.pool_ids) <= 3 for draw in draws)
    assert all(pool.capacity <= pool.released for pool in pools)
    if "evt.public" in by_id:
        reserve = capacity - by_id["evt.public"].capacity
        assert 0 < reserve <= -(-capacity * 4 // 10)
        assert by_id["evt.public"].released == by_id["evt.half"].capacity == capacity
