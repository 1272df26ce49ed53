"""The teller asks the provider about one payment, step by step, until its answer is known or has to be waited for."""

import asyncio
from collections.abc import Awaitable, Callable

from services.kit.db import Database
from services.kit.values import Clock
from services.kit.work import Runner, State
from services.payments import payments, store, transactions
from services.payments.gateway import Declined, NotSent, Standing, Unknown
from services.payments.line import Line
from services.payments.payments import Attempt, Payment, Step

LOOK_EVERY_S = 0.2
ROUNDS_MAX = 2
Save = Callable[..., Awaitable[None]]

SAVES: dict[Standing, Save] = {
    Standing.AUTHORIZED: transactions.save_authorized,
    Standing.CAPTURED: transactions.save_captured,
    Standing.DECLINED: transactions.save_declined,
    Standing.VOIDED: transactions.save_voided,
}


class Teller:
    """Carries payments, each in a task that no caller owns, and settles by itself what the provider left open."""

    def __init__(self, name: str, database: Database, clock: Clock, line: Line) -> None:
        """name: for the log. database: payments' own. line: to the provider."""
        self.runner = Runner(name, clock, due=self._due, do=self._carry, look_every_s=LOOK_EVERY_S)
        self._database = database
        self._clock = clock
        self._line = line
        # Begun by this process and not sent yet: nothing of them can have reached the provider.
        self._fresh: set[str] = set()
        # Somebody waits for the money. Not written down before it is asked for: who wants it asks again after a crash.
        self._captures: set[str] = set()

    async def authorize(self, attempt: Attempt, *, within_s: float) -> Payment:
        """Writes an attempt down and asks the provider. The payment as it is then, or when the time is over."""
        lets_through = self._lets_through()
        payment, is_new = await self._database.write(
            transactions.begin_payment, attempt, sent=lets_through, now_us=self._clock.now_us()
        )
        if is_new:
            self._fresh.add(attempt.order_id)
        return await self._asked(payment, within_s)

    async def capture(self, order_id: str, *, within_s: float) -> Payment:
        """Takes a reserved amount. The payment as it is then, or when the time is over."""
        payment = await self._database.read(transactions.existing, order_id)
        payments.check_capture(payment)
        if payment.attempt.provider == payments.BOX_OFFICE:
            return await self._database.write(transactions.capture_at_counter, order_id, now_us=self._clock.now_us())
        if payment.state == payments.AUTHORIZED:
            self._captures.add(order_id)
        return await self._asked(payment, within_s)

    async def void(self, order_id: str, *, within_s: float) -> Payment:
        """Gives a payment up. The payment as it is then, or when the time is over."""
        payment = await self._database.write(transactions.request_void, order_id, now_us=self._clock.now_us())
        return await self._asked(payment, within_s)

    async def _asked(self, payment: Payment, within_s: float) -> Payment:
        """The payment after the provider was asked what there is to ask."""
        seen, order_id = payment, payment.order_id
        for _ in range(ROUNDS_MAX):
            if payments.next_step(seen, capture=order_id in self._captures) is None:
                break
            task = self.runner.start(order_id)
            done, _ = await asyncio.wait({task}, timeout=within_s)
            if not done:
                return await self._database.write(transactions.stop_waiting, order_id, now_us=self._clock.now_us())
            before, seen = seen, await self._database.read(transactions.existing, order_id)
            if seen.version != before.version:
                break
            # The task had looked for the last time before this was wanted. Once more, after it has made room.
            await asyncio.sleep(0)
        return seen

    async def _due(self, limit: int) -> list[str]:
        if self._line.state() is not State.CLOSED:
            return []
        return await self._database.read(store.due, self._clock.now_us(), limit)

    async def _carry(self, order_id: str) -> None:
        """Takes a payment as far as it goes now. Can be done again at any time."""
        unanswered: Step | None = None
        try:
            while True:
                payment = await self._database.read(transactions.existing, order_id)
                step = payments.next_step(payment, capture=order_id in self._captures)
                if step is None or step is unanswered:
                    return
                if not await self._take(step, payment):
                    unanswered = step
        finally:
            self._captures.discard(order_id)
            self._fresh.discard(order_id)

    async def _take(self, step: Step, payment: Payment) -> bool:
        """Asks the provider for one step and saves its answer. False without one."""
        order_id, now_us = payment.order_id, self._clock.now_us
        was_sent = payment.sent and order_id not in self._fresh
        self._fresh.discard(order_id)
        try:
            standing = await self._ask(step, payment, was_sent=was_sent)
        except (NotSent, Unknown) as error:
            sent = was_sent or isinstance(error, Unknown)
            await self._database.write(
                transactions.note_unanswered, order_id, capture=step is Step.CAPTURE, sent=sent, now_us=now_us()
            )
            return False
        if standing is not None:
            await self._database.write(SAVES[standing], order_id, now_us=now_us())
        return True

    async def _ask(self, step: Step, payment: Payment, *, was_sent: bool) -> Standing | None:
        """The provider's answer; None where it is not to be asked any more."""
        order_id = payment.order_id
        if step is Step.VOID:
            return await self._line.void(order_id)
        if step is Step.CAPTURE:
            standing = await self._line.capture(order_id)
            return Standing.VOIDED if standing is Standing.DECLINED else standing
        return await self._authorized(payment, was_sent=was_sent)

    async def _authorized(self, payment: Payment, *, was_sent: bool) -> Standing | None:
        order_id, attempt = payment.order_id, payment.attempt
        if was_sent:
            # Found is certain. Not found is a hint only, the first call may still be on its way: the same key again.
            found = await self._line.find(order_id)
            if found is not None:
                return found
        elif not payment.sent:
            if not self._lets_through():
                raise NotSent
            if not await self._database.write(transactions.mark_sent, order_id):
                return None
        try:
            return await self._line.authorize(order_id, attempt.amount_minor, attempt.currency, attempt.card_token)
        except Declined:
            return Standing.DECLINED

    def _lets_through(self) -> bool:
        return self._line.state() in (State.CLOSED, State.HALF_OPEN)
