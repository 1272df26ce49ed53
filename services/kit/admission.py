"""Admission control: what is refused first when there is too much to do."""

from collections import Counter
from collections.abc import Callable
from types import TracebackType

from eventhub.common.v1.options_pb2 import Shedding
from eventhub.contract import DEADLINE_S, Method
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
        self._room = {False: calls_max, True: watches_max}
        self._busy = {False: 0, True: 0}
        self._per_caller_max = {False: CALLS_PER_CALLER_MAX, True: WATCHES_PER_CALLER_MAX}
        self._by_caller: dict[bool, Counter[str]] = {False: Counter(), True: Counter()}

    def knock(self, method: Method) -> None:
        """A call has come, and nothing has been done for it yet. Raises Overloaded where calls queue for so long that
        its class is refused."""
        self.asked += 1
        standing_s = self.queueing.standing_s(self._clock.monotonic())
        self._metrics.queueing_s = standing_s
        shedding = method.rules.shedding
        if refuses(standing_s, shedding):
            self._count(shedding, "queueing")
            raise Overloaded(retry_after_s=self._retry_after_s(standing_s / REFUSED_FROM_S[shedding]))

    def enter(self, method: Method, who: str) -> "Place":
        """A place for one call, given back at the end of a with statement. who: whom it counts for; empty: for nobody.
        Raises Overloaded when its class has none left, TooManyRequests when one caller has too many."""
        lasting = DEADLINE_S[method.rules.deadline] is None
        shedding = method.rules.shedding
        if self._busy[lasting] >= self._room[lasting] * SHARE[shedding]:
            self._count(shedding, "room")
            raise Overloaded(retry_after_s=self._retry_after_s(1.0))
        if who and self._by_caller[lasting][who] >= self._per_caller_max[lasting]:
            self._count(shedding, "caller")
            raise TooManyRequests(retry_after_s=self._retry_after_s(1.0))
        return Place(self, who, lasting=lasting)

    def take(self, who: str, *, lasting: bool) -> None:
        """A place is taken."""
        self._busy[lasting] += 1
        if who:
            self._by_caller[lasting][who] += 1

    def give_back(self, who: str, *, lasting: bool) -> None:
        """A place is free again."""
        self._busy[lasting] -= 1
        if who:
            self._by_caller[lasting][who] -= 1
            if not self._by_caller[lasting][who]:
                del self._by_caller[lasting][who]

    def _retry_after_s(self, excess: float) -> float:
        """The worse it is the longer, and spread, so that those who were refused do not all come back at once."""
        return min(RETRY_AFTER_S * excess, RETRY_AFTER_MAX_S) * self._jitter(*JITTER)

    def _count(self, shedding: Shedding.ValueType, why: str) -> None:
        self._metrics.shed.labels(Shedding.Name(shedding).removeprefix("SHEDDING_"), why).inc()


class Place:
    """A place for one call, as a context. Written out instead of as a generator: it is entered for every call."""

    __slots__ = ("_admission", "_lasting", "_who")

    def __init__(self, admission: Admission, who: str, *, lasting: bool) -> None:
        """lasting: among the watches."""
        self._admission = admission
        self._who = who
        self._lasting = lasting

    def __enter__(self) -> None:
        """Takes it."""
        self._admission.take(self._who, lasting=self._lasting)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Gives it back."""
        self._admission.give_back(self._who, lasting=self._lasting)


def address(peer: str) -> str:
    """The address in a gRPC peer such as "ipv4:10.0.0.7:51344": callers without a name are counted by it. Behind a
    gateway that is the gateway's, and they share what one caller may have."""
    kind, _, rest = peer.partition(":")
    return rest.rpartition(":")[0] if kind in ("ipv4", "ipv6") else peer
