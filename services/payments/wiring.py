"""How payments is put together."""

from pathlib import Path

from eventhub.payments.v1 import payments_service_pb2
from services.kit.observe import log
from services.kit.process import Context, Runtime
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


async def build(runtime: Runtime) -> Context:
    """payments, ready to serve. Raises BadSetting where the sandbox may not be the provider."""
    permission.check(runtime.settings)
    if runtime.settings.sandbox == "yes":
        log.get(NAME).warning("the sandbox takes the payments: no money moves")
    database = await runtime.database(NAME, HERE / "schema")
    book = await runtime.database(SANDBOX, HERE / "sandbox_schema")
    sandbox = Sandbox(book, runtime.clock)
    line = Line(sandbox, Breaker(runtime.settings.breaker_wait_s, runtime.ids.jitter), runtime.clock)
    line.force(is_open=await database.read(store.is_forced_open, SANDBOX))
    teller = Teller(NAME, database, runtime.clock, line)
    health = Health(SANDBOX, database, runtime.clock, line, teller.runner)

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
        everywhere=[lambda: health.probe(runtime.ids), health.obey],
        gauges=[teller.runner.gauges, health.gauges, permission.gauges],
        stop=stop,
    )
