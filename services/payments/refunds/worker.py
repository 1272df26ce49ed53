"""Asks providers to give money back until each refund is settled, and looks for disputes."""

import asyncio
from collections.abc import Mapping

from eventhub.refusal import TransientRefusal
from services.kit.db import Database
from services.kit.observe import Gauge, log
from services.kit.values import Clock
from services.kit.work import Runner, State, undivided
from services.payments.gateway import NotSent, RefundStanding, Unknown
from services.payments.provider_client import ProviderClient
from services.payments.refunds import refund as refunds
from services.payments.refunds import store, transactions
from services.payments.refunds.refund import Refund, RefundState, Wanted

LOOK_EVERY_S = 0.5
DISPUTES_EVERY_S = 5.0
DISPUTES_AT_ONCE = 50


class RefundWorker:
    """Advances refunds, each in a task of its own that outlives the caller, and settles overdue ones by itself."""

    def __init__(self, name: str, database: Database, clock: Clock, providers: Mapping[str, ProviderClient]) -> None:
        """name: for the log. database: payments' own. providers: each provider's client by its name."""
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
        self._log = log.get(name)

    async def refund(self, wanted: Wanted, *, within_s: float) -> Refund:
        """Writes a refund down and asks the provider. Returns the refund once it is answered or within_s is over.
        Raises as transactions.begin and transactions.answered."""
        refund = await self._database.write(transactions.begin, wanted, now_us=self._clock.now_us())
        if refund.state is not RefundState.UNKNOWN:
            return refund
        await asyncio.wait({self.runner.start(wanted.refund_id)}, timeout=within_s)
        return await self._database.read(transactions.answered, wanted.refund_id)

    async def _due(self, limit: int) -> list[str]:
        closed = [name for name, client in self._providers.items() if client.state() is State.CLOSED]
        if not closed:
            return []
        return await self._database.read(store.due, closed, self._clock.now_us(), limit)

    async def _advance(self, refund_id: str) -> Refund:
        """Asks the provider once, and saves its answer. Repeatable at any time: the provider acts once on a key."""
        refund = await self._database.read(transactions.existing, refund_id)
        if refund.state is not RefundState.UNKNOWN or refunds.at_counter(refund):
            return refund
        client, wanted = self._providers[refund.provider], refund.wanted
        try:
            standing = await client.refund(wanted.order_id, refund_id, wanted.amount_minor)
        except (NotSent, Unknown):
            return await self._database.write(transactions.note_unanswered, refund_id, now_us=self._clock.now_us())
        save = transactions.save_done if standing is RefundStanding.DONE else transactions.save_refused
        return await self._database.write(save, refund_id, now_us=self._clock.now_us())

    async def watch_disputes(self) -> None:
        """Asks each provider for new disputes, until it is cancelled."""
        while True:
            for name, client in self._providers.items():
                try:
                    await self._note_disputes(name, client)
                except (NotSent, Unknown, TransientRefusal):
                    self._log.info("asking for disputes later", provider=name)
            await self._clock.sleep(DISPUTES_EVERY_S)

    async def _note_disputes(self, name: str, client: ProviderClient) -> None:
        seen = await self._database.read(store.disputes_seen, name)
        told = await client.disputes(seen, DISPUTES_AT_ONCE)
        if told:
            await self._database.write(transactions.note_disputes, name, told, now_us=self._clock.now_us())

    async def gauges(self) -> list[Gauge]:
        """How many refunds wait for a provider, and how many are to be paid by hand."""
        unknown, manual = await self._database.read(store.waiting)
        return [
            Gauge(name="payments_refunds_unknown", help="Refunds that wait for an answer.", value=unknown, labels={}),
            Gauge(name="payments_refunds_manual", help="Refunds to be paid by hand.", value=manual, labels={}),
        ]
