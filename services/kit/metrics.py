"""Figures for Prometheus. What happens at every call is counted through children that are bound once a method; what
can be read off is read when somebody asks; what needs SQL is read every few seconds by the context that owns it."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.process_collector import ProcessCollector

from eventhub.contract import DEADLINE_S, Method
from services.kit import log
from services.kit.clock import Clock

READ_EVERY_S = 5.0
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


@dataclass(frozen=True, slots=True)
class Reading:
    """A figure that was read off. name: without the prefix, for example "orders_unfinished"; seconds end in _seconds.
    about: one sentence, the same for every reading of a name. labels: of few values, and the same names for a name."""

    name: str
    about: str
    value: float
    labels: dict[str, str] = field(default_factory=dict)


# Reads some figures off: cheap, and without waiting for anything but one read of a database.
Gauges = Callable[[], Awaitable[Sequence[Reading]]]


class Calls:
    """The figures of one method."""

    __slots__ = ("_by_outcome", "_counter", "_seconds", "labels", "lasting", "under_way")

    def __init__(self, method: Method, counter: Counter, seconds: Histogram) -> None:
        """Binds the method's children."""
        self.labels = (method.context, method.path.rpartition(".")[2])
        self.lasting = DEADLINE_S[method.rules.deadline] is None
        self.under_way = 0
        self._counter = counter
        self._seconds = seconds.labels(*self.labels)
        self._by_outcome: dict[str, Counter] = {}

    def ended(self, outcome: str, seconds: float) -> None:
        """A call has ended. outcome: "OK", "CANCELLED" or a refusal's reason."""
        self.under_way -= 1
        counted = self._by_outcome.get(outcome)
        if counted is None:
            counted = self._by_outcome[outcome] = self._counter.labels(*self.labels, outcome)
        counted.inc()
        if not self.lasting:
            self._seconds.observe(seconds)


class Metrics:
    """The figures of a process. queueing_s: how long calls queue at the moment before they are begun."""

    def __init__(self, registry: CollectorRegistry) -> None:
        """registry: what is asked for at the metrics port."""
        self.registry = registry
        self.queueing_s = 0.0
        self._calls: dict[str, Calls] = {}
        self._readings: dict[str, Sequence[Reading]] = {}
        labels = ("context", "method")
        self._counter = Counter(
            "eventhub_calls", "Calls by outcome: OK, CANCELLED or the reason.", (*labels, "outcome"), registry=registry
        )
        self._seconds = Histogram(
            "eventhub_call_seconds", "How long calls took; not of watches.", labels, registry=registry, buckets=SECONDS
        )
        self.writes = Histogram(
            "eventhub_write_seconds",
            "From asking for a transaction that writes until it is durable.",
            ("database",),
            registry=registry,
            buckets=SECONDS,
        )
        self.shed = Counter("eventhub_shed", "Calls refused for want of room.", ("shedding", "why"), registry=registry)
        registry.register(self)
        ProcessCollector(registry=registry)

    def of(self, method: Method) -> Calls:
        """The figures of a method."""
        calls = self._calls.get(method.path)
        if calls is None:
            calls = self._calls[method.path] = Calls(method, self._counter, self._seconds)
        return calls

    def put(self, source: str, readings: Sequence[Reading]) -> None:
        """Replaces what was read off a source."""
        self._readings[source] = readings

    def collect(self) -> Iterable[Metric]:
        """What can be read off now, for the registry."""
        under_way = GaugeMetricFamily(
            "eventhub_calls_under_way", "Calls that have begun and not ended.", labels=("context", "method")
        )
        streams = GaugeMetricFamily("eventhub_streams_open", "Watches and feeds.", labels=("context", "method"))
        for calls in list(self._calls.values()):
            (streams if calls.lasting else under_way).add_metric(calls.labels, calls.under_way)
        queueing = GaugeMetricFamily("eventhub_queueing_seconds", "How long calls queue before they are begun.")
        queueing.add_metric((), self.queueing_s)
        return [under_way, streams, queueing, *self._families()]

    def _families(self) -> Iterable[Metric]:
        families: dict[str, GaugeMetricFamily] = {}
        for readings in list(self._readings.values()):
            for one in readings:
                names = tuple(one.labels)
                if one.name not in families:
                    families[one.name] = GaugeMetricFamily(f"eventhub_{one.name}", one.about, labels=names)
                families[one.name].add_metric(tuple(one.labels.values()), one.value)
        return families.values()


async def keep_reading(name: str, gauges: Iterable[Gauges], metrics: Metrics, clock: Clock) -> None:
    """Reads a context's figures off for ever. What cannot be read is not told: no figure is better than an old one."""
    journal = log.get(name)
    while True:
        for n, read in enumerate(gauges):
            try:
                metrics.put(f"{name} {n}", await read())
            except Exception as error:  # noqa: BLE001 - the database may be away for a while; reading goes on
                metrics.put(f"{name} {n}", ())
                journal.warning("figures not read", **log.place(error))
        await clock.sleep(READ_EVERY_S)
