"""Under overload, less important calls are refused first."""

import asyncio
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import grpc
import pytest
import pytest_asyncio
from grpc_health.v1 import health_pb2, health_pb2_grpc
from prometheus_client import CollectorRegistry

from eventhub import contract
from eventhub.catalog.v1.catalog_service_pb2 import SearchEventsRequest, SearchEventsResponse
from eventhub.contract import Method
from eventhub.refusal import Refusal
from eventhub.refusals import Overloaded, TooManyRequests
from eventhub.ticketing.v1.ticketing_service_pb2 import CheckInRequest, CheckInResponse
from services.kit.observe.metrics import Metrics
from services.kit.rpc.admission import RETRY_AFTER_MAX_S, Admission, Most
from services.kit.rpc.call import Call
from services.kit.rpc.queue_delay import INTERVAL_S
from tests.fakes.clock import FakeClock
from tests.fakes.ids import FakeIds
from tests.stage import Stage, until

BROWSE = "/eventhub.catalog.v1.CatalogService/SearchEvents"
HOLD = "/eventhub.inventory.v1.InventoryService/Hold"
CHECKOUT = "/eventhub.orders.v1.OrdersService/Checkout"
SCAN = "/eventhub.ticketing.v1.TicketingService/CheckIn"
WATCH = "/eventhub.inventory.v1.InventoryService/WatchSeats"
SCANNED = CheckInRequest(scan_id=f"scn_{1:026d}", event_id=f"evt_{1:026d}", code="x")
BY_CLASS = (BROWSE, HOLD, CHECKOUT, SCAN)


def method(path: str) -> Method:
    return contract.by_path()[path]


def metrics() -> Metrics:
    return Metrics(CollectorRegistry())


def admission_of(calls: int = 400, watches: int = 5_000, clock: FakeClock | None = None) -> Admission:
    jitter = FakeIds().jitter
    return Admission(clock or FakeClock(), jitter, metrics(), most=Most(calls=calls, watches=watches))


def most(
    admission: Admission, path: str, stack: ExitStack, who: str = "", address: str = ""
) -> tuple[int, type[Refusal]]:
    """The number of calls of a method that are admitted before one is refused, and its reason."""
    for count in range(1_000):
        try:
            stack.enter_context(admission.enter(method(path), who, address))
        except (Overloaded, TooManyRequests) as refused:
            return count, type(refused)
    raise AssertionError("there is no bound")


def test_each_class_keeps_room_for_those_above_it() -> None:
    admission = admission_of(calls=10, watches=10)

    with ExitStack() as stack:
        let_in = [most(admission, path, stack)[0] for path in BY_CLASS]

    assert let_in == [5, 2, 1, 2]


def test_watchers_do_not_crowd_out_buyers() -> None:
    admission = admission_of(calls=10, watches=4)

    with ExitStack() as stack:
        assert most(admission, WATCH, stack) == (2, Overloaded)
        assert most(admission, HOLD, stack) == (7, Overloaded)


@pytest.mark.parametrize(("path", "bound"), [(WATCH, Most().watches_per_caller), (HOLD, Most().calls_per_caller)])
def test_one_caller_does_only_so_much_at_once(path: str, bound: int) -> None:
    admission = admission_of()

    with ExitStack() as stack:
        assert most(admission, path, stack, "gst_ana") == (bound, TooManyRequests)
        assert most(admission, path, stack, "gst_leo") == (bound, TooManyRequests)
    with ExitStack() as stack:
        assert most(admission, path, stack, "gst_ana") == (bound, TooManyRequests)


@pytest.mark.parametrize(("path", "bound"), [(WATCH, 70), (HOLD, 7)])
def test_all_callers_at_an_address_do_only_so_much_at_once(path: str, bound: int) -> None:
    admission = Admission(
        FakeClock(), FakeIds().jitter, metrics(), most=Most(calls_per_address=7, watches_per_address=70)
    )

    with ExitStack() as stack:
        for n in range(bound):
            stack.enter_context(admission.enter(method(path), f"gst_{n}", "203.0.113.7"))
        assert most(admission, path, stack, "gst_one_more", "203.0.113.7") == (0, TooManyRequests)
        assert most(admission, path, stack, "", "203.0.113.8")[0] > 0
    with ExitStack() as stack:
        assert most(admission, path, stack, "gst_one_more", "203.0.113.7")[0] > 0


def test_a_place_is_given_back() -> None:
    admission = admission_of(calls=2)

    for _ in range(10):
        with pytest.raises(ZeroDivisionError), admission.enter(method(HOLD), "gst_ana", "10.0.0.1"):
            raise ZeroDivisionError


