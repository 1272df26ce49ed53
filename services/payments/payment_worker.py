"""The payment worker asks providers about payments, step by step, until each one is settled."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from services.kit.db import Database
from services.kit.values import Clock
from services.kit.work import Runner, State, undivided
from services.payments import payments, store, transactions
from services.payments.gateway import Declined, NotSent, Standing, Unknown
from services.payments.payments import BOX_OFFICE, Attempt, Payment, PaymentState, Step
from services.payments.provider_client import ProviderClient
from services.payments.tills import transactions as till_transactions

LOOK_EVERY_S = 0.2
ROUNDS_MAX = 2
Save = Callable[..., Awaitable[Payment]]

SAVES: dict[Standing, Save] = {
    Standing.AUTHORIZED: transactions.save_authorized,
    Standing.CAPTURED: transactions.save_captured,
    Standing.DECLINED: transactions.save_declined,
    Standing.VOIDED: transactions.save_voided,
}


class PaymentWorker:
    """Advances payments, each in a task of its own that outlives the caller, and settles overdue ones by itself."""

    def __init__(
        self,
        name: str,
        database: Database,
        clock: Clock,
        providers: Mapping[str, ProviderClient],
        *,
        fee_permille: int = 0,
    ) -> None:
        """name: for the log. database: payments' own. providers: each provider's client by its name; a payment names
        its provider. fee_permille: the platform's part of money that a provider takes."""
        self.runner = Runner(
            name,
            clock,
            database.shards,
            due=undivided(name, self._due),
            do=self._advance,
            look_every_s=LOOK_EVERY_S,
        )
        self._database = database
        self._clock = clock
        self._providers = providers
        self._fee_permille = fee_permille
        # Orders whose payment this process began and has not sent yet: no provider can have heard of them.
        self._fresh: set[str] = set()
        # Orders whose money a caller waits for. Not stored: after a crash the caller asks again.
        self._captures: set[str] = set()

    async def authorize(self, attempt: Attempt, *, within_s: float) -> Payment:
        """Writes an attempt down and asks the provider. Returns the payment once it is answered or within_s is over.
        Raises IdInUse, PaymentState; at the counter also as begin_at_counter."""
        now_us = self._clock.now_us()
        if attempt.provider == BOX_OFFICE:
            return await self._database.write(till_transactions.begin_at_counter, attempt, now_us=now_us)
        sent = self._lets_through(attempt.provider)
        payment, is_new = await self._database.write(
            transactions.begin_payment, attempt, sent=sent, fee_permille=self._fee_permille, now_us=now_us
        )
        if is_new:
            self._fresh.add(attempt.order_id)
        return await self._asked(payment, within_s)

    async def capture(self, order_id: str, *, within_s: float) -> Payment:
        """Captures a reserved amount. Returns the payment once it is answered or within_s is over. Raises
        PaymentNotFound, PaymentState."""
        payment = await self._database.read(transactions.existing, order_id)
        payments.check_capture(payment)
        if payment.attempt.provider == BOX_OFFICE:
            return await self._database.write(transactions.capture_at_counter, order_id, now_us=self._clock.now_us())
        if payment.state is PaymentState.AUTHORIZED:
            self._captures.add(order_id)
        return await self._asked(payment, within_s)

    async def void(self, order_id: str, *, within_s: float) -> Payment:
        """Voids a payment. Returns it once it is answered or within_s is over."""
        payment = await self._database.write(transactions.request_void, order_id, now_us=self._clock.now_us())
        return await self._asked(payment, within_s)

    async def _asked(self, payment: Payment, within_s: float) -> Payment:
        """Runs the payment's task and waits for it. Returns the payment as it is then."""
        seen, order_id = payment, payment.order_id
        for _ in range(ROUNDS_MAX):
            if payments.next_step(seen, capture=order_id in self._captures) is None:
                break
            task = self.runner.start(order_id, seen)
            done, _ = await asyncio.wait({task}, timeout=within_s)
            if not done:
                return await self._database.write(transactions.stop_waiting, order_id, now_us=self._clock.now_us())
            ended = await self._after(task, order_id)
            if ended.version > seen.version:
                return ended
            # The task was already ending when this caller came, and missed its request. Start another once it is gone.
            await asyncio.sleep(0)
        return seen

    async def _after(self, task: "asyncio.Task[Payment | None]", order_id: str) -> Payment:
        """The payment after its task has ended."""
        if not task.cancelled() and (ended := task.result()) is not None:
            return ended
        return await self._database.read(transactions.existing, order_id)

    async def _due(self, limit: int) -> list[str]:
        closed = [name for name, client in self._providers.items() if client.state() is State.CLOSED]
        if not closed:
            return []
        return await self._database.read(store.due, closed, self._clock.now_us(), limit)

    async def _advance(self, order_id: str, known: Payment | None = None) -> Payment:
        """Advances a payment as far as the provider answers, and returns it as it is then. Repeatable at any time.

        known: the payment as the caller has just read or written it.
        """
        payment = known if known is not None else await self._database.read(transactions.existing, order_id)
        unanswered: Step | None = None
        try:
            while True:
                step = payments.next_step(payment, capture=order_id in self._captures)
                if step is None or step is unanswered:
                    return payment
                payment, answered = await self._take(step, payment)
                if not answered:
                    unanswered = step
        finally:
            self._captures.discard(order_id)
            self._fresh.discard(order_id)

    async def _take(self, step: Step, payment: Payment) -> tuple[Payment, bool]:
        """Asks the provider for one step and saves its answer. Returns the payment after it, and False if the provider
        did not answer."""
        order_id, now_us = payment.order_id, self._clock.now_us
        was_sent = payment.sent and order_id not in self._fresh
        self._fresh.discard(order_id)
        try:
            standing = await self._ask(step, payment, was_sent=was_sent)
        except (NotSent, Unknown) as error:
            sent = was_sent or isinstance(error, Unknown)
            noted = await self._database.write(
                transactions.note_unanswered, order_id, capture=step is Step.CAPTURE, sent=sent, now_us=now_us()
            )
            return noted, False
        if standing is None:
            return await self._database.read(transactions.existing, order_id), True
        return await self._database.write(SAVES[standing], order_id, now_us=now_us()), True

    async def _ask(self, step: Step, payment: Payment, *, was_sent: bool) -> Standing | None:
        """The provider's answer; None if the step is no longer wanted."""
        client, order_id = self._providers[payment.attempt.provider], payment.order_id
        if step is Step.VOID:
            return await client.void(order_id)
        if step is Step.CAPTURE:
            standing = await client.capture(order_id)
            return Standing.VOIDED if standing is Standing.DECLINED else standing
        return await self._authorized(client, payment, was_sent=was_sent)

    async def _authorized(self, client: ProviderClient, payment: Payment, *, was_sent: bool) -> Standing | None:
        order_id, attempt = payment.order_id, payment.attempt
        if was_sent:
            # A record is certain. Its absence is not: the first call may still be on its way, so the key is used again.
            found = await client.find(order_id)
            if found is not None:
                return found
        elif not payment.sent:
            if not self._lets_through(attempt.provider):
                raise NotSent
            if not await self._database.write(transactions.mark_sent, order_id):
                return None
        try:
            return await client.authorize(order_id, attempt.amount_minor, attempt.currency, attempt.card_token)
        except Declined:
            return Standing.DECLINED

    def _lets_through(self, provider: str) -> bool:
        return self._providers[provider].state() in (State.CLOSED, State.HALF_OPEN)
