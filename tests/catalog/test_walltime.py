"""Local times and the instants they stand for."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventhub.refusals import InvalidRequest, TimeZoneUnknown
from services.catalog.walltime import instant_us, zone

NEW_YORK = "America/New_York"


def seconds(year: int, month: int, day: int, hour: int, minute: int = 0) -> int:
    return int(datetime(year, month, day, hour, minute, tzinfo=UTC).timestamp()) * 1_000_000


def test_the_zone_decides() -> None:
    assert instant_us("2026-12-24T20:00", "America/Sao_Paulo") == seconds(2026, 12, 24, 23)
    assert instant_us("2026-07-01T09:30", "Asia/Kolkata") == seconds(2026, 7, 1, 4)
    assert instant_us("2028-02-29T00:00", "UTC") == seconds(2028, 2, 29, 0)


def test_of_two_times_it_is_the_first() -> None:
    assert instant_us("2026-11-01T01:30", NEW_YORK) == seconds(2026, 11, 1, 5, 30)


def test_a_time_that_the_clock_skips_does_not_exist() -> None:
    with pytest.raises(TimeZoneUnknown) as refused:
        instant_us("2027-03-14T02:30", NEW_YORK)
    assert refused.value.time_zone == NEW_YORK
    assert instant_us("2027-03-14T03:00", NEW_YORK) == seconds(2027, 3, 14, 7)


@pytest.mark.parametrize("local", ["2026-11-31T20:00", "2027-02-29T20:00", "2026-12-24T24:00", "0000-01-01T00:00"])
def test_a_day_that_no_calendar_has(local: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        instant_us(local, "UTC")
    assert list(refused.value.fields) == ["starts_local"]


@pytest.mark.parametrize("local", ["9999-12-31T23:59", "1970-01-01T00:00"])
def test_too_far_away(local: str) -> None:
    with pytest.raises(InvalidRequest):
        instant_us(local, "America/Sao_Paulo")


@pytest.mark.parametrize(
    "name", ["", "Mars/Olympus", "../etc/passwd", "america/sao_paulo", "localtime", "America", "\0"]
)
def test_no_such_zone(name: str) -> None:
    with pytest.raises(TimeZoneUnknown):
        zone(name)


@given(
    st.datetimes(datetime(1971, 1, 1), datetime(2999, 12, 31)),  # noqa: DTZ001 - a local time has no zone
    st.sampled_from(["America/Sao_Paulo", NEW_YORK, "Europe/Lisbon", "Australia/Lord_Howe", "Asia/Kathmandu"]),
)
def test_there_and_back(wall: datetime, name: str) -> None:
    local = wall.strftime("%Y-%m-%dT%H:%M")
    try:
        instant = instant_us(local, name)
    except TimeZoneUnknown:
        return
    back = datetime.fromtimestamp(instant // 1_000_000, tz=ZoneInfo(name))
    assert back.strftime("%Y-%m-%dT%H:%M") == local
