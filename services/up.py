"""Runs the whole platform in one process: python -m services.up [--data-dir DIR] [--port PORT]."""

import argparse
import fcntl
import os
import sys
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import IO

from eventhub import contract
from services.kit.db import databases
from services.kit.observe import log
from services.kit.process import Platform, installation, program
from services.kit.values import Settings, SystemClock, SystemIds, config, failpoints, reference


def wirings() -> list[ModuleType]:
    """The wiring of every context of the contract, in the order of their names."""
    return [import_module(f"services.{name}.wiring") for name in contract.contexts()]


def check(contexts: list[ModuleType], settings: Settings) -> None:
    """Raises BadSetting if a context cannot run with the settings."""
    for wiring in contexts:
        if hasattr(wiring, "check"):
            wiring.check(settings)


def main() -> None:
    """Runs until SIGINT or SIGTERM."""
    parser = argparse.ArgumentParser(
        prog="up",
        description="Runs EventHub in one process on SQLite.",
        epilog=reference(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--data-dir", help="the folder for databases, keys and mail (default: data)")
    parser.add_argument("--port", help="gRPC port (default: 7070; 0: a free one)")
    parser.add_argument("--http-port", help="port of join links (default: 7071; 0: a free one)")
    parser.add_argument("--metrics-port", help="port of GET /metrics (default: 7074; 0: a free one)")
    given = parser.parse_args()
    try:
        settings = config.from_environment(**vars(given))
        failpoints.arm(settings.failpoints)
        program.open_files()
        contexts = wirings()
        check(contexts, settings)
        config.open_data_dir(settings)
        owned = lock(settings.data_dir)
        config.check_ports(settings, "port", "http_port", "metrics_port")
    except config.BadSetting as odd:
        program.refuse("up", odd)
    log.configure(level=settings.log_level, style=settings.log_format)
    settings = replace(settings, data_dir=settings.data_dir.resolve())

    async def start(platform: Platform) -> str:
        runtime, names = platform.runtime, databases()
        lost = installation.check(await installation.waited_for(settings, names, runtime.ids, runtime.clock), settings)
        for wiring in contexts:
            await platform.add(wiring.build)
        await installation.begin_anew(runtime.databases, lost)
        await installation.note(runtime.databases, names)
        await platform.start()
        return ready(platform)

    program.run("up", lambda: Platform(settings, SystemClock(), SystemIds(), tracer=program.tracer("eventhub")), start)
    owned.close()


def ready(platform: Platform) -> str:
    """The text to print at the start: one line for programs and, on a terminal, more for people."""
    runtime, settings = platform.runtime, platform.runtime.settings
    kept = "PostgreSQL" if config.database_url(settings) else "SQLite"
    lines = [f"EventHub is ready: gRPC {settings.host}:{platform.port}, {runtime.public_url}"]
    if sys.stdout.isatty():
        lines += [
            f"  figures   http://{settings.host}:{platform.metrics_port}/metrics" if platform.metrics_port else "",
            f"  kept in   {settings.data_dir}, databases on {kept}",
            f"  mail      by {settings.smtp_host}" if settings.smtp_host else f"  mail      {settings.data_dir}/mail",
            "  Ctrl-C stops it. Refused calls and errors are shown here; EVENTHUB_LOG_FORMAT=json shows all calls.",
        ]
    return "\n".join(filter(None, lines))


def lock(data_dir: Path) -> IO[str]:
    """Locks the data folder for this process. Raises BadSetting if another process has locked it."""
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
