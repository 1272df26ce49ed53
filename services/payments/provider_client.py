"""A client of a payment provider: its Gateway behind a breaker, with a timeout and a few retries."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, TypeVar

from tenacity import (
    AsyncRetrying,
    RetryCallState,
    retry_if_exception_type,
    retry_if_not_exception_type,
    wait_random_exponential,
)

from services.kit.values import Clock, failpoint
from services.kit.work import Breaker, BreakerOpen, Permit, State
from services.payments.gateway import (
    Declined,
    Dispute,
    Gateway,
    NotLetThrough,
    NotSent,
    RefundStanding,
    Standing,
    Unknown,
)

T = TypeVar("T")
Call = Callable[[], Coroutine[Any, Any, T]]

# The timeout of one call. All retries start early, so that a call with its retries ends within payments.INTERACTIVE_S.
ATTEMPT_S = 3.0
ATTEMPTS = 3
RETRIES_WITHIN_S = 0.5
RETRY_WAIT_S, RETRY_WAIT_MAX_S = 0.05, 0.2


class ProviderClient:
    """A Gateway with a timeout and a circuit breaker. It retries a request only if no byte was sent.

    Its calls raise NotLetThrough, a NotSent, while the breaker is open. changed: set when the breaker's state changes.
    times_forced: counts the calls of force().
    """

    def __init__(self, gateway: Gateway, breaker: Breaker, clock: Clock) -> None:
        """gateway: sends the requests to the provider."""
        self.changed = asyncio.Event()
        self.times_forced = 0
        self._gateway = gateway
        self._breaker = breaker
        self._clock = clock
        self._last = State.CLOSED

    def state(self) -> State:
        """The breaker's state now. Sets changed if it differs from the last one seen."""
        state = self._breaker.state(self._clock.monotonic())
        if state is not self._last:
            self._last = state
            self.changed.set()
        return state

    def force(self, *, is_open: bool) -> None:
        """Keeps the breaker open, or lets it decide for itself again."""
        self.times_forced += 1
        self._breaker.force(is_open=is_open)
        self.state()

    async def authorize(self, key: str, amount_minor: int, currency: str, card_token: str) -> Standing:
        """See Gateway.authorize. Retried only while nothing was sent."""
        return await self._call("authorize", lambda: self._gateway.authorize(key, amount_minor, currency, card_token))

    async def capture(self, key: str) -> Standing:
        """See Gateway.capture. Retried only while nothing was sent."""
        return await self._call("capture", lambda: self._gateway.capture(key))

    async def void(self, key: str) -> Standing:
        """See Gateway.void. Retried only while nothing was sent."""
        return await self._call("void", lambda: self._gateway.void(key))

    async def refund(self, key: str, refund_key: str, amount_minor: int) -> RefundStanding:
        """See Gateway.refund. Retried only while nothing was sent."""
        return await self._call("refund", lambda: self._gateway.refund(key, refund_key, amount_minor))

    async def disputes(self, after: int, limit: int) -> Sequence[Dispute]:
        """See Gateway.disputes. Retried only while nothing was sent."""
        return await self._call("disputes", lambda: self._gateway.disputes(after, limit))

    async def find(self, key: str) -> Standing | None:
        """See Gateway.find. Retried only while nothing was sent."""
        return await self._call("find", lambda: self._gateway.find(key))

    async def _call(self, name: str, call: Call[T]) -> T:
        retrying = AsyncRetrying(
            retry=retry_if_exception_type(NotSent) & retry_if_not_exception_type(NotLetThrough),
            stop=self._is_enough,
            wait=wait_random_exponential(multiplier=RETRY_WAIT_S, max=RETRY_WAIT_MAX_S),
            reraise=True,
        )
        answer: T = await retrying(self._attempt, name, call)
        return answer

    def _is_enough(self, tried: RetryCallState) -> bool:
        late = (tried.seconds_since_start or 0.0) > RETRIES_WITHIN_S
        return late or tried.attempt_number >= ATTEMPTS or self.state() in (State.OPEN, State.FORCED_OPEN)

    async def _attempt(self, name: str, call: Call[T]) -> T:
        failpoint(f"payments.provider.{name}.before_send")
        try:
            permit = self._breaker.enter(self._clock.monotonic())
        except BreakerOpen:
            raise NotLetThrough from None
        try:
            answer = await self._observed(permit, call)
        finally:
            self.state()
        failpoint(f"payments.provider.{name}.after_answer")
        return answer

    async def _observed(self, permit: Permit, call: Call[T]) -> T:
        """Makes the call and reports its outcome to the breaker."""
        try:
            async with asyncio.timeout(ATTEMPT_S):
                answer = await call()
        except Declined:
            self._breaker.succeeded(permit, self._clock.monotonic())
            raise
        except asyncio.CancelledError:
            self._breaker.forget(permit, self._clock.monotonic())
            raise
        except NotSent:
            self._breaker.failed(permit, self._clock.monotonic())
            raise
        except Exception as error:
            self._breaker.failed(permit, self._clock.monotonic())
            # The request had left when this went wrong, so the provider may have acted on it.
            raise Unknown from error
        self._breaker.succeeded(permit, self._clock.monotonic())
        return answer
