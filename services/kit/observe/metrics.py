"""Metrics for Prometheus. Events of every call are counted in plain numbers, which are formatted only when Prometheus
reads them. Figures that need SQL are read every few seconds by the context that owns the database."""

from bisect import bisect_left
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import accumulate

from prometheus_client import CollectorRegistry, Counter
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.process_collector import ProcessCollector

from eventhub.contract import Method
from services.kit.observe import log
from services.kit.values.clock import Clock

READ_EVERY_S = 5.0
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
BOUNDS = (*map(str, SECONDS), "+Inf")


@dataclass(frozen=True, slots=True, kw_only=True)
class Gauge:
    """A figure that was measured.

    name: without the prefix eventhub_, such as "orders_unfinished"; a figure in seconds ends in _seconds.
    help: one sentence, the same for every Gauge with this name.
    labels: with few possible values each, and the same label names for every Gauge with this name.
    total: whether it only grows.
    """

    name: str
    help: str
    value: float
    labels: dict[str, str] = field(default_factory=dict)
    total: bool = False


# Measures some figures. It must be cheap and wait for nothing but one read of a database.
Gauges = Callable[[], Awaitable[Sequence[Gauge]]]


class Durations:
    """A histogram of durations in plain numbers, for use on the event loop. The library's own histogram costs five
    times as much per call."""

    __slots__ = ("_counts", "_sum_s")

    def __init__(self) -> None:
        self._counts = [0] * (len(SECONDS) + 1)
        self._sum_s = 0.0

    def add(self, seconds: float) -> None:
        """Adds one duration to the sum and to its bucket."""
        self._counts[bisect_left(SECONDS, seconds)] += 1
        self._sum_s += seconds

    def told(self) -> tuple[list[tuple[str, float]], float]:
        """Prometheus's form: for each bound the number of durations up to it, and the sum of all durations."""
        return list(zip(BOUNDS, accumulate(self._counts), strict=True)), self._sum_s


class Calls:
    """The figures of one method.

    under_way: number of running calls. lasting: whether it is a watch or a feed, whose duration says nothing.
    outcomes: number of ended calls, by outcome.
    """

    __slots__ = ("durations", "labels", "lasting", "outcomes", "under_way")

    def __init__(self, method: Method) -> None:
        self.labels = (method.context, method.path.rpartition(".")[2])
        self.lasting = method.deadline_s is None
        self.under_way = 0
        self.outcomes: dict[str, int] = {}
        self.durations = Durations()

    def ended(self, outcome: str, seconds: float) -> None:
        """Counts the end of a call. outcome: "OK", "CANCELLED" or the reason of a Refusal."""
        self.under_way -= 1
        self.outcomes[outcome] = self.outcomes.get(outcome, 0) + 1
        if not self.lasting:
            self.durations.add(seconds)


class Writes:
    """The figures of one database. waiting: number of writes that are not durable yet."""

    __slots__ = ("durations", "waiting")

    def __init__(self) -> None:
        self.waiting = 0
        self.durations = Durations()

    def ended(self, seconds: float) -> None:
        """Counts the end of a write."""
        self.waiting -= 1
        self.durations.add(seconds)


class Metrics:
    """The figures of a process.

    queueing_s: how long calls queue now before they begin. loop_lag_s: how late the event loop's last timer fired.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        """registry: the registry that the metrics port serves."""
        self.registry = registry
        self.queueing_s = self.loop_lag_s = 0.0
        self._calls: dict[str, Calls] = {}
        self._readings: dict[str, Sequence[Gauge]] = {}
        self._writes: dict[str, Writes] = {}
        self.shed = Counter("eventhub_shed", "Calls refused for want of room.", ("shedding", "why"), registry=registry)
        registry.register(self)
        ProcessCollector(registry=registry)

    def of(self, method: Method) -> Calls:
        """The figures of a method, made at its first call."""
        calls = self._calls.get(method.path)
        if calls is None:
            calls = self._calls[method.path] = Calls(method)
        return calls

    def writes(self, database: str) -> Writes:
        """The figures of a database, made when first asked for."""
        return self._writes.setdefault(database, Writes())

    def put(self, source: str, readings: Sequence[Gauge]) -> None:
        """Replaces the figures of a source."""
        self._readings[source] = readings

    def collect(self) -> Iterable[Metric]:
        """All figures in the library's form. The registry calls this when Prometheus reads the metrics."""
        queueing = gauge("queueing_seconds", "How long calls queue before they are begun.", self.queueing_s)
        loop_lag = gauge("loop_lag_seconds", "How late the event loop did its last tick.", self.loop_lag_s)
        return [*self._of_calls(), *self._of_writes(), queueing, loop_lag, *self._families()]

    def _of_calls(self) -> Iterable[Metric]:
        labels = ("context", "method")
        ended = CounterMetricFamily(
            "eventhub_calls", "Calls by outcome: OK, CANCELLED or the reason.", labels=(*labels, "outcome")
        )
        took = HistogramMetricFamily("eventhub_call_seconds", "How long calls took; not of watches.", labels=labels)
        under_way = GaugeMetricFamily("eventhub_calls_under_way", "Calls that have begun and not ended.", labels=labels)
        streams = GaugeMetricFamily("eventhub_streams_open", "Watches and feeds.", labels=labels)
        for calls in list(self._calls.values()):
            (streams if calls.lasting else under_way).add_metric(calls.labels, calls.under_way)
            for outcome, count in list(calls.outcomes.items()):
                ended.add_metric((*calls.labels, outcome), count)
            if not calls.lasting:
                took.add_metric(calls.labels, *calls.durations.told())
        return ended, took, under_way, streams

    def _of_writes(self) -> Iterable[Metric]:
        took = HistogramMetricFamily(
            "eventhub_write_seconds",
            "From asking for a transaction that writes until it is durable.",
            labels=("database",),
        )
        waiting = GaugeMetricFamily("eventhub_writes_waiting", "Writes not durable yet.", labels=("database",))
        for database, writes in list(self._writes.items()):
            took.add_metric((database,), *writes.durations.told())
            waiting.add_metric((database,), writes.waiting)
        return took, waiting

    def _families(self) -> Iterable[Metric]:
        families: dict[str, GaugeMetricFamily | CounterMetricFamily] = {}
        for one in (one for readings in list(self._readings.values()) for one in readings):
            if one.name not in families:
                kind = CounterMetricFamily if one.total else GaugeMetricFamily
                families[one.name] = kind(f"eventhub_{one.name}", one.help, labels=tuple(one.labels))
            families[one.name].add_metric(tuple(one.labels.values()), one.value)
        return families.values()


def gauge(name: str, help_text: str, value: float) -> GaugeMetricFamily:
    """Formats one figure without labels."""
    family = GaugeMetricFamily(f"eventhub_{name}", help_text)
    family.add_metric((), value)
    return family


async def keep_reading(name: str, gauges: Iterable[Gauges], metrics: Metrics, clock: Clock) -> None:
    """Measures a context's figures every few seconds, for ever. If that fails they are left out: no figure is better
    than an old one."""
    journal = log.get(name)
    while True:
        for n, read in enumerate(gauges):
            try:
                metrics.put(f"{name} {n}", await read())
            except Exception as error:  # noqa: BLE001 - the database may be away for a while, so the loop goes on
                metrics.put(f"{name} {n}", ())
                journal.warning("figures not read", **log.error_location(error))
        await clock.sleep(READ_EVERY_S)
