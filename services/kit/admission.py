"""Admission control: what is refused first when there is too much to do."""

from collections.abc import Callable
from types import TracebackType

from eventhub.common.v1.options_pb2 import Shedding
from eventhub.contract import Method
from eventhub.refusals import Overloaded, TooManyRequests
from services.kit.clock import Clock
from services.kit.metrics import Metrics
from services.kit.queueing import REFUSED_FROM_S, Queueing, refuses

CALLS_MAX = 400
WATCHES_MAX = 5_000
CALLS_PER_CALLER_MAX = 64
WATCHES_PER_CALLER_MAX = 20
RETRY_AFTER_S, RETRY_AFTER_MAX_S = 1.0, 30.0
JITTER = (0.5, 1.5)

# How much of the room a class may fill. What is left is kept for the classes above it.
SHARE = {
    Shedding.SHEDDING_SHEDDABLE: 0.5,
    Shedding.SHEDDING_SHEDDABLE_PLUS: 0.7,
    Shedding.SHEDDING_CRITICAL: 0.8,
    Shedding.SHEDDING_CRITICAL_PLUS: 1.0,
}


class Admission:
    """Refuses what a process has no time or no room for. Calls and watches have rooms of their own, so that watchers
    cannot crowd out buyers. queueing: what is known about how long calls queue. asked: calls that came so far."""

    def __init__(
        self,
        clock: Clock,
        jitter: Callable[[float, float], float],
        metrics: Metrics,
        *,
        calls_max: int = CALLS_MAX,
        watches_max: int = WATCHES_MAX,
    ) -> None:
        """jitter: a number between two. calls_max: calls at once. watches_max: lasting streams at once."""
        self.queueing = Queueing()
        self.asked = 0
        self._clock = clock
        self._jitter = jitter
        self._metrics = metrics
        self._rooms = {False: Room(calls_max, CALLS_PER_CALLER_MAX), True: Room(watches_max, WATCHES_PER_CALLER_MAX)}
        self._kinds: dict[str, tuple[Room, Shedding.ValueType]] = {}

    @property
    def under_way(self) -> int:
        """How many calls and watches have a place now."""
        return sum(room.busy for room in self._rooms.values())

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

    def enter(self, method: Method, who: str) -> "Place":
        """Takes a place for one call, which is given back at the end of a with statement. who: whom it counts for;
        empty: for nobody. Raises Overloaded when its class has none left, TooManyRequests when one caller has too
        many."""
        kind = self._kinds.get(method.path)
        if kind is None:
            room = self._rooms[method.deadline_s is None]
            kind = self._kinds[method.path] = (room, method.rules.shedding)
        room, shedding = kind
        if room.busy >= room.bounds[shedding]:
            self._count(shedding, "room")
            raise Overloaded(retry_after_s=self._retry_after_s(1.0))
        mine = room.by_caller.get(who, 0)
        if who:
            if mine >= room.per_caller_max:
                self._count(shedding, "caller")
                raise TooManyRequests(retry_after_s=self._retry_after_s(1.0))
            room.by_caller[who] = mine + 1
        room.busy += 1
        return Place(room, who)

    def _retry_after_s(self, excess: float) -> float:
        """The worse it is the longer, and spread, so that those who were refused do not all come back at once."""
        return min(RETRY_AFTER_S * excess, RETRY_AFTER_MAX_S) * self._jitter(*JITTER)

    def _count(self, shedding: Shedding.ValueType, why: str) -> None:
        self._metrics.shed.labels(Shedding.Name(shedding).removeprefix("SHEDDING_"), why).inc()


class Room:
    """Places for calls. busy: how many are taken. bounds: how many may be, by class."""

    __slots__ = ("bounds", "busy", "by_caller", "per_caller_max")

    def __init__(self, places: int, per_caller_max: int) -> None:
        """places: how many there are. per_caller_max: how many of them one caller may have."""
        self.bounds = {shedding: places * share for shedding, share in SHARE.items()}
        self.per_caller_max = per_caller_max
        self.busy = 0
        self.by_caller: dict[str, int] = {}


class Place:
    """A place that is taken, as a context. Written out instead of as a generator: there is one for every call."""

    __slots__ = ("_room", "_who")

    def __init__(self, room: Room, who: str) -> None:
        """who: whom it counts for; may be empty."""
        self._room = room
        self._who = who

    def __enter__(self) -> None:
        """It is taken already."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Gives it back."""
        self._room.busy -= 1
        if self._who:
            left = self._room.by_caller.pop(self._who) - 1
            if left:
                self._room.by_caller[self._who] = left
