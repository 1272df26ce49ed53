"""Which access tokens were revoked: identity tells every process, so that no call has to ask.

A process reads without lease and without cursor, from as far back as a token lives: reading anew from there after every
break, it misses nothing. While identity is away tokens stay good until they expire.
"""

from collections import OrderedDict
from collections.abc import AsyncIterable, Callable, Iterable
from typing import Protocol

from eventhub.refusal import Refusal
from services.kit.observe import log
from services.kit.rpc.call import Caller
from services.kit.rpc.tokens import LEEWAY_S, LIFETIME_S
from services.kit.values.clock import SECOND_US, Clock

# For as long an id has to be kept: no token that it revokes is good any longer.
KEPT_US = (LIFETIME_S + 2 * LEEWAY_S) * SECOND_US
KEPT_MAX = 100_000
AGAIN_S = 0.5


class DecodedFact(Protocol):
    """What identity tells."""

    @property
    def revoked_ids(self) -> Iterable[str]:
        """Ids of tokens, subjects of gates, and ids of gates' secrets."""


class Revocations:
    """What this process has heard."""

    def __init__(self, clock: Clock) -> None:
        """clock: says what can be forgotten."""
        self._clock = clock
        self._heard: OrderedDict[str, int] = OrderedDict()
        self._log = log.get("revocations")

    def cover(self, caller: Caller) -> bool:
        """Whether a caller's token was revoked."""
        heard = self._heard
        return caller.token_id in heard or caller.subject_id in heard or caller.secret_id in heard

    def hear(self, ids: Iterable[str]) -> None:
        """Notes what was revoked, and forgets what no longer matters."""
        now_us = self._clock.now_us()
        for revoked_id in ids:
            self._heard[revoked_id] = now_us
            self._heard.move_to_end(revoked_id)
        while self._heard and (len(self._heard) > KEPT_MAX or next(iter(self._heard.values())) < now_us - KEPT_US):
            self._heard.popitem(last=False)

    async def follow(self, watch: Callable[[], AsyncIterable[DecodedFact]]) -> None:
        """Hears for ever. watch: opens identity's stream, which begins far enough back."""
        while True:
            try:
                async for told in watch():
                    self.hear(told.revoked_ids)
            except Refusal as refused:
                self._log.info("stream ended", reason=refused.reason)
            await self._clock.sleep(AGAIN_S)
