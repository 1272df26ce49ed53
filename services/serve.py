"""One context in a process of its own: python -m services.serve CONTEXT. Settings come from the environment."""

import argparse
import sys
from importlib import import_module
from pathlib import Path

from eventhub import contract
from services.kit import config, failpoint, log, process, tracing
from services.kit.certificate import Certificate
from services.kit.clock import SystemClock
from services.kit.ids import SystemIds
from services.kit.platform import Platform


def main() -> None:
    """Runs until SIGINT or SIGTERM. Alive from the start; ready once its database is there and of this version."""
    parser = argparse.ArgumentParser(prog="serve", description="Runs one context of EventHub.")
    parser.add_argument("context", choices=sorted({rpc.context for rpc in contract.by_path().values()}))
    name = parser.parse_args().context
    try:
        settings = config.from_environment()
        failpoint.arm(settings.failpoints)
        config.open_data_dir(settings)
        shows = Certificate(Path(settings.tls_dir))
    except (ValueError, OSError) as odd:
        sys.exit(f"serve {name}: {odd}")
    log.configure(level=settings.log_level)

    def make() -> Platform:
        tracer = tracing.opened(f"eventhub-{name}")
        return Platform(settings, SystemClock(), SystemIds(), shows=shows, tracer=tracer)

    async def start(platform: Platform) -> str:
        await platform.start_health()
        await platform.add(import_module(f"services.{name}.wiring").build)
        await platform.start()
        return (
            f"{name} is ready: gRPC {settings.host}:{platform.port}, mesh {platform.mesh_port}, "
            f"health {platform.health_port}, HTTP {platform.http_port}, metrics {platform.metrics_port}"
        )

    process.run(f"serve {name}", make, start)


if __name__ == "__main__":
    main()
