"""Runs a platform as a program: start, signals, exit codes."""

import asyncio
import gc
import importlib.util
import os
import resource
import signal
import sys
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import NoReturn

from services.kit.observe.tracing import Tracer
from services.kit.process.platform import Platform
from services.kit.values import config
from services.kit.values.config import BadSetting

# How long other threads wait for the interpreter while the event loop is busy. Python's default of 5 ms would slow the
# thread that commits.
SWITCH_INTERVAL_S = 0.0005
# Threads for work that would block the event loop, such as flushing files. Each working thread takes as much of the
# interpreter as the event loop gets.
THREADS = 2
# Collects garbage less often than Python's default of (700, 10, 10): calls leave hardly any cycles, and each collection
# stops all calls.
COLLECT_AFTER = (5_000, 20, 20)
# The minimum is several times the number of files that an idle platform has open; each client's connection is one more.
FILES_MIN, FILES_WANTED = 256, 8_192
REFUSED = 2


def refuse(program: str, why: object) -> NoReturn:
    """Ends the program with one line that tells the operator what to correct."""
    sys.stderr.write(f"{program}: {why}\n")
    raise SystemExit(REFUSED)


def open_files() -> None:
    """Raises the limit of open files and connections as far as permitted. Raises BadSetting if that is too few."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = FILES_WANTED if hard == resource.RLIM_INFINITY else min(hard, FILES_WANTED)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    if most < FILES_MIN:
        raise BadSetting(f"no more than {most} files may be open at once (ulimit -n), {FILES_MIN} are needed")


def tracer(service: str) -> Tracer | None:
    """Who records the spans of this process: nobody, unless OpenTelemetry is installed and the environment says where
    to send them. service: the name this process is told under, if the environment names none."""
    named = config.traced_as(service)
    if not named or importlib.util.find_spec("opentelemetry") is None:
        return None
    from services.kit.observe import spans  # noqa: PLC0415 - an extra: who does not want it need not have it

    return spans.opened(named)


def run(name: str, platform: Callable[[], Platform], start: Callable[[Platform], Awaitable[str]]) -> None:
    """Starts a platform, prints that it is ready, waits for SIGINT or SIGTERM, and shuts it down. A second signal ends
    the process at once. If the start fails, the process ends with one line that says why.

    platform: makes the platform. start: builds its contexts and starts it; returns the text to print.
    """
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    asyncio.run(_run(name, platform, start))


async def _run(name: str, make: Callable[[], Platform], start: Callable[[Platform], Awaitable[str]]) -> None:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.set_default_executor(ThreadPoolExecutor(THREADS, "worker"))
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, lambda: os._exit(1) if stopping.is_set() else stopping.set())
    platform = make()
    starting = asyncio.ensure_future(start(platform))
    asked = asyncio.create_task(stopping.wait())
    await asyncio.wait([starting, asked], return_when=asyncio.FIRST_COMPLETED)
    if not starting.done():  # a signal arrived while the start waits for a database
        starting.cancel()
        await asyncio.wait([starting])
        await platform.stop()
        return
    try:
        ready = starting.result()
    except (BadSetting, OSError, RuntimeError) as odd:  # grpc raises RuntimeError if a port is taken
        asked.cancel()
        await platform.stop()
        refuse(name, odd)
    gc.collect()
    gc.freeze()  # the objects of the platform live as long as the process, so collections skip them
    gc.set_threshold(*COLLECT_AFTER)
    print(ready, flush=True)  # noqa: T201 - programs that start this one wait for the line
    broken = await _until_end(platform, asked)
    await platform.stop()
    if broken:
        sys.exit(f"{name}: a part of the platform has failed; see the log")


async def _until_end(platform: Platform, asked: "asyncio.Task[object]") -> bool:
    """Waits for the signal to stop and then linger_s, or until a loop fails. Returns whether a loop has failed."""
    failed = asyncio.create_task(platform.failed())
    await asyncio.wait([asked, failed], return_when=asyncio.FIRST_COMPLETED)
    if not failed.done():
        await asyncio.wait([failed], timeout=platform.runtime.settings.linger_s)
    broken = failed.done()
    for wait in (asked, failed):
        wait.cancel()
    return broken
