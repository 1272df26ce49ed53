"""scripts/soak: plays long runs by name, each some minutes long. Exits 0 if every run held."""

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from scripts.long_runs import pings, repeats, resets, restarts


async def play_restarts(folder: Path) -> bool:
    """Makes 1,000 purchases while three contexts with two pods are restarted in turn; names are cached for 30
    seconds."""
    result = await restarts.play(folder, restarts.Plan())
    print(result, flush=True)
    return not result.lost


async def play_pings(folder: Path) -> bool:
    """Leaves a mesh idle for ten minutes while a replica dies now and then: no connection ends for too many pings."""
    counts = await pings.play(folder, pings.Plan())
    print(f"connections ended for too many pings: {counts or 'none'}", flush=True)
    return not counts


async def play_resets(folder: Path) -> bool:
    """Begins and resets 100,000 streams over four connections in eight seconds: other callers lose no call."""
    result = await resets.play(folder, resets.Plan())
    print(result, flush=True)
    return not result.lost and result.grown_mb <= GROWN_MB_MAX and result.p99_ms() <= RESETS_P99_MS_MAX


async def play_repeats(folder: Path) -> bool:
    """Sends 10,000 messages of 32,000 empty items: each is refused, and the server keeps none of their memory."""
    plan = repeats.Plan()
    result = await repeats.play(folder, plan)
    print(result, flush=True)
    return result.refused == plan.messages and result.grown_mb <= GROWN_MB_MAX


# The runs by name. Each prints its result and returns whether it held.
RUNS: dict[str, Callable[[Path], Coroutine[Any, Any, bool]]] = {
    "restarts": play_restarts,
    "pings": play_pings,
    "resets": play_resets,
    "repeats": play_repeats,
}
GROWN_MB_MAX = 20.0
RESETS_P99_MS_MAX = 250.0


def main() -> None:
    """Plays the named runs, or all."""
    told = "\n".join(f"{name}: {run.__doc__}" for name, run in RUNS.items())
    parser = argparse.ArgumentParser(
        prog="soak", description="Long runs.", epilog=told, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(RUNS)}; none: all")
    names = parser.parse_args().names or list(RUNS)
    if odd := sorted(set(names) - RUNS.keys()):
        sys.exit(f"soak: unknown runs: {', '.join(odd)}")
    failed = []
    for name in names:
        print(f"{name}: {RUNS[name].__doc__}", flush=True)
        with tempfile.TemporaryDirectory(prefix="eventhub-soak-") as folder:
            if not asyncio.run(RUNS[name](Path(folder))):
                failed.append(name)
    if failed:
        sys.exit(f"soak: failed: {', '.join(failed)}")


if __name__ == "__main__":
    main()
