"""Admission control: what is refused first when there is too much to do."""

from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType

from prometheus_client import Counter

from eventhub.common.v1.options_pb2 import Shedding
from eventhub.contract import Method
from eventhub.refusals import Overloaded, TooManyRequests
from services.kit.observe.metrics import Metrics
from services.kit.rpc.call_scope import HEALTH
from services.kit.rpc.queue_delay import REFUSED_FROM_S, QueueDelay, refuses
from services.kit.values.clock import Clock

RETRY_AFTER_S, RETRY_AFTER_MAX_S = 1.0, 30.0
JITTER = (0.5, 1.5)

# How much of the room a class may fill. What is left is kept for the classes above it.
SHARE = {
    Shedding.SHEDDING_SHEDDABLE: 0.5,
    Shedding.SHEDDING_SHEDDABLE_PLUS: 0.7,
    Shedding.SHEDDING_CRITICAL: 0.8,
    Shedding.SHEDDING_CRITICAL_PLUS: 1.0,
}


@dataclass(frozen=True, slots=True)
class Most:
    """How many calls there may be at once, and how many lasting streams: of all, of one caller, and of all callers at
    an address together, which may be a crowd in one house or a farm of guests. health_per_address: watches of health; a
    client that balances has one for each of its connections."""

    calls: int = 400
    calls_per_caller: int = 64
    calls_per_address: int = 200
    watches: int = 5_000
    watches_per_caller: int = 20
    watches_per_address: int = 500
    health_per_address: int = 200


class Admission:
    """Refuses what a process has no time or no room for. Calls and watches have rooms of their own, so that watchers
    cannot crowd out buyers. queueing: what is known about how long calls queue. asked: calls that came so far."""

    def __init__(
        self,
        clock: Clock,
        jitter: Callable[[float, float], float],
        metrics: Metrics,
        *,
        most: Most = Most(),
    ) -> None:
        """jitter: a number between two. most: how much there is room for."""
        self.queueing = QueueDelay()
        self.asked = 0
        self._clock = clock
        self._jitter = jitter
        self._metrics = metrics
        self._calls = Room(most.calls, most.calls_per_caller, most.calls_per_address)
        self._watches = Room(most.watches, most.watches_per_caller, most.watches_per_address)
        self._health = Room(most.watches, most.health_per_address, most.health_per_address)
        self._shed: dict[tuple[Shedding.ValueType, str], Counter] = {}
        self._kinds: dict[str, tuple[Room, Shedding.ValueType]] = {}

    @property
    def under_way(self) -> int:
        """How many calls and watches have a place now."""
        return self._calls.busy + self._watches.busy + self._health.busy

    def knock(self, method: Method) -> None:
        """A call has come, and nothing has been done for it yet. Raises Overloaded where calls queue for so long that
        its class is refused."""
        self.asked += 1
        if self.queueing.is_calm:
            return
        standing_s = self.queueing.standing_s(self._clock.monotonic())
        shedding = method.rules.shedding
        if refuses(standing_s, shedding):
            self._count(shedding, "queueing")
            raise Overloaded(retry_after_s=self._retry_after_s(standing_s / REFUSED_FROM_S[shedding]))

    def enter(self, method: Method, subject: str, address: str) -> "Place":
        """Takes a place for one call, which is given back at the end of a with statement. subject: whom it counts for;
        empty: for the address alone. address: empty for a neighbour, who is not counted. Raises Overloaded if the
        class of the call has none left, TooManyRequests if the subject or the address has too many."""
        kind = self._kinds.get(method.path)
        if kind is None:
            kind = self._kinds[method.path] = (self._room(method), method.rules.shedding)
        room, shedding = kind
        if room.busy >= room.bounds[shedding]:
            self._count(shedding, "room")
            raise Overloaded(retry_after_s=self._retry_after_s(1.0))
        place = Place(room, subject or address, address)
        if not place.take():
            self._count(shedding, "caller")
            raise TooManyRequests(retry_after_s=self._retry_after_s(1.0))
        return place

    def _room(self, method: Method) -> "Room":
        if method.context == HEALTH:
            return self._health
        return self._watches if method.deadline_s is None else self._calls

    def _retry_after_s(self, excess: float) -> float:
        """The worse it is the longer, and spread, so that those who were refused do not all come back at once."""
        return round(min(RETRY_AFTER_S * excess, RETRY_AFTER_MAX_S) * self._jitter(*JITTER), 1)

    def _count(self, shedding: Shedding.ValueType, why: str) -> None:
        counter = self._shed.get((shedding, why))
        if counter is None:
            name = Shedding.Name(shedding).removeprefix("SHEDDING_")
            counter = self._shed[shedding, why] = self._metrics.shed.labels(name, why)
        counter.inc()


class Room:
    """Places for calls. busy: how many are taken. bounds: how many may be, by class. by_caller, by_address: how
    many are taken for whom."""

    __slots__ = ("bounds", "busy", "by_address", "by_caller", "per_address_max", "per_caller_max")

    def __init__(self, places: int, per_caller_max: int, per_address_max: int) -> None:
        """places: how many there are. per_caller_max, per_address_max: how many of them one may have."""
        self.bounds = {shedding: places * share for shedding, share in SHARE.items()}
        self.per_caller_max = per_caller_max
        self.per_address_max = per_address_max
        self.busy = 0
        self.by_caller: dict[str, int] = {}
        self.by_address: dict[str, int] = {}


class Place:
    """A place for a call, as a context. Written out instead of as a generator: there is one for every call."""

    __slots__ = ("_address", "_room", "_who")

    def __init__(self, room: Room, who: str, address: str) -> None:
        """who, address: whom it counts for; may be empty."""
        self._room = room
        self._who = who
        self._address = address

    def take(self) -> bool:
        """Takes it, if whom it counts for may have one more."""
        room = self._room
        mine, here = room.by_caller.get(self._who, 0), room.by_address.get(self._address, 0)
        if self._who:
            if mine >= room.per_caller_max or here >= room.per_address_max:
                return False
            room.by_caller[self._who] = mine + 1
        if self._address:
            room.by_address[self._address] = here + 1
        room.busy += 1
        return True

    def __enter__(self) -> None:
        """It is taken already."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Gives it back."""
        self._room.busy -= 1
        give_back(self._room.by_caller, self._who)
        give_back(self._room.by_address, self._address)


def give_back(taken: dict[str, int], by: str) -> None:
    """One place less is taken by somebody; empty: by somebody who is not counted."""
    if by:
        left = taken.pop(by) - 1
        if left:
            taken[by] = left
