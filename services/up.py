"""The whole platform in one process: python -m services.up [--data-dir DIR] [--port PORT]."""

import argparse
import asyncio
import fcntl
import gc
import os
import signal
import sys
from dataclasses import replace
from pathlib import Path
from typing import IO

from services.catalog.wiring import build as catalog
from services.identity.wiring import build as identity
from services.inventory.wiring import build as inventory
from services.kit import config, failpoint, log
from services.kit.clock import SystemClock
from services.kit.config import Settings
from services.kit.ids import SystemIds
from services.kit.platform import Platform
from services.notifications.wiring import build as notifications
from services.orders.wiring import build as orders
from services.payments.wiring import build as payments
from services.pricing.wiring import build as pricing
from services.reporting.wiring import build as reporting
from services.ticketing.wiring import build as ticketing

CONTEXTS = (identity, catalog, inventory, pricing, payments, orders, ticketing, notifications, reporting)
# A busy event loop would otherwise starve the other threads: they wait for the interpreter up to this long.
SWITCH_INTERVAL_S = 0.0005
# Rarer than Python's 700, 10, 10: a call leaves hardly any cycles behind, and each look at all objects stops everybody.
COLLECT_AFTER = (20_000, 20, 50)


def main() -> None:
    """Runs until SIGINT or SIGTERM."""
    parser = argparse.ArgumentParser(prog="up", description="Runs EventHub in one process on SQLite.")
    parser.add_argument("--data-dir", type=Path, help="where everything is kept (default: data)")
    parser.add_argument("--port", type=int, help="gRPC port (default: 7070; 0: a free one)")
    parser.add_argument("--http-port", type=int, help="port of join links (default: 7071; 0: a free one)")
    given = parser.parse_args()
    try:
        settings = config.from_environment(data_dir=given.data_dir, port=given.port, http_port=given.http_port)
        failpoint.arm(settings.failpoints)
    except ValueError as odd:
        sys.exit(f"up: {odd}")
    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        owned = lock(settings.data_dir)
    except OSError as odd:
        sys.exit(f"up: the data folder cannot be used: {odd}")
    log.configure(level=settings.log_level)
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    asyncio.run(run(replace(settings, data_dir=settings.data_dir.resolve())))
    owned.close()


def lock(data_dir: Path) -> IO[str]:
    """Takes the data folder for this process alone, or ends the program saying who has it."""
    file = (data_dir / "lock").open("a+")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.seek(0)
        sys.exit(f"up: another EventHub, process {file.read().strip() or '?'}, runs on {data_dir}")
    file.truncate(0)
    file.write(str(os.getpid()))
    file.flush()
    return file


async def run(settings: Settings) -> None:
    """Starts, says where, waits for a signal, drains. A second signal ends at once."""
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, lambda: os._exit(1) if stopping.is_set() else stopping.set())
    platform = Platform(settings, SystemClock(), SystemIds())
    for build in CONTEXTS:
        await platform.add(build)
    try:
        await platform.start()
    except (OSError, RuntimeError) as odd:  # grpc says RuntimeError where a port cannot be had
        await platform.stop()
        sys.exit(f"up: cannot listen on ports {settings.port} and {settings.http_port}: {odd}")
    gc.collect()
    gc.freeze()  # what a platform is made of stays as long as it: no need to look for rubbish among it
    gc.set_threshold(*COLLECT_AFTER)
    print(f"EventHub is ready: gRPC {settings.host}:{platform.port}, {platform.host.public_url}", flush=True)  # noqa: T201
    waits = [asyncio.create_task(stopping.wait()), asyncio.create_task(platform.failed())]
    await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    failed = not stopping.is_set()
    for wait in waits:
        wait.cancel()
    await platform.stop()
    if failed:
        sys.exit("up: a part of the platform has failed; see the log")


if __name__ == "__main__":
    main()
