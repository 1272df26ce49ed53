"""The revoked access tokens. Identity streams them to every process, so that no call needs to ask.

Every process reads the stream, and starts as far back as a token lives; so it misses nothing even after a break. While
identity is away, tokens stay valid until they expire.
"""

from collections.abc import AsyncIterable, Callable, Iterable
from typing import Protocol

from eventhub.refusal import Refusal
from services.kit.observe import log
from services.kit.rpc.call import Caller
from services.kit.rpc.tokens import LEEWAY_S, LIFETIME_S
from services.kit.values.clock import SECOND_US, Clock
from services.kit.work.cache import Cache

# An id is kept for this long. Every token that it revokes has expired by then.
KEPT_US = (LIFETIME_S + 2 * LEEWAY_S) * SECOND_US
KEPT_MAX = 100_000
AGAIN_S = 0.5


class DecodedFact(Protocol):
    """A message of identity's stream."""

    @property
    def revoked_ids(self) -> Iterable[str]:
        """Ids of tokens, subjects of gates, and ids of gates' secrets whose tokens are all revoked."""


class Revocations:
    """The ids that were revoked, as far as this process knows."""

    def __init__(self, clock: Clock) -> None:
        """clock: tells which ids are old enough to drop."""
        self._clock = clock
        self._heard: Cache[str, None] = Cache(KEPT_MAX)
        self._log = log.get("revocations")

    def cover(self, caller: Caller) -> bool:
        """Whether a caller's token was revoked."""
        heard = self._heard
        return caller.token_id in heard or caller.subject_id in heard or caller.secret_id in heard

    def hear(self, ids: Iterable[str]) -> None:
        """Adds revoked ids, and drops those whose tokens have expired."""
        now_us = self._clock.now_us()
        for revoked_id in ids:
            self._heard.put(revoked_id, None, at_us=now_us)
        self._heard.drop_before(now_us - KEPT_US)

    async def follow(self, watch: Callable[[], AsyncIterable[DecodedFact]]) -> None:
        """Reads identity's stream for ever, and opens it again when it ends.

        watch: opens the stream, beginning as far back as a token lives.
        """
        while True:
            try:
                async for told in watch():
                    self.hear(told.revoked_ids)
            except Refusal as refused:
                self._log.info("stream ended", reason=refused.reason)
            await self._clock.sleep(AGAIN_S)
