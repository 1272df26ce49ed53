"""How payments is put together."""

from pathlib import Path

from eventhub.payments.v1 import payments_service_pb2
from services.kit.observe import log
from services.kit.process import Context, Host
from services.kit.work import Breaker
from services.payments import permission, store
from services.payments.health import Health
from services.payments.line import Line
from services.payments.payments import SANDBOX
from services.payments.sandbox import Sandbox
from services.payments.servicer import Mesh, Payments, SandboxControls
from services.payments.teller import Teller

NAME = "payments"
HERE = Path(__file__).parent


async def build(host: Host) -> Context:
    """payments, ready to serve. Raises BadSetting where the sandbox may not be the provider."""
    permission.check(host.settings)
    if host.settings.sandbox == "yes":
        log.get(NAME).warning("the sandbox takes the payments: no money moves")
    database = await host.database(NAME, HERE / "schema")
    book = await host.database(SANDBOX, HERE / "sandbox_schema")
    sandbox = Sandbox(book, host.clock)
    line = Line(sandbox, Breaker(host.settings.breaker_wait_s, host.ids.jitter), host.clock)
    line.force(is_open=await database.read(store.is_forced_open, SANDBOX))
    teller = Teller(NAME, database, host.clock, line)
    health = Health(SANDBOX, database, host.clock, line, teller.runner)

    async def stop() -> None:
        await teller.runner.stop()
        await book.close()

    services = payments_service_pb2.DESCRIPTOR.services_by_name
    return Context(
        NAME,
        database,
        servicers={
            services["PaymentsService"]: Payments(database, line),
            services["SandboxService"]: SandboxControls(sandbox),
            services["PaymentsMesh"]: Mesh(database, teller),
        },
        loops=[teller.runner.run, health.tell],
        everywhere=[lambda: health.probe(host.ids), health.obey],
        gauges=[teller.runner.gauges, health.gauges, permission.gauges],
        stop=stop,
    )
