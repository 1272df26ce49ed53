"""A whole purchase seen from outside: one trace over all contexts, and no personal data in logs, spans and metrics."""

import io
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest_asyncio
import structlog
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from prometheus_client import generate_latest

from eventhub.client import EventHub, new_guest_id, new_id
from eventhub.identity.v1.identity_service_pb2 import StartGuestRequest
from eventhub.orders.v1.orders_pb2 import ORDER_STATE_PAID
from eventhub.ticketing.v1.ticketing_pb2 import TICKET_FORMAT_SVG
from eventhub.ticketing.v1.ticketing_service_pb2 import ListTicketsRequest, RenderTicketRequest
from services.kit.observe import log
from services.kit.observe.spans import Spans
from services.kit.process.platform import Platform
from services.kit.values.clock import SystemClock
from services.kit.values.config import Settings
from services.kit.values.ids import SystemIds
from services.up import wirings
from tests import databases
from tests.mesh.show import EMAIL, PASSWORD, Show, hold, open_show, pay
from tests.sources import ROOT
from tests.stage import until

NAME, MAIL, PHONE, CPF = "Zuleide Xisto", "zuleide.xisto@example.com", "+5511987650321", "52998224725"
CARD = "tok_7f3canary91"
ONLINE = "meet.example.com"


@dataclass(slots=True)
class Scene:
    """The whole platform, and the spans and logs that it writes."""

    platform: Platform
    spans: InMemorySpanExporter
    journal: io.BytesIO
    hub: EventHub


@pytest_asyncio.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    spans, journal = InMemorySpanExporter(), io.BytesIO()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(spans))
    log.configure(level="debug", out=journal)
    settings = Settings(data_dir=tmp_path, port=0, http_port=0, metrics_port=0, database_url=databases.url(tmp_path))
    platform = Platform(settings, SystemClock(), SystemIds(), tracer=Spans(provider))
    platform.runtime = databases.under_test(platform.runtime)
    for wiring in wirings():
        await platform.add(wiring.build)
    await platform.start()
    async with EventHub(f"127.0.0.1:{platform.port}") as hub:
        yield Scene(platform, spans, journal, hub)
    await platform.stop(grace_s=0.1)
    structlog.reset_defaults()


async def buy(hub: EventHub) -> tuple[Show, str, list[str]]:
    """Buys a ticket and waits for the ticket and the mail. Returns the show, the order's id and the tickets' ids."""
    show = await open_show(hub)
    guest = StartGuestRequest(guest_id=new_guest_id(), name=NAME, email=MAIL, phone=PHONE, cpf=CPF)
    hub.tokens = (await hub.identity.StartGuest(guest)).tokens
    order_id = new_id("ord")
    order = (await pay(hub, await hold(hub, show), order_id, CARD)).order
    assert order.state == ORDER_STATE_PAID
    tickets: list[str] = []

    async def issued() -> bool:
        answer = await hub.ticketing.ListTickets(ListTicketsRequest(order_id=order_id))
        tickets[:] = [ticket.ticket_id for ticket in answer.tickets]
        return bool(tickets)

    await until(issued)
    return show, order_id, tickets


def context_of(span: ReadableSpan) -> str:
    """Returns the context of a span: "eventhub.orders.v1..." is orders, "ticketing takes ..." is ticketing."""
    return span.name.split(".")[1] if span.name.startswith("eventhub.") else span.name.split(" ", 1)[0]


async def test_a_purchase_is_one_connected_trace(scene: Scene) -> None:
    await buy(scene.hub)

    def of_the_purchase() -> list[ReadableSpan]:
        spans = scene.spans.get_finished_spans()
        checkout = next(span for span in spans if span.name.endswith("OrdersService/Checkout"))
        return [span for span in spans if span.context and span.context.trace_id == checkout.context.trace_id]

    contexts = {"orders", "inventory", "pricing", "payments", "ticketing", "notifications", "reporting"}
    await until(lambda: {context_of(span) for span in of_the_purchase()} >= contexts)
    fact_of_a_fact = "notifications takes eventhub.ticketing.v1.TicketsIssued"
    await until(lambda: fact_of_a_fact in {span.name for span in of_the_purchase()})

    trace = of_the_purchase()
    known = {span.context.span_id for span in trace if span.context}
    roots = [span.name for span in trace if span.parent is None]
    assert roots == ["eventhub.orders.v1.OrdersService/Checkout"]
    assert [span.name for span in trace if span.parent and span.parent.span_id not in known] == []
    assert {"eventhub.payments.v1.PaymentsMesh/Capture", "ticketing takes eventhub.orders.v1.OrderPaid"} <= {
        span.name for span in trace
    }


async def test_nothing_personal_is_in_logs_spans_or_figures(scene: Scene) -> None:
    _, order_id, tickets = await buy(scene.hub)
    rendered = await scene.hub.ticketing.RenderTicket(
        RenderTicketRequest(ticket_id=tickets[0], format=TICKET_FORMAT_SVG)
    )
    mails = scene.platform.runtime.settings.data_dir / "mail"
    await until(lambda: mails.is_dir() and any(mails.iterdir()))

    await scene.platform.stop(grace_s=0.1)
    log.get("journal").error("end")  # an error flushes all entries before it
    told = scene.journal.getvalue().decode()
    spans = "\n".join(span.to_json() for span in scene.spans.get_finished_spans())
    figures = generate_latest(scene.platform.metrics.registry).decode()

    secrets = [NAME, *NAME.split(), MAIL, PHONE, PHONE[3:], CPF, CARD, EMAIL, PASSWORD, ONLINE, "Bia"]
    secrets += [scene.hub.tokens.access_token, scene.hub.tokens.refresh_token, rendered.code]
    assert order_id not in spans + figures
    assert "OrdersService/Checkout" in told
    assert "OrdersService/Checkout" in spans
    assert "OrdersService/Checkout" in figures
    for what, text in (("logs", told), ("spans", spans), ("figures", figures)):
        leaked = [secret for secret in secrets if secret and secret in text]
        assert not leaked, f"in {what}: {leaked}"


WITHOUT = """
import asyncio, sys, tempfile
from pathlib import Path
from services.kit.process import program
from services.kit.values.clock import SystemClock
from services.kit.values.config import Settings
from services.kit.values.ids import SystemIds
from services.kit.process.platform import Platform
from services.up import wirings

async def main():
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data_dir=Path(folder), port=0, http_port=0, metrics_port=0)
        platform = Platform(settings, SystemClock(), SystemIds(), tracer=program.tracer("eventhub"))
        for wiring in wirings():
            await platform.add(wiring.build)
        await platform.start()
        await platform.stop(grace_s=0.1)

asyncio.run(main())
print(sorted({name.split(".")[0] for name in sys.modules} & {"opentelemetry"}))
"""


def ran(program: str, **environment: str) -> str:
    path = f"{ROOT}:{ROOT / 'clients'}"
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={"PYTHONPATH": path, "PATH": "/usr/bin:/bin", "EVENTHUB_LOG_LEVEL": "error", **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return done.stdout.splitlines()[-1]


def test_without_an_endpoint_nothing_of_opentelemetry_is_even_imported() -> None:
    assert ran(WITHOUT) == "[]"


def test_an_endpoint_turns_opentelemetry_on_unless_its_sdk_is_disabled() -> None:
    somewhere = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9"}
    opened = "from services.kit.process import program\nprint(program.tracer('eventhub') is not None)"

    assert ran(opened, **somewhere) == "True"
    assert ran(opened, **somewhere, OTEL_SDK_DISABLED="true") == "False"
    assert ran(opened) == "False"
