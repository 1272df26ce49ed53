"""How the provider is doing: told to the other contexts, and tried out while the breaker is half open."""

from eventhub.refusals import Overloaded, Unavailable
from services.kit.db import Database
from services.kit.observe import Gauge, log
from services.kit.values import SECOND_US, Clock, Ids
from services.kit.work import JITTER, Runner, State
from services.payments import store, transactions
from services.payments.gateway import NotSent, Unknown
from services.payments.line import Line

PROBE_EVERY_S = 0.3
OBEY_EVERY_S = 1.0
RETRY_S = 1.0
# No order is called that: asking for it does nothing at the provider.
PROBE_KEY = "#probe"


class Health:
    """Watches one provider for ever."""

    def __init__(self, provider: str, database: Database, clock: Clock, line: Line, runner: Runner) -> None:
        """provider: its name. line: to it. runner: settles payments; woken when the provider is back."""
        self._provider = provider
        self._database = database
        self._clock = clock
        self._line = line
        self._runner = runner
        self._log = log.get(database.name)

    async def tell(self) -> None:
        """Announces when the breaker opens or closes, and has everything settled that waited for it to close."""
        while True:
            self._line.changed.clear()
            try:
                await self._tell(self._line.state())
            except Exception as error:  # noqa: BLE001 - the database may be away for a while; what is to tell remains
                self._log.error("telling health failed", **log.error_location(error))
                await self._clock.sleep(RETRY_S)
                continue
            await self._line.changed.wait()

    async def probe(self, ids: Ids) -> None:
        """Asks the provider small questions while the breaker is half open: nobody has to buy something to find out
        that it is well again."""
        while True:
            await self._clock.sleep(PROBE_EVERY_S * ids.jitter(*JITTER))
            if self._line.state() is not State.HALF_OPEN:
                continue
            try:
                waiting = await self._database.read(store.waiting)
                await self._line.find(waiting.oldest_order_id or PROBE_KEY)
            except (NotSent, Unknown):
                continue  # the breaker has heard it
            except (Overloaded, Unavailable):
                self._log.info("probing later")

    async def obey(self) -> None:
        """Opens the breaker, or leaves it to itself again, as the operator said to any replica."""
        while True:
            try:
                said = self._line.times_forced
                is_open = await self._database.read(store.is_forced_open, self._provider)
                if self._line.times_forced == said:  # else this may be older than what was said here meanwhile
                    self._line.force(is_open=is_open)
            except (Overloaded, Unavailable):
                self._log.info("asking what the operator said later")
            await self._clock.sleep(OBEY_EVERY_S)

    async def gauges(self) -> list[Gauge]:
        """Where the breaker stands, and what the provider has left open."""
        now, labels = self._line.state(), {"provider": self._provider}
        open_now = await self._database.read(store.waiting)
        oldest_us = open_now.oldest_us or self._clock.now_us()
        age_s = (self._clock.now_us() - oldest_us) / SECOND_US
        return [
            Gauge("payments_unknown", "Payments whose outcome is not known.", open_now.count, labels),
            Gauge("payments_unknown_oldest_seconds", "How long the oldest has been open.", age_s, labels),
            *(
                Gauge("breaker", "1 for the state it is in.", float(now is state), {**labels, "state": state.name})
                for state in State
            ),
        ]

    async def _tell(self, state: State) -> None:
        if state is State.HALF_OPEN:
            return  # neither opened nor closed: that is found out now
        now_us = self._clock.now_us()
        if await self._database.write(transactions.tell_health, self._provider, state.name, now_us=now_us):
            self._log.warning("provider", provider=self._provider, breaker=state.name)
        if state is State.CLOSED:
            await self._database.write(transactions.hurry_unsettled, now_us=now_us)
            self._runner.wake()
