"""The rounds of a measurement: yardsticks and platforms in turns."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

from scripts.measurements.figures import Figures
from scripts.measurements.host import Host
from scripts.measurements.yardstick import Yardstick, yardstick

ECHO_S_MAX = 1.0
ECHO_S_SHARE = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The size of a measurement. rounds: how many. seconds: of load in a part of a round. callers: how many call at
    once. tickets: of the hot event. seats: of the watched hall. watchers: of the stream, and for memory. events: among
    which is searched."""

    rounds: int = 5
    seconds: float = 2.0
    callers: int = 48
    tickets: int = 240
    seats: int = 200_000
    watchers: int = 200
    events: int = 10_000

    @property
    def yardstick_s(self) -> float:
        """The seconds of a round for each yardstick."""
        return min(ECHO_S_MAX, self.seconds * ECHO_S_SHARE)


@dataclass(frozen=True, slots=True)
class Session:
    """A prepared measurement on one platform. measure: one round of it, with the figures rate, p50_ms and p99_ms, and
    more. alone: calls a second of the load generator against the yardstick, given its seconds; None if the load has no
    unary calls."""

    measure: Callable[[], Awaitable[Figures]]
    alone: Callable[[float], Awaitable[float]] | None = None


Prepare = Callable[[Host, Plan], AbstractAsyncContextManager[Session]]


@dataclass(slots=True)
class Measured:
    """The figures of each round on one version of the sources, and the violations after the last."""

    rounds: list[Figures] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)


async def measured(prepare: Prepare, plan: Plan, roots: Sequence[Path]) -> list[Measured]:
    """Measures versions of the sources in turns, each round beside the yardsticks. Returns the figures of each.

    roots: the folders of the versions. The load generator always comes from this version.
    """
    results = [Measured() for _ in roots]
    async with yardstick() as echo:
        hosts = [Host(echo, root) for root in roots]
        async with AsyncExitStack() as stack:
            sessions = [await stack.enter_async_context(prepare(host, plan)) for host in hosts]
            await echo.echo_rate(plan.yardstick_s)
            sides = list(zip(sessions, results, strict=True))
            for _ in range(plan.rounds):
                beside = await yardsticks(echo, sessions[0], plan)
                for session, result in sides:
                    found = await session.measure()
                    result.rounds.append(beside | found | {"ratio": found["rate"] / beside["echo_rate"]})
                sides.reverse()
    for host, result in zip(hosts, results, strict=True):
        result.violations = host.violations
    return results


async def yardsticks(echo: Yardstick, session: Session, plan: Plan) -> Figures:
    """Measures the yardsticks of one round."""
    found = {"echo_rate": await echo.echo_rate(plan.yardstick_s)}
    if session.alone is not None:
        found["driver_rate"] = await session.alone(plan.yardstick_s)
    return found