def queued(admission: Admission, clock: FakeClock, delay_s: float) -> None:
    """Makes calls queue that long for more than an interval."""
    for _ in range(2):
        clock.advance(2 * INTERVAL_S)
        admission.queueing.note(delay_s, clock.monotonic())


@pytest.mark.parametrize(
    ("delay_s", "refused"),
    [(0.0, 0), (0.1, 0), (0.15, 1), (0.45, 1), (0.55, 2), (0.9, 2), (1.1, 3), (60.0, 3)],
)
def test_the_longer_calls_queue_the_more_classes_are_refused(delay_s: float, refused: int) -> None:
    clock = FakeClock()
    admission = admission_of(clock=clock)
    queued(admission, clock, delay_s)

    for path in BY_CLASS[refused:]:
        admission.knock(method(path))
    for path in BY_CLASS[:refused]:
        with pytest.raises(Overloaded):
            admission.knock(method(path))


def test_a_refusal_says_when_to_retry_and_later_under_more_load() -> None:
    clock, heard = FakeClock(), []
    admission = admission_of(clock=clock)

    for delay_s in (0.2, 0.4, 100.0):
        queued(admission, clock, delay_s)
        with pytest.raises(Overloaded) as refused:
            admission.knock(method(BROWSE))
        heard.append(refused.value.retry_after_s)

    assert heard == [2.0, 4.0, RETRY_AFTER_MAX_S]


def test_those_who_are_refused_do_not_all_come_back_at_once() -> None:
    clock, asked = FakeClock(), []

    def jitter(low: float, high: float) -> float:
        asked.append((low, high))
        return high

    admission = Admission(clock, jitter, metrics(), most=Most(calls=0))
    with pytest.raises(Overloaded) as refused:
        admission.enter(method(BROWSE), "", "")

    assert (asked, refused.value.retry_after_s) == ([(0.5, 1.5)], 1.5)


class Crowd:
    """Counts the callers it has served. block: runs before it answers."""

    def __init__(self) -> None:
        self.served = 0
        self.block: Callable[[], None] = lambda: None

    async def SearchEvents(self, request: SearchEventsRequest, call: Call) -> SearchEventsResponse:
        self.served += 1
        self.block()
        return SearchEventsResponse()

    async def CheckIn(self, request: CheckInRequest, call: Call) -> CheckInResponse:
        self.served += 1
        return CheckInResponse()


@pytest_asyncio.fixture
async def crowd(stage: Stage) -> Crowd:
    stage.platform.runtime.settings = replace(stage.platform.runtime.settings, queue_probe_s=0.1)
    one = Crowd()
    stage.script("catalog", CatalogService=one)
    stage.script("ticketing", TicketingService=one)
    await stage.start()
    return one


async def block(stage: Stage) -> None:
    """Twice, the loop is blocked for a second while a probe waits."""
    queueing = stage.platform.admission.queueing
    for _ in range(2):
        await stage.anyone().catalog.SearchEvents(SearchEventsRequest())
        stage.clock.advance(0.1)
        while queueing._sent_s is None:
            await asyncio.sleep(0)  # the probe is answered as soon as the loop is free
        stage.clock.pass_unseen(1.0)
        await until(lambda: queueing._sent_s is None)


async def test_while_the_loop_is_blocked_browsing_is_refused_and_check_in_passes(stage: Stage, crowd: Crowd) -> None:
    await block(stage)
    served = crowd.served

    with pytest.raises(Overloaded) as refused:
        await stage.anyone().catalog.SearchEvents(SearchEventsRequest())
    assert crowd.served == served
    await stage.gate(f"evt_{1:026d}").ticketing.CheckIn(SCANNED)
    assert crowd.served == served + 1
    assert (refused.value.retry_after_s or 0) > 1.0

    for _ in range(3):  # without calls there is no queue
        stage.clock.advance(2 * INTERVAL_S)
        await until(lambda: stage.platform.admission.queueing._since_s == stage.clock.monotonic())
    await stage.anyone().catalog.SearchEvents(SearchEventsRequest())


async def test_a_refusal_also_tells_grpc_when_to_retry(stage: Stage, crowd: Crowd) -> None:
    await block(stage)

    async with grpc.aio.insecure_channel(f"127.0.0.1:{stage.platform.port}") as wire:
        ask: grpc.aio.UnaryUnaryMultiCallable[bytes, bytes] = wire.unary_unary(BROWSE)
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await ask(b"")
        health: Any = health_pb2_grpc.HealthStub(wire)
        answer = await health.Check(health_pb2.HealthCheckRequest())

    assert refused.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    pushback = dict(refused.value.trailing_metadata() or ())["grpc-retry-pushback-ms"]
    assert int(pushback) > 1_000
    assert answer.status == health_pb2.HealthCheckResponse.SERVING
