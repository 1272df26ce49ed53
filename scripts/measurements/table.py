"""The measurements by name."""

from collections.abc import Callable
from dataclasses import dataclass

from scripts.measurements import (
    checkin,
    hold,
    hot,
    memory,
    overload,
    purchase,
    quote,
    replicas,
    search,
    smoke,
    stream,
    watch,
)
from scripts.measurements.figures import Figures
from scripts.measurements.rounds import Plan, Prepare


def as_measured(found: Figures) -> Figures:
    """Returns figures under the names they were measured by."""
    return found


@dataclass(frozen=True, slots=True)
class Measurement:
    """prepare: see rounds.Session; its docstring explains the figures. told: the load, in one line. plan: its size
    unless the command line gives another. shown: the figures that are printed."""

    prepare: Prepare
    told: str
    plan: Plan
    shown: Callable[[Figures], Figures] = as_measured


MEASUREMENTS = {
    "smoke": Measurement(
        smoke.prepare,
        "start, memory at rest, and holds by 48 callers: the quick one",
        Plan(rounds=15, seconds=1.0),
        smoke.shown,
    ),
    "hold": Measurement(hold.prepare, "48 callers hold places of one event", Plan()),
    "purchase": Measurement(
        purchase.prepare, "24 guests hold, quote, check out, and get their tickets and mails", Plan(seconds=4.0)
    ),
    "hot": Measurement(hot.prepare, "256 buyers buy one event until it is sold out (--tickets)", Plan()),
    "watch": Measurement(
        watch.prepare, "16 buyers hold in a hall of --seats seats beside 0, 1, 5 and 15 WatchOccupancy", Plan()
    ),
    "stream": Measurement(
        stream.prepare,
        "--watchers WatchSeats at 20 changes a second: from the change to its message",
        Plan(seconds=4.0),
    ),
    "quote": Measurement(quote.prepare, "48 callers ask for prices", Plan()),
    "search": Measurement(search.prepare, "24 callers search among --events events", Plan()),
    "checkin": Measurement(
        checkin.prepare, "20 scans a second at the gate while 24 guests buy, and while nothing else runs", Plan()
    ),
    "memory": Measurement(
        memory.prepare, "memory at rest, after purchases by 24 guests, and for each of --watchers WatchSeats", Plan()
    ),
    "overload": Measurement(
        overload.prepare, "holds asked for at 2 and 5 times the peak, and scans meanwhile", Plan(seconds=4.0)
    ),
    "replicas": Measurement(
        replicas.prepare,
        "1, 2 and 4 replicas of notifications send mail, each with a quarter of a processor",
        Plan(rounds=3, seconds=8.0),
    ),
}
