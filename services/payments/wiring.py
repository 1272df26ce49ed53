"""Wires payments together. This module alone names the payment providers."""

import asyncio
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from google.protobuf.descriptor import ServiceDescriptor

from eventhub.payments.v1 import payments_service_pb2
from services.kit.db import Database
from services.kit.observe import log
from services.kit.process import Context, Runtime
from services.kit.work import Breaker, Runner
from services.payments import sandbox_permission, store
from services.payments.books.servicer import BooksService
from services.payments.gateway import Gateway
from services.payments.health_worker import HealthWorker
from services.payments.mesh import PaymentsMesh
from services.payments.payment_worker import PaymentWorker
from services.payments.provider_client import ProviderClient
from services.payments.refunds.worker import RefundWorker
from services.payments.sandbox_gateway import SANDBOX, Sandbox
from services.payments.servicer import PaymentsService, SandboxService
from services.payments.tills.servicer import TillsService

NAME = "payments"
HERE = Path(__file__).parent


async def build(runtime: Runtime) -> Context:
    """Builds payments with the sandbox as its only provider. Raises BadSetting if the sandbox is not allowed here."""
    sandbox_permission.check(runtime.settings)
    if runtime.settings.sandbox == "yes":
        log.get(NAME).warning("the sandbox takes the payments: no money moves")
    database = await runtime.database(NAME, HERE / "schema")
    book = await runtime.database(SANDBOX, HERE / "sandbox_schema")
    sandbox = Sandbox(book, runtime.clock)
    providers = clients_of(runtime, {SANDBOX: sandbox})
    for name, client in providers.items():
        client.force(is_open=await database.read(store.is_forced_open, name))
    worker = PaymentWorker(NAME, database, runtime.clock, providers, fee_permille=runtime.settings.fee_permille)
    refunds = RefundWorker(f"{NAME}.refunds", database, runtime.clock, providers)
    runners: list[Runner[Any]] = [worker.runner, refunds.runner]
    health = [HealthWorker(name, database, runtime.clock, client, runners) for name, client in providers.items()]
    gauges = [*(runner.gauges for runner in runners), *(one.gauges for one in health), refunds.gauges]

    async def stop() -> None:
        await asyncio.gather(*(runner.stop() for runner in runners))
        await book.close()

    services = payments_service_pb2.DESCRIPTOR.services_by_name
    return Context(
        name=NAME,
        own_database=database,
        servicers={
            services["SandboxService"]: SandboxService(sandbox),
            services["PaymentsMesh"]: PaymentsMesh(database, runtime.clock, worker, refunds, card_provider=SANDBOX),
            **members_services(runtime, database, providers),
        },
        # With the worker's key: the breaker that the worker obeys is the one that is announced.
        loops=[*((NAME, one.announce) for one in health), (f"{NAME}.disputes", refunds.watch_disputes)],
        everywhere=[
            *(runner.run for runner in runners),
            *(partial(one.probe, runtime.ids) for one in health),
            *(one.obey for one in health),
        ],
        gauges=[*gauges, sandbox_permission.gauges],
        stop=stop,
    )


def members_services(
    runtime: Runtime, database: Database, providers: Mapping[str, ProviderClient]
) -> dict[ServiceDescriptor, object]:
    """The services for operators and for members of organizers."""
    services = payments_service_pb2.DESCRIPTOR.services_by_name
    return {
        services["PaymentsService"]: PaymentsService(database, providers),
        services["TillsService"]: TillsService(database, runtime.clock),
        services["BooksService"]: BooksService(database, runtime.clock, runtime.ids),
    }


def clients_of(runtime: Runtime, gateways: Mapping[str, Gateway]) -> dict[str, ProviderClient]:
    """A client of each provider, by the provider's name. Each has a breaker of its own: one provider that is down stops
    no other."""
    return {
        name: ProviderClient(gateway, Breaker(runtime.settings.breaker_wait_s, runtime.ids.jitter), runtime.clock)
        for name, gateway in gateways.items()
    }
