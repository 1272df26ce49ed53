"""A process of EventHub, from the command line to the last signal."""

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

# A busy event loop would otherwise starve the other threads: they wait for the interpreter up to this long.
SWITCH_INTERVAL_S = 0.0005
# For what takes longer than the loop may wait: drawing, composing. Each thread at work takes as much of the interpreter
# from the calls as the loop itself has.
THREADS = 2
# Rarer than Python's 700, 10, 10: a call leaves hardly any cycles behind, and each look at all objects stops everybody.
COLLECT_AFTER = (5_000, 20, 20)
# What a platform at rest has open, several times over; each caller's connection is one more.
FILES_MIN, FILES_WANTED = 256, 8_192
REFUSED = 2


def refuse(program: str, why: object) -> NoReturn:
    """Ends the program for what only its operator can mend, in one line."""
    sys.stderr.write(f"{program}: {why}\n")
    raise SystemExit(REFUSED)


def open_files() -> None:
    """Lets this process have as many files and connections open as it may. Raises BadSetting where that is too few."""
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
    except (BadSetting, OSError, RuntimeError) as odd:  # grpc says RuntimeError where a port cannot be had
        asked.cancel()
        await platform.stop()
        refuse(name, odd)
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
        await asyncio.wait([failed], timeout=platform.runtime.settings.linger_s)
    broken = failed.done()
    for wait in (asked, failed):
        wait.cancel()
    return broken
