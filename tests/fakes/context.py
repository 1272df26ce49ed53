"""The knobs of all fake contexts."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from eventhub.refusal import Refusal
from eventhub.refusals import Unavailable


@dataclass(slots=True, kw_only=True)
class FakeContext:
    """Counts calls and can refuse them.

    away: all calls fail with Unavailable.
    refuses: the refusal of every call of an RPC, by the RPC's name.
    before: awaited once, before the next call of an RPC is carried out, by the RPC's name.
    calls: the names of the RPCs that were called, also those that failed.
    """

    away: bool = False
    refuses: dict[str, Refusal] = field(default_factory=dict)
    before: dict[str, Callable[[], Awaitable[object]]] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)

    async def called(self, rpc: str) -> None:
        """Begins an answer: each RPC awaits this first."""
        self.calls.append(rpc)
        if self.away:
            raise Unavailable
        if rpc in self.refuses:
            raise self.refuses[rpc]
        pause = self.before.pop(rpc, None)
        if pause is not None:
            await pause()
