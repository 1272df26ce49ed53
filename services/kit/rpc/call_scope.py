"""The scope of a call, from its first moment to its last: its time limit, the refusal that an error becomes, and its
records: one line in the log, one count in the metrics, one span."""

import asyncio
from types import TracebackType

import structlog

from eventhub.contract import Method
from eventhub.refusal import Refusal
from eventhub.refusals import DeadlinePassed, Internal
from services.kit.observe import log, tracing
from services.kit.observe.metrics import Calls, Metrics
from services.kit.observe.tracing import Span, Tracer
from services.kit.rpc.call import WORK_MIN_S, Call

OK, CANCELLED = "OK", "CANCELLED"
# The contract's name for the context of grpc.health.v1.
HEALTH = "health"


class CallLog:
    """Records calls: in the log, in the metrics and, if there is a tracer, as spans."""

    def __init__(self, metrics: Metrics, tracer: Tracer | None) -> None:
        """tracer: None if spans are not recorded."""
        self.metrics = metrics
        self.tracer = tracer
        self.log: structlog.stdlib.BoundLogger = log.get("rpc")

    def span(self, method: Method, parent: str) -> Span | None:
        """Begins the span of a call; None if spans are not recorded.

        parent: the caller's traceparent; empty if there is none.
        """
        if self.tracer is None:
            return None
        return self.tracer.begin(method.path[1:], parent, served=True)

    def refused(self, method: Method, refusal: Refusal, request_id: str) -> None:
        """Records a call that was refused before its message was read."""
        calls, queued_ms = self.metrics.of(method), round(self.metrics.queueing_s * 1000)
        calls.under_way += 1
        calls.ended(refusal.reason, 0.0)
        log.info_fast(
            "rpc", "call", method=method.path, outcome=refusal.reason, queued_ms=queued_ms, request_id=request_id
        )


class CallScope:
    """The scope of a call, as an async context manager. Only Refusals leave it; any other exception becomes Internal
    and its text is withheld, since it may hold secrets or personal data. A class costs less than @asynccontextmanager,
    and every call enters one."""

    __slots__ = ("_call", "_call_log", "_counts", "_left_s", "_queued_s", "_span", "_started", "_timeout")

    def __init__(
        self, call: Call, call_log: CallLog, span: Span | None, *, left_s: float | None, watched_s: float | None
    ) -> None:
        """left_s: seconds until the deadline; None without one. watched_s: seconds after which to cancel the call here;
        None if gRPC does so."""
        self._call = call
        self._call_log = call_log
        self._span = span
        self._left_s = left_s
        self._timeout = None if watched_s is None else asyncio.timeout(watched_s)
        self._started = call.clock.monotonic()
        self._queued_s = call_log.metrics.queueing_s
        self._counts: Calls = call_log.metrics.of(call.method)

    async def __aenter__(self) -> Call:
        """Counts the call and starts its time limit. Raises DeadlinePassed if it has too little time to do anything."""
        self._counts.under_way += 1
        if self._left_s is not None and self._left_s < WORK_MIN_S:
            self._note(DeadlinePassed.reason)
            raise DeadlinePassed(method=self._call.method.path)
        if self._timeout is not None:
            await self._timeout.__aenter__()
        return self._call

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Records the outcome, and turns errors other than Refusals into Internal or DeadlinePassed."""
        if self._timeout is not None:
            try:
                await self._timeout.__aexit__(kind, error, trace)
            except TimeoutError as late:
                error = late
        if error is None:
            self._note(OK)
            return
        refused = self._refusal(error)
        self._note(CANCELLED if refused is None else refused.reason)
        try:
            if refused is not None and refused is not error:
                raise refused from error
        finally:
            # Each of them refers to this frame by its traceback. That cycle would keep the request in memory until the
            # garbage collector runs.
            del refused, error

    def _note(self, outcome: str) -> None:
        call = self._call
        took_s = call.clock.monotonic() - self._started
        self._counts.ended(outcome, took_s)
        if self._span is not None:
            self._span.end(outcome)
        if call.method.context == HEALTH:
            return  # probes ask several times a second
        log.info_fast(
            "rpc",
            "call",
            method=call.method.path,
            caller=call.caller.subject_id or call.caller.service,
            organizer_id=call.caller.organizer_id,
            outcome=outcome,
            ms=round(took_s * 1000, 2),
            left_ms=None if self._left_s is None else round(self._left_s * 1000),
            queued_ms=round(self._queued_s * 1000, 1),
            bytes_in=call.bytes_in,
            bytes_out=call.bytes_out,
            request_id=call.request_id,
            trace_id=tracing.trace_id(call.trace),
        )

    def _refusal(self, error: BaseException) -> Refusal | None:
        """The refusal for an error; None if the caller has cancelled the call."""
        if isinstance(error, Refusal):
            return error
        if isinstance(error, asyncio.CancelledError | GeneratorExit):
            return None
        call = self._call
        if isinstance(error, TimeoutError):
            return DeadlinePassed(method=call.method.path)
        self._call_log.log.error(
            "mistake",
            method=call.method.path,
            request_id=call.request_id,
            trace_id=tracing.trace_id(call.trace),
            **log.error_location(error),
        )
        return Internal(request_id=call.request_id)
