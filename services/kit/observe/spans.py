"""Records spans with OpenTelemetry, an optional dependency. services.kit.process.program imports this module only if it
is installed and an endpoint is configured. The standard OTEL_* variables set endpoint, sampling and name."""

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
    """A span that has begun and not ended."""

    __slots__ = ("_span", "traceparent")

    def __init__(self, span: trace.Span) -> None:
        self._span = span
        context = span.get_span_context()
        self.traceparent = f"00-{context.trace_id:032x}-{context.span_id:016x}-{int(context.trace_flags):02x}"

    def end(self, outcome: str) -> None:
        """Ends the span. Only the outcome is recorded, because requests and responses contain personal data."""
        self._span.set_attribute("eventhub.outcome", outcome)
        if outcome != FINE:
            self._span.set_status(trace.StatusCode.ERROR)
        self._span.end()


class Spans:
    """A Tracer that records spans with OpenTelemetry."""

    def __init__(self, provider: TracerProvider) -> None:
        """provider: exports the spans."""
        self._provider = provider
        self._tracer = provider.get_tracer("eventhub")

    def begin(self, name: str, parent: str, *, served: bool) -> OpenSpan:
        """Begins a span; see the port."""
        context = W3C.extract({tracing.KEY: parent}, context=Context()) if parent else Context()
        kind = trace.SpanKind.SERVER if served else trace.SpanKind.CONSUMER
        attributes = {"rpc.system": "grpc", "rpc.method": name} if served else {}
        return OpenSpan(self._tracer.start_span(name, context, kind, attributes))

    def close(self) -> None:
        """Sends the recorded spans and shuts the exporter down."""
        self._provider.shutdown()


def opened(service: str) -> Spans:
    """A Tracer that sends spans to OTEL_EXPORTER_OTLP_ENDPOINT. service: the name of this process in traces."""
    provider = TracerProvider(resource=Resource.create({SERVICE_NAME: service}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return Spans(provider)
