"""A model of an on-sale that many more people wait for than there are places: the calls of each context, the
connections and bytes, and the limit that is reached first. It measures nothing, so the same inputs give the same table.

People come, a part of them at the opening. Each looks at the event and begins a watch of its seats, then holds places
and pays. A hold or an order waits for its turn if its limit is reached. With a waiting room, people come to the
contexts only as fast as these can hold; without one, each person that waits asks again every repeat_s seconds.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from typing import Any

# Sums of seconds miss a whole order by less than this.
ROUNDING = 1e-6
OPENING_S = 5
# The watches of a process (services/kit/rpc/admission.py), the connections of an Envoy (deploy/envoy.yaml), and the
# connections of a pooler to a database, the poolers, and the connections of a server (deploy/k8s/database).
WATCHES = 5_000
CONNECTIONS = 10_000
POOLED, POOLERS, SERVER_CONNECTIONS = 20, 2, 500
SENT = "bytes a second: "
MEASURED, COUNTED, ASSUMED = "measured", "counted", "assumed"


def given(value: float, origin: str, meaning: str) -> Any:
    """Returns a field with a default. origin: MEASURED (docs/figures.md), COUNTED (from a run, the code or a message),
    or ASSUMED: to be replaced by a measurement."""
    return field(default=value, metadata={"origin": origin, "meaning": meaning})


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """The size of the sale and the rates of the platform. A file may replace any of them."""

    people: float = given(2_000_000, ASSUMED, "people who want to buy")
    places: float = given(80_000, ASSUMED, "places")
    places_an_order: float = given(2, ASSUMED, "places in an order")
    at_opening: float = given(0.25, ASSUMED, "share of the people who come in the first five seconds")
    arrive_s: float = given(600, ASSUMED, "seconds in which the others come")
    repeat_s: float = given(2, ASSUMED, "seconds after which a person who waits asks again")
    replicas: float = given(6, ASSUMED, "replicas of each context, each on a core")
    contexts: float = given(9, COUNTED, "contexts")
    edges: float = given(2, ASSUMED, "Envoys at the edge")
    pool: float = given(8, COUNTED, "connections of a replica to a database")
    hold_rate: float = given(1_250, MEASURED, "holds a second of one core on SQLite (overload, peak)")
    database_hold_rate: float = given(1_060, MEASURED, "holds a second of one PostgreSQL (lowest of a place)")
    purchase_rate: float = given(31.8, MEASURED, "purchases a second of the mesh, all of it on mesh_cores")
    mesh_cores: float = given(2, MEASURED, "cores of that mesh, its databases and its callers together")
    seat_bytes: float = given(0.5, COUNTED, "bytes of a seat in the first message of WatchSeats")
    change_bytes: float = given(8, COUNTED, "bytes of a changed seat in WatchSeats")
    wire_bytes_s: float = given(1.25e9, ASSUMED, "bytes a second of the network at the edge (10 Gbit)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """The calls to a context for each person who comes, each hold that is tried and each order; the rows and bytes that
    an order of two places adds to its database, counted after 40 purchases on SQLite."""

    person: int = 0
    hold: int = 0
    order: int = 0
    rows: float = 0
    kept_bytes: float = 0


# The calls follow from services/README.md: an order asks inventory to describe, lock and confirm its hold, and so on.
LOADS = {
    "catalog": Load(person=1),
    "identity": Load(person=1, order=2),
    "inventory": Load(person=1, hold=1, order=3, rows=3.0, kept_bytes=1_229),
    "notifications": Load(order=1, rows=7.6, kept_bytes=3_379),
    "orders": Load(order=2, rows=5.15, kept_bytes=2_048),
    "payments": Load(order=2, rows=5.0, kept_bytes=1_638),
    "pricing": Load(order=2),
    "reporting": Load(rows=3.0, kept_bytes=819),
    "ticketing": Load(order=2, rows=3.15, kept_bytes=2_150),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Second:
    """What happens in a second: people who come, holds that are tried and made, orders that are paid. waiting: people
    at its end."""

    came: float
    tried: float
    held: float
    paid: float
    waiting: float


@dataclass(frozen=True, slots=True)
class Limit:
    """Something that is needed and has a bound, in the same unit."""

    name: str
    needed: float
    bound: float

    @property
    def times(self) -> float:
        """How many times the bound is needed; above 1 it is too little."""
        return self.needed / self.bound


def coming(inputs: Inputs, second: int) -> float:
    """Returns the number of people who come in a second."""
    first = inputs.people * inputs.at_opening / OPENING_S if second < OPENING_S else 0.0
    return first + (inputs.people * (1 - inputs.at_opening) / inputs.arrive_s if second < inputs.arrive_s else 0.0)


def hold_bound(inputs: Inputs) -> float:
    """Returns the holds a second that inventory can make: its processes or its primary, whichever is slower."""
    return min(inputs.replicas * inputs.hold_rate, inputs.database_hold_rate)


def order_bound(inputs: Inputs) -> float:
    """Returns the orders a second that the cores of all contexts can finish, at the measured cost of a purchase."""
    return inputs.purchase_rate / inputs.mesh_cores * inputs.contexts * inputs.replicas


def played(inputs: Inputs, *, room: bool) -> list[Second]:
    """Plays the sale until every place is paid. room: whether a waiting room lets people in."""
    orders, waiting, unpaid, paid, told = inputs.places / inputs.places_an_order, 0.0, 0.0, 0.0, list[Second]()
    unheld = orders
    while orders - paid > ROUNDING:
        came = coming(inputs, len(told))
        asking = came + waiting / inputs.repeat_s
        held = min(waiting + came, hold_bound(inputs), unheld)
        done = min(unpaid + held, order_bound(inputs), orders - paid)
        if not held and not done and not came:
            raise ValueError("there are fewer people than orders")
        waiting, unheld, unpaid, paid = waiting + came - held, unheld - held, unpaid + held - done, paid + done
        let_in = held if room else came
        told.append(Second(came=let_in, tried=held if room else asking, held=held, paid=done, waiting=waiting))
    return told


def peak(seconds: list[Second], amount: Callable[[Second], float]) -> float:
    """Returns the largest amount of any second."""
    return max(amount(second) for second in seconds)


def calls(load: Load, seconds: list[Second]) -> float:
    """Returns the calls to a context in its busiest second."""
    return peak(seconds, lambda one: load.person * one.came + load.hold * one.tried + load.order * one.paid)


def connections(inputs: Inputs, databases: int, *, pooled: bool) -> float:
    """Returns the connections to the PostgreSQL server of a number of databases, one replica more while they roll."""
    return databases * (POOLED * POOLERS if pooled else (inputs.replicas + 1) * inputs.pool)


def limits(inputs: Inputs, *, room: bool) -> list[Limit]:
    """Returns the limits, the one that is exceeded most first. Connections count with the pooler."""
    seconds = played(inputs, room=room)
    in_front = min(inputs.people, inputs.replicas * WATCHES) if room else peak(seconds, lambda one: one.waiting)
    watching = min(in_front, inputs.replicas * WATCHES)
    changes = 2 * inputs.places_an_order * peak(seconds, lambda one: one.held)  # a seat is held, then sold
    pictures = peak(seconds, lambda one: one.came) * inputs.places * inputs.seat_bytes
    found = [
        *(
            Limit(f"calls a second: {name}", calls(load, seconds), inputs.replicas * inputs.hold_rate)
            for name, load in LOADS.items()
        ),
        Limit("holds a second: inventory's primary", peak(seconds, lambda one: one.tried), inputs.database_hold_rate),
        Limit("orders a second: cores of all contexts", peak(seconds, lambda one: one.held), order_bound(inputs)),
        Limit("watches: inventory", in_front, inputs.replicas * WATCHES),
        Limit("connections: edge", in_front, inputs.edges * CONNECTIONS),
        Limit(f"{SENT}first pictures", pictures, inputs.wire_bytes_s),
        Limit(f"{SENT}changes of seats", watching * changes * inputs.change_bytes, inputs.wire_bytes_s),
        Limit("connections: PostgreSQL of inventory", connections(inputs, 1, pooled=True), SERVER_CONNECTIONS),
        Limit("connections: shared PostgreSQL", connections(inputs, 8, pooled=True), SERVER_CONNECTIONS),
    ]
    return sorted(found, key=lambda limit: (-limit.times, limit.name))


def figures(inputs: Inputs) -> dict[str, Any]:
    """Returns everything that lines() prints, for --json."""
    seconds = {room: played(inputs, room=room) for room in (False, True)}
    orders = inputs.places / inputs.places_an_order
    return {
        "inputs": {one.name: getattr(inputs, one.name) for one in fields(inputs)},
        "sold_out_s": len(seconds[False]),
        "contexts": {
            name: {
                "calls_s": round(calls(load, seconds[False])),
                "calls_s_room": round(calls(load, seconds[True])),
                "rows": round(load.rows * orders),
                "mb": round(load.kept_bytes * orders / 1e6),
            }
            for name, load in LOADS.items()
        },
        "limits": {one.name: round(one.times, 2) for one in limits(inputs, room=False)},
        "limits_room": {one.name: round(one.times, 2) for one in limits(inputs, room=True)},
        "watchers_mb_s": {
            name.removeprefix(SENT): [
                round(one.needed / 1e6)
                for room in (False, True)
                for one in limits(inputs, room=room)
                if one.name == name
            ]
            for name in (f"{SENT}first pictures", f"{SENT}changes of seats")
        },
        "connections": {
            "one database": [connections(inputs, 1, pooled=pooled) for pooled in (False, True)],
            "eight databases": [connections(inputs, 8, pooled=pooled) for pooled in (False, True)],
        },
    }


def lines(inputs: Inputs) -> list[str]:
    """Returns the tables. "room" stands for the same with a waiting room."""
    found = figures(inputs)
    head = f"{'context':14}{'calls/s':>10}{'room':>10}{'rows':>10}{'MB':>7}"
    told = [f"sold out after {found['sold_out_s']} s", "", head]
    for name, one in found["contexts"].items():
        told.append(f"{name:14}{one['calls_s']:>10,}{one['calls_s_room']:>10,}{one['rows']:>10,}{one['mb']:>7,}")
    told += ["", f"{'limit, times its bound':44}{'needed':>10}{'room':>10}"]
    for name, times in found["limits"].items():
        told.append(f"{name:44}{times:>10,.2f}{found['limits_room'][name]:>10,.2f}")
    told += ["", f"{'connections to PostgreSQL':44}{'direct':>10}{'pooled':>10}"]
    told += [f"{name:44}{one:>10,.0f}{other:>10,.0f}" for name, (one, other) in found["connections"].items()]
    told += ["", f"{'MB a second to watchers':44}{'needed':>10}{'room':>10}"]
    told += [f"{name:44}{one:>10,.0f}{other:>10,.0f}" for name, (one, other) in found["watchers_mb_s"].items()]
    told += ["", "inputs"]
    told += [
        f"{one.name:20}{getattr(inputs, one.name):>16,.6g}  {one.metadata['origin']}: {one.metadata['meaning']}"
        for one in fields(inputs)
    ]
    return told


def read(kept: dict[str, Any]) -> Inputs:
    """Returns inputs with the values of a JSON object. Raises ValueError for a name that is no input, or a value that
    is no number above 0."""
    known = {one.name for one in fields(Inputs)}
    if odd := sorted(kept.keys() - known):
        raise ValueError(f"no input is called {', '.join(odd)}")
    if odd := sorted(name for name, value in kept.items() if not isinstance(value, int | float) or value <= 0):
        raise ValueError(f"an input is a number above 0: {', '.join(odd)}")
    return Inputs(**kept)
