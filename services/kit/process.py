"""A process of EventHub, from the command line to the last signal."""

import asyncio
import gc
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor

from services.kit.config import BadSetting
from services.kit.platform import Platform

# A busy event loop would otherwise starve the other threads: they wait for the interpreter up to this long.
SWITCH_INTERVAL_S = 0.0005
# For what takes longer than the loop may wait: drawing, composing. Each thread at work takes as much of the interpreter
# from the calls as the loop itself has.
THREADS = 2
# Rarer than Python's 700, 10, 10: a call leaves hardly any cycles behind, and each look at all objects stops everybody.
COLLECT_AFTER = (20_000, 20, 50)


def run(name: str, platform: Callable[[], Platform], start: Callable[[Platform], Awaitable[str]]) -> None:
    """Starts a platform, says that it is ready, waits for SIGINT or SIGTERM, drains. A second signal ends at once.
    start: builds and starts it; answers what to say then. Ends the process where that fails, with a line of why."""
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
    if not starting.done():  # it waits for its database and is asked to stop
        starting.cancel()
        await asyncio.wait([starting])
        await platform.stop()
        return
    try:
        ready = starting.result()
    except BadSetting as odd:
        asked.cancel()
        await platform.stop()
        sys.exit(f"{name}: {odd}")
    except (OSError, RuntimeError) as odd:  # grpc says RuntimeError where a port cannot be had
        asked.cancel()
        await platform.stop()
        settings = platform.host.settings
        ports = f"{settings.port}, {settings.http_port} and {settings.metrics_port}"
        sys.exit(f"{name}: cannot listen on ports {ports}: {odd}")
    gc.collect()
    gc.freeze()  # what a platform is made of stays as long as it: no need to look for rubbish among it
    gc.set_threshold(*COLLECT_AFTER)
    print(ready, flush=True)  # noqa: T201 - who started it waits for this line
    broken = await _until_end(platform, asked)
    await platform.stop()
    if broken:
        sys.exit(f"{name}: a part of the platform has failed; see the log")


async def _until_end(platform: Platform, asked: "asyncio.Task[object]") -> bool:
    """Waits until it is asked to stop, and for linger_s more, or until a part has failed. Whether one has."""
    failed = asyncio.create_task(platform.failed())
    await asyncio.wait([asked, failed], return_when=asyncio.FIRST_COMPLETED)
    if not failed.done():
        await asyncio.wait([failed], timeout=platform.host.settings.linger_s)
    broken = failed.done()
    for wait in (asked, failed):
        wait.cancel()
    return broken
