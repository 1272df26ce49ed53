"""Admission control: under overload it refuses the least important calls first, and bounds the calls of each caller."""

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

# The share of all places that calls of a class may fill. The rest stays free for more important classes. Example: with
# 400 places, SHEDDABLE calls are refused once 200 are taken, by calls of any class.
SHARE = {
    Shedding.SHEDDING_SHEDDABLE: 0.5,
    Shedding.SHEDDING_SHEDDABLE_PLUS: 0.7,
    Shedding.SHEDDING_CRITICAL: 0.8,
    Shedding.SHEDDING_CRITICAL_PLUS: 1.0,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Most:
    """Limits on the calls that run at once. Calls and watches (streams without an end) have separate limits."""

    # Calls of all callers.
    calls: int = 400
    calls_per_caller: int = 64
    # An address may be a whole office behind one router, or one attacker with many guest accounts.
    calls_per_address: int = 200
    # Watches of all callers.
    watches: int = 5_000
    watches_per_caller: int = 20
    watches_per_address: int = 500
    # Watches of grpc.health.v1. A client that balances load has one for each of its connections.
    health_per_address: int = 200


class Admission:
    """Refuses calls that the process has no time or no room for. Calls and watches take places in separate rooms, so
    watchers cannot crowd out buyers.

    queueing: how long calls queue now. asked: number of calls received so far.
    """

    def __init__(
        self,
        clock: Clock,
        jitter: Callable[[float, float], float],
        metrics: Metrics,
        *,
        most: Most = Most(),
    ) -> None:
        """jitter: returns a random number between two, to spread retries in time. most: the limits."""
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
        """Number of calls and watches that run now."""
        return self._calls.busy + self._watches.busy + self._health.busy

    def knock(self, method: Method) -> None:
        """Called first for each call, before its message is read. Raises Overloaded if calls queue for so long that
        calls of this class are refused."""
        self.asked += 1
        if self.queueing.is_calm:
            return
        standing_s = self.queueing.standing_s(self._clock.monotonic())
        shedding = method.rules.shedding
        if refuses(standing_s, shedding):
            self._count(shedding, "queueing")
            raise Overloaded(retry_after_s=self._retry_after_s(standing_s / REFUSED_FROM_S[shedding]))

    def enter(self, method: Method, subject: str, address: str) -> "Place":
        """Takes a place for a call; a with statement gives it back. Raises Overloaded if the call's class has no place
        left, TooManyRequests if the subject or the address has too many.

        subject: id of the person or device that calls; empty to count the address alone.
        address: network address of the caller; empty for another context, which is not counted.
        """
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
        """The time after which to retry: longer under more load, and randomized so that refused clients do not all come
        back at once.

        excess: load as a multiple of the limit.
        """
        return round(min(RETRY_AFTER_S * excess, RETRY_AFTER_MAX_S) * self._jitter(*JITTER), 1)

    def _count(self, shedding: Shedding.ValueType, why: str) -> None:
        counter = self._shed.get((shedding, why))
        if counter is None:
            name = Shedding.Name(shedding).removeprefix("SHEDDING_")
            counter = self._shed[shedding, why] = self._metrics.shed.labels(name, why)
        counter.inc()


class Room:
    """Places for calls.

    busy: number of places taken. bounds: by class, the number of taken places from which that class is refused.
    by_caller, by_address: number of places taken, by caller and by address; 0 is left out.
    """

    __slots__ = ("bounds", "busy", "by_address", "by_caller", "per_address_max", "per_caller_max")

    def __init__(self, places: int, per_caller_max: int, per_address_max: int) -> None:
        """places: number of places. per_caller_max, per_address_max: how many of them one caller or address may
        take."""
        self.bounds = {shedding: places * share for shedding, share in SHARE.items()}
        self.per_caller_max = per_caller_max
        self.per_address_max = per_address_max
        self.busy = 0
        self.by_caller: dict[str, int] = {}
        self.by_address: dict[str, int] = {}


class Place:
    """A place for one call, as a context manager. A class costs less than @contextmanager, and every call needs one."""

    __slots__ = ("_address", "_caller", "_room")

    def __init__(self, room: Room, caller: str, address: str) -> None:
        """caller, address: keys that the place counts for; an empty one is not counted."""
        self._room = room
        self._caller = caller
        self._address = address

    def take(self) -> bool:
        """Takes the place. False if the caller or the address has too many."""
        room = self._room
        mine, here = room.by_caller.get(self._caller, 0), room.by_address.get(self._address, 0)
        if self._caller:
            if mine >= room.per_caller_max or here >= room.per_address_max:
                return False
            room.by_caller[self._caller] = mine + 1
        if self._address:
            room.by_address[self._address] = here + 1
        room.busy += 1
        return True

    def __enter__(self) -> None:
        """Does nothing: take() has taken the place."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Gives the place back."""
        self._room.busy -= 1
        give_back(self._room.by_caller, self._caller)
        give_back(self._room.by_address, self._address)


def give_back(taken: dict[str, int], by: str) -> None:
    """Reduces a key's count by one and removes it at zero. An empty key is not counted."""
    if by:
        left = taken.pop(by) - 1
        if left:
            taken[by] = left
