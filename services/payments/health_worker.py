"""Watches a provider's health: announces it to the other contexts, and probes the provider while its breaker is half
open."""

from collections.abc import Sequence
from typing import Any

from eventhub.refusal import TransientRefusal
from services.kit.db import Database
from services.kit.observe import Gauge, log
from services.kit.values import SECOND_US, Clock, Ids
from services.kit.work import JITTER, Runner, State
from services.payments import store, transactions
from services.payments.gateway import NotSent, Unknown
from services.payments.provider_client import ProviderClient

PROBE_EVERY_S = 0.3
OBEY_EVERY_S = 1.0
RETRY_S = 1.0
# No order has this id, so looking it up has no effect at the provider.
PROBE_KEY = "#probe"


class HealthWorker:
    """Watches one provider. Each of its loops runs until it is cancelled."""

    def __init__(
        self, provider: str, database: Database, clock: Clock, client: ProviderClient, runners: Sequence[Runner[Any]]
    ) -> None:
        """provider: its name. client: calls it. runners: settle payments and refunds;
        woken when the provider answers again."""
        self._provider = provider
        self._database = database
        self._clock = clock
        self._client = client
        self._runners = runners
        self._log = log.get(database.name)

    async def announce(self) -> None:
        """Announces each opening and closing of the breaker. When it closes, the payments that waited become due."""
        while True:
            self._client.changed.clear()
            try:
                await self._announce(self._client.state())
            except Exception as error:  # noqa: BLE001 - the database may be away for a while; it is announced later
                self._log.error("announcing health failed", **log.error_location(error))
                await self._clock.sleep(RETRY_S)
                continue
            await self._client.changed.wait()

    async def probe(self, ids: Ids) -> None:
        """Sends the provider harmless lookups while the breaker is half open, so that the breaker can close without a
        purchase."""
        while True:
            await self._clock.sleep(PROBE_EVERY_S * ids.jitter(*JITTER))
            if self._client.state() is not State.HALF_OPEN:
                continue
            try:
                waiting = await self._database.read(store.waiting, self._provider)
                await self._client.find(waiting.oldest_order_id or PROBE_KEY)
            except (NotSent, Unknown):
                continue  # the client has told its breaker
            except TransientRefusal:
                self._log.info("probing later")

    async def obey(self) -> None:
        """Forces the breaker open, or releases it, as the operator has told any replica."""
        while True:
            try:
                times_forced = self._client.times_forced
                is_open = await self._database.read(store.is_forced_open, self._provider)
                # A call of force() during the read is newer than the answer.
                if self._client.times_forced == times_forced:
                    self._client.force(is_open=is_open)
            except TransientRefusal:
                self._log.info("reading the operator's order later")
            await self._clock.sleep(OBEY_EVERY_S)

    async def gauges(self) -> list[Gauge]:
        """The state of the breaker, and the number and age of the payments that wait for the provider."""
        now, labels = self._client.state(), {"provider": self._provider}
        waiting = await self._database.read(store.waiting, self._provider)
        oldest_us = waiting.oldest_us or self._clock.now_us()
        age_s = (self._clock.now_us() - oldest_us) / SECOND_US
        return [
            Gauge(
                name="payments_unknown",
                help="Payments that wait for the provider's answer.",
                value=waiting.count,
                labels=labels,
            ),
            Gauge(
                name="payments_unknown_oldest_seconds",
                help="How long the oldest of them has waited.",
                value=age_s,
                labels=labels,
            ),
            *(
                Gauge(
                    name="breaker",
                    help="1 for the breaker's current state.",
                    value=float(now is state),
                    labels={**labels, "state": state.name},
                )
                for state in State
            ),
        ]

    async def _announce(self, state: State) -> None:
        if state is State.HALF_OPEN:
            return  # the probes decide soon whether it opens or closes
        now_us = self._clock.now_us()
        if await self._database.write(transactions.announce_health, self._provider, state.name, now_us=now_us):
            self._log.warning("provider", provider=self._provider, breaker=state.name)
        if state is State.CLOSED:
            await self._database.write(transactions.make_unsettled_due, self._provider, now_us=now_us)
            for runner in self._runners:
                runner.wake()
