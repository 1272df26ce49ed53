"""Runs one context in a process of its own: python -m services.serve CONTEXT. Settings come from the environment."""

import argparse
from importlib import import_module
from pathlib import Path

from eventhub import contract
from services.kit.observe import log
from services.kit.process import Platform, program
from services.kit.rpc import Certificate
from services.kit.values import SystemClock, SystemIds, config, failpoints, reference


def main() -> None:
    """Runs until SIGINT or SIGTERM. The process is alive at once, and ready once its database can be used and its
    tables are up to date."""
    parser = argparse.ArgumentParser(
        prog="serve",
        description="Runs one context of EventHub.",
        epilog=reference(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("context", choices=contract.contexts())
    name = parser.parse_args().context
    try:
        settings = config.from_environment()
        failpoints.arm(settings.failpoints)
        program.open_files()
        config.open_data_dir(settings)
        certificate = Certificate(Path(settings.tls_dir))
        config.check_ports(settings, "port", "mesh_port", "health_port", "metrics_port")
    except OSError as odd:
        program.refuse(f"serve {name}", f"EVENTHUB_TLS_DIR: {odd}")
    except config.BadSetting as odd:
        program.refuse(f"serve {name}", odd)
    log.configure(level=settings.log_level, style=settings.log_format)

    def make() -> Platform:
        tracer = program.tracer(f"eventhub-{name}")
        return Platform(settings, SystemClock(), SystemIds(), certificate=certificate, tracer=tracer)

    async def start(platform: Platform) -> str:
        await platform.start_health()
        await platform.add(import_module(f"services.{name}.wiring").build)
        await platform.start()
        return (
            f"{name} is ready: gRPC {settings.host}:{platform.port}, mesh {platform.mesh_port}, "
            f"health {platform.health_port}, HTTP {platform.http_port}, metrics {platform.metrics_port}"
        )

    program.run(f"serve {name}", make, start)


if __name__ == "__main__":
    main()
