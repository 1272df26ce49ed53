"""Trace context as W3C has it: which trace something belongs to, across calls, facts and the work that follows.

A traceparent is "00-<trace id>-<span id>-<flags>". It is passed on whether or not anybody records spans; spans
themselves are an extra, see services.kit.spans.
"""

import contextvars
import re
from types import TracebackType
from typing import Protocol

KEY = "traceparent"
# Version ff is forbidden; ids of zeros mean none. Later versions may say more behind, which is cut off.
TRACEPARENT = re.compile(r"(?!ff)[0-9a-f]{2}-((?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2})(-.*)?")


class Span(Protocol):
    """A span that has begun. traceparent: what happens within it is traced under that."""

    @property
    def traceparent(self) -> str:
        """Its place in the trace."""

    def end(self, outcome: str) -> None:
        """It is over. outcome: "OK", a refusal's reason, or "CANCELLED"."""


class Tracer(Protocol):
    """Records spans."""

    def begin(self, name: str, parent: str, *, served: bool) -> Span:
        """Begins a span. parent: the traceparent it belongs under; empty: it begins a trace. served: whether somebody
        waits for an answer; False for what follows from a fact."""

    def close(self) -> None:
        """Sends what has been recorded. May take a few seconds."""


# What is being done now belongs to this trace; empty: to none.
trace: contextvars.ContextVar[str] = contextvars.ContextVar("trace", default="")
# Who records what is done by loops and the work they start.
recorder: contextvars.ContextVar[Tracer | None] = contextvars.ContextVar("recorder", default=None)


def parse(header: str) -> str:
    """A traceparent from outside in the form it is passed on in; empty where it is none."""
    if not header:
        return ""
    found = TRACEPARENT.fullmatch(header)
    if found is None or (header.startswith("00") and found[2]):
        return ""
    return f"00-{found[1]}"


def trace_id(traceparent: str) -> str:
    """The trace in a traceparent."""
    return traceparent[3:35]


class ConsumerSpan:
    """What follows from a fact, as a context: it belongs to the fact's trace."""

    __slots__ = ("_name", "_outer", "_parent", "_span")

    def __init__(self, name: str, parent: str) -> None:
        """name: what is done, for example "ticketing takes OrderPaid". parent: the fact's traceparent, may be empty."""
        self._name = name
        self._parent = parent
        self._span: Span | None = None

    def __enter__(self) -> None:
        """Begins."""
        tracer = recorder.get()
        if tracer is not None:
            self._span = tracer.begin(self._name, self._parent, served=False)
        self._outer = trace.set(self._parent if self._span is None else self._span.traceparent)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace_: TracebackType | None
    ) -> None:
        """Ends."""
        trace.reset(self._outer)
        if self._span is not None:
            self._span.end("OK" if kind is None else kind.__name__)
