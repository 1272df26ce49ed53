"""What the clock on the wall shows, as an instant."""

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
    """Every IANA time zone. The package's list, not the machine's: that one has files of its own among them."""
    return frozenset(resources.files("tzdata").joinpath("zones").read_text().split())


def zone(name: str) -> ZoneInfo:
    """A time zone by its IANA name. Raises TimeZoneUnknown."""
    if name not in zone_names():
        raise TimeZoneUnknown(time_zone=name)
    return ZoneInfo(name)


def instant_us(local: str, time_zone: str) -> int:
    """The instant of a wall clock time in microseconds since 1970; the first of two where the clock is set back. Raises
    TimeZoneUnknown where the zone skips that time, InvalidRequest where the calendar has no such day."""
    there = zone(time_zone)
    try:
        wall = datetime.strptime(local, "%Y-%m-%dT%H:%M").replace(tzinfo=there)
    except ValueError:
        raise no_time("a day and a time that there are", "um dia e um horário que existem") from None
    if not FIRST_YEAR <= wall.year <= LAST_YEAR:
        raise no_time(f"between {FIRST_YEAR} and {LAST_YEAR}", f"entre {FIRST_YEAR} e {LAST_YEAR}")
    seconds = (wall - EPOCH) // timedelta(seconds=1)
    if datetime.fromtimestamp(seconds, tz=there).replace(tzinfo=None) != wall.replace(tzinfo=None):
        raise TimeZoneUnknown(f"The clocks of {time_zone} never show {local}.", time_zone=time_zone)
    return seconds * SECOND_US


def no_time(english: str, portuguese: str) -> InvalidRequest:
    """The refusal of a local time."""
    return invalid("starts_local", "time", english, portuguese)
