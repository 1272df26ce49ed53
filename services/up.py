"""The whole platform in one process: python -m services.up [--data-dir DIR] [--port PORT]."""

import argparse
import fcntl
import os
from dataclasses import replace
from pathlib import Path
from typing import IO

from services.catalog.wiring import build as catalog
from services.identity.wiring import build as identity
from services.inventory.wiring import build as inventory
from services.kit import config, failpoint, log, process, tracing
from services.kit.clock import SystemClock
from services.kit.ids import SystemIds
from services.kit.platform import Platform
from services.notifications.wiring import build as notifications
from services.orders.wiring import build as orders
from services.payments.wiring import build as payments
from services.pricing.wiring import build as pricing
from services.reporting.wiring import build as reporting
from services.ticketing.wiring import build as ticketing

CONTEXTS = (identity, catalog, inventory, pricing, payments, orders, ticketing, notifications, reporting)


def main() -> None:
    """Runs until SIGINT or SIGTERM."""
    parser = argparse.ArgumentParser(
        prog="up",
        description="Runs EventHub in one process on SQLite.",
        epilog=config.reference(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--data-dir", help="where everything is kept (default: data)")
    parser.add_argument("--port", help="gRPC port (default: 7070; 0: a free one)")
    parser.add_argument("--http-port", help="port of join links (default: 7071; 0: a free one)")
    parser.add_argument("--metrics-port", help="port of GET /metrics (default: 7074; 0: a free one)")
    given = parser.parse_args()
    try:
        settings = config.from_environment(**vars(given))
        failpoint.arm(settings.failpoints)
        process.open_files()
        config.open_data_dir(settings)
        owned = lock(settings.data_dir)
        config.check_ports(settings, "port", "http_port", "metrics_port")
    except config.BadSetting as odd:
        process.refuse("up", odd)
    log.configure(level=settings.log_level, style=settings.log_format)
    settings = replace(settings, data_dir=settings.data_dir.resolve())

    async def start(platform: Platform) -> str:
        for build in CONTEXTS:
            await platform.add(build)
        await platform.start()
        return f"EventHub is ready: gRPC {settings.host}:{platform.port}, {platform.host.public_url}"

    process.run("up", lambda: Platform(settings, SystemClock(), SystemIds(), tracer=tracing.opened("eventhub")), start)
    owned.close()


def lock(data_dir: Path) -> IO[str]:
    """Takes the data folder for this process alone. Raises BadSetting where another has it."""
    file = (data_dir / "lock").open("a+")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.seek(0)
        holder = file.read().strip() or "?"
        file.close()
        raise config.BadSetting(f"another EventHub, process {holder}, runs on {data_dir}") from None
    file.truncate(0)
    file.write(str(os.getpid()))
    file.flush()
    return file


if __name__ == "__main__":
    main()
