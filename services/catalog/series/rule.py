"""The days of a series, from a rule in the words of RFC 5545. Pure."""

from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import islice

from dateutil.rrule import rrule, rrulestr

from eventhub.refusals import InvalidRequest
from services.catalog import walltime
from services.kit.language import invalid

NIGHTS_MAX = 366
SPAN = timedelta(days=3 * 366)
# Rules of hours and seconds would give several events a day, and could be searched for ages without finding one.
FREQUENCIES = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
INTERVAL_MAX = 366
# The calendar repeats after this many years.
CYCLE_YEARS = 400
LATE_YEAR = 9_990
PARTS = {"FREQ", "INTERVAL", "COUNT", "UNTIL", "BYDAY", "BYMONTHDAY", "BYMONTH", "BYSETPOS", "BYYEARDAY", "WKST"}
LOCAL, DAY = "%Y-%m-%dT%H:%M", "%Y%m%d"


def nights_of(rule: str, first: str, time_zone: str) -> list[str]:
    """The local times of a rule's nights, in their order. first: the local time of the model, from which the rule
    counts. time_zone: that of the model. Raises InvalidRequest."""
    parts = parts_of(rule)
    begins = datetime.strptime(first, LOCAL)  # noqa: DTZ007 - a wall clock
    # A rule such as the thirtieth of each February is searched until the year 9999. The same days some cycles later lie
    # close to it.
    cycles = (LATE_YEAR - begins.year) // CYCLE_YEARS * CYCLE_YEARS
    late = partial(years_on, years=cycles)
    ends = late(until(parts.pop("UNTIL", ""), begins, time_zone))
    count = count_of(parts.pop("COUNT", ""))
    try:
        found = rrulestr(";".join(f"{name}={value}" for name, value in parts.items()), dtstart=late(begins))
        assert isinstance(found, rrule)
        days = [years_on(night, years=-cycles) for night in islice(found.replace(until=ends), count)]
    except (ValueError, TypeError, OverflowError):
        raise wrong("a recurrence rule of RFC 5545", "uma regra de repetição da RFC 5545") from None
    if not 1 <= len(days) <= NIGHTS_MAX:
        raise wrong(f"a rule of 1 to {NIGHTS_MAX} nights", f"uma regra de 1 a {NIGHTS_MAX} noites")
    return [night.strftime(LOCAL) for night in days]


def years_on(moment: datetime, *, years: int) -> datetime:
    """The same day of the calendar in another year. years: a multiple of 400, so that there is such a day."""
    return moment.replace(year=moment.year + years)


def parts_of(rule: str) -> dict[str, str]:
    """The parts of a rule by name. Raises InvalidRequest."""
    parts = dict(part.split("=", 1) for part in rule.split(";"))
    if len(parts) != rule.count("=") or not parts.keys() <= PARTS:
        raise wrong(f"a rule of {', '.join(sorted(PARTS))}, each once", f"uma regra de {', '.join(sorted(PARTS))}")
    if parts.get("FREQ") not in FREQUENCIES:
        raise wrong(f"a rule with a FREQ of {', '.join(FREQUENCIES)}", f"uma regra com FREQ {', '.join(FREQUENCIES)}")
    interval = parts.get("INTERVAL", "1")
    if not (interval.isdecimal() and 1 <= int(interval) <= INTERVAL_MAX):
        raise wrong(f"an INTERVAL from 1 to {INTERVAL_MAX}", f"um INTERVAL de 1 a {INTERVAL_MAX}")
    if ("COUNT" in parts) == ("UNTIL" in parts):
        raise wrong("a rule with either COUNT or UNTIL", "uma regra com COUNT ou UNTIL")
    return parts


def count_of(text: str) -> int:
    """The number of nights to look at: one more than allowed if the rule has no COUNT. Raises InvalidRequest."""
    if text and not (text.isdecimal() and 1 <= int(text) <= NIGHTS_MAX):
        raise wrong(f"a COUNT from 1 to {NIGHTS_MAX}", f"um COUNT de 1 a {NIGHTS_MAX}")
    return int(text) if text else NIGHTS_MAX + 1


def until(text: str, begins: datetime, time_zone: str) -> datetime:
    """The last local time of a rule: its UNTIL, which may be a day, a local time, or a time in UTC with a Z; at most
    three years from its beginning. Raises InvalidRequest."""
    last = begins + SPAN
    if not text:
        return last
    try:
        if "T" not in text:
            ends = datetime.strptime(text, DAY) + timedelta(days=1, microseconds=-1)  # noqa: DTZ007 - a wall clock
        elif text.endswith("Z"):
            there = datetime.strptime(text, f"{DAY}T%H%M%SZ").replace(tzinfo=UTC)
            ends = there.astimezone(walltime.zone(time_zone)).replace(tzinfo=None)
        else:
            ends = datetime.strptime(text, f"{DAY}T%H%M%S")  # noqa: DTZ007 - a wall clock
    except (ValueError, OverflowError):
        raise wrong("a rule with a valid UNTIL", "uma regra com um UNTIL válido") from None
    if ends > last:
        raise wrong("a rule of at most three years", "uma regra de até três anos")
    return ends


def wrong(english: str, portuguese: str) -> InvalidRequest:
    """The refusal of a rule. english, portuguese: what is allowed."""
    return invalid("rule", "rule", english, portuguese)
