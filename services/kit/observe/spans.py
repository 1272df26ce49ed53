"""Spans by OpenTelemetry, an extra: imported only where it is installed and somebody is to be told (see
services.kit.process). The standard OTEL_* environment says whom, how much is recorded, and under which name."""

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from services.kit.observe import tracing

W3C = TraceContextTextMapPropagator()
FINE = "OK"


class OpenSpan:
    """A span that has begun."""

    __slots__ = ("_span", "traceparent")

    def __init__(self, span: trace.Span) -> None:
        """span: OpenTelemetry's."""
        self._span = span
        context = span.get_span_context()
        self.traceparent = f"00-{context.trace_id:032x}-{context.span_id:016x}-{int(context.trace_flags):02x}"

    def end(self, outcome: str) -> None:
        """It is over. Nothing but the outcome is told of it: what was asked and answered is personal."""
        self._span.set_attribute("eventhub.outcome", outcome)
        if outcome != FINE:
            self._span.set_status(trace.StatusCode.ERROR)
        self._span.end()


class Spans:
    """Records spans with a provider."""

    def __init__(self, provider: TracerProvider) -> None:
        """provider: says what becomes of them."""
        self._provider = provider
        self._tracer = provider.get_tracer("eventhub")

    def begin(self, name: str, parent: str, *, served: bool) -> OpenSpan:
        """Begins a span."""
        context = W3C.extract({tracing.KEY: parent}, context=Context()) if parent else Context()
        kind = trace.SpanKind.SERVER if served else trace.SpanKind.CONSUMER
        attributes = {"rpc.system": "grpc", "rpc.method": name} if served else {}
        return OpenSpan(self._tracer.start_span(name, context, kind, attributes))

    def close(self) -> None:
        """Sends what has been recorded."""
        self._provider.shutdown()


def opened(service: str) -> Spans:
    """Spans that are sent to where OTEL_EXPORTER_OTLP_ENDPOINT says. service: the name this process is told under."""
    provider = TracerProvider(resource=Resource.create({SERVICE_NAME: service}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return Spans(provider)
