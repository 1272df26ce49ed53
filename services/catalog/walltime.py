"""Converts local times of a time zone to instants. Pure."""

from datetime import UTC, datetime, timedelta
from functools import cache
from importlib import resources
from zoneinfo import ZoneInfo

from eventhub.refusals import InvalidRequest, TimeZoneUnknown
from services.kit.language import invalid

SECOND_US = 1_000_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FIRST_YEAR, LAST_YEAR = 1971, 9000


@cache
def zone_names() -> frozenset[str]:
    """The names of all IANA time zones, from the tzdata package: the machine's own folder also holds other files."""
    return frozenset(resources.files("tzdata").joinpath("zones").read_text().split())


def zone(name: str) -> ZoneInfo:
    """A time zone by its IANA name. Raises TimeZoneUnknown."""
    if name not in zone_names():
        raise TimeZoneUnknown(time_zone=name)
    return ZoneInfo(name)


def instant_us(local: str, time_zone: str) -> int:
    """The instant of a local time such as "2026-12-01T20:00", in microseconds since 1970. If clocks go back and show
    that time twice, the first of the two. Raises TimeZoneUnknown if clocks go forward and skip it, InvalidRequest if
    the calendar has no such day or the year is out of range."""
    tz = zone(time_zone)
    try:
        wall = datetime.strptime(local, "%Y-%m-%dT%H:%M").replace(tzinfo=tz)
    except ValueError:
        raise invalid_time("a day and a time that exist", "um dia e um horário que existem") from None
    if not FIRST_YEAR <= wall.year <= LAST_YEAR:
        raise invalid_time(f"between {FIRST_YEAR} and {LAST_YEAR}", f"entre {FIRST_YEAR} e {LAST_YEAR}")
    seconds = (wall - EPOCH) // timedelta(seconds=1)
    if datetime.fromtimestamp(seconds, tz=tz).replace(tzinfo=None) != wall.replace(tzinfo=None):
        raise TimeZoneUnknown(f"The clocks of {time_zone} never show {local}.", time_zone=time_zone)
    return seconds * SECOND_US


def invalid_time(english: str, portuguese: str) -> InvalidRequest:
    """The refusal of starts_local. english, portuguese: the times that are allowed."""
    return invalid("starts_local", "time", english, portuguese)
