"""W3C trace context: the trace that a call, its facts and the work they cause belong to.

A traceparent is "00-<trace id>-<span id>-<flags>". It is passed on even if no spans are recorded. Recording spans is
optional, see services.kit.observe.spans.
"""

import contextvars
import re
from types import TracebackType
from typing import Protocol

KEY = "traceparent"
# Version ff is forbidden, and an id of zeros means none. Later versions may append fields, which are cut off.
TRACEPARENT = re.compile(r"(?!ff)[0-9a-f]{2}-((?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2})(-.*)?")


class Span(Protocol):
    """A span that has begun and not ended."""

    @property
    def traceparent(self) -> str:
        """The traceparent for everything that happens inside the span."""

    def end(self, outcome: str) -> None:
        """Ends the span. outcome: "OK", "CANCELLED" or the reason of a Refusal."""


class Tracer(Protocol):
    """Records spans and sends them to a collector."""

    def begin(self, name: str, parent: str, *, served: bool) -> Span:
        """Begins a span.

        parent: traceparent of the span around it; empty to begin a trace. served: True for a call, False for the effect
        of a fact, which has no caller that waits.
        """

    def close(self) -> None:
        """Sends the recorded spans. May take a few seconds."""


# The traceparent of the current work; empty for none.
trace: contextvars.ContextVar[str] = contextvars.ContextVar("trace", default="")
# The Tracer for loops and the work they start.
recorder: contextvars.ContextVar[Tracer | None] = contextvars.ContextVar("recorder", default=None)


def parse(header: str) -> str:
    """Normalizes a traceparent from outside to version 00; empty if it is malformed."""
    if not header:
        return ""
    found = TRACEPARENT.fullmatch(header)
    if found is None or (header.startswith("00") and found[2]):
        return ""
    return f"00-{found[1]}"


def trace_id(traceparent: str) -> str:
    """The trace id in a traceparent."""
    return traceparent[3:35]


class ConsumerSpan:
    """The span around the effect of a fact, as a context manager. It continues the trace of the work that caused the
    fact."""

    __slots__ = ("_name", "_outer", "_parent", "_span")

    def __init__(self, name: str, parent: str) -> None:
        """name: name of the span, such as "ticketing takes OrderPaid". parent: the fact's traceparent; may be empty."""
        self._name = name
        self._parent = parent
        self._span: Span | None = None

    def __enter__(self) -> None:
        """Begins the span, and makes it the current trace."""
        tracer = recorder.get()
        if tracer is not None:
            self._span = tracer.begin(self._name, self._parent, served=False)
        self._outer = trace.set(self._parent if self._span is None else self._span.traceparent)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace_: TracebackType | None
    ) -> None:
        """Ends the span, and restores the outer trace."""
        trace.reset(self._outer)
        if self._span is not None:
            self._span.end("OK" if kind is None else kind.__name__)
