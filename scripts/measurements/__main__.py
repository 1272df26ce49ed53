"""scripts/bench: measures by name. Exits 1 if a measurement broke an invariant, or could not be made."""

import argparse
import asyncio
import json
import sqlite3
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import grpc

from eventhub.refusal import Refusal
from scripts.measurements import machine, reports, scale, versions
from scripts.measurements.host import NotSettled
from scripts.measurements.purchases import Failed
from scripts.measurements.reports import Report
from scripts.measurements.rounds import Measured, Plan, measured
from scripts.measurements.servers import ROOT, NotStarted
from scripts.measurements.table import MEASUREMENTS

ALL, SCALE = "all", "scale"
SIZES = ("rounds", "seconds", "tickets", "seats", "watchers", "events")


def parser() -> argparse.ArgumentParser:
    """Returns the parser of the command line."""
    told = "\n".join(f"  {name:10} {one.told}" for name, one in MEASUREMENTS.items())
    found = argparse.ArgumentParser(
        prog="bench",
        description="Measures EventHub, each figure beside the rates of a bare echo server and of the load generator "
        "alone, in turns. Prints medians and spreads.",
        epilog=f"measurements:\n{told}\n  {ALL:10} all of them, in at most twenty minutes\n"
        f"  {SCALE:10} no measurement: a model of a large on-sale, computed from measured rates",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    found.add_argument(
        "what", choices=[*MEASUREMENTS, ALL, SCALE], metavar="WHAT", help="the measurement, of those below"
    )
    found.add_argument("--json", type=Path, metavar="FILE", help="also write the figures to a file")
    found.add_argument("--against", metavar="COMMIT", help="also measure another version, in turns with this one")
    found.add_argument("--rounds", type=whole, metavar="N", help="the number of rounds (5; smoke: 15)")
    found.add_argument("--seconds", type=float, metavar="S", help="the seconds of load in each part of a round")
    found.add_argument("--tickets", type=whole, metavar="N", help=f"hot: the tickets of the event ({Plan().tickets})")
    found.add_argument("--seats", type=whole, metavar="N", help=f"watch: the seats of the hall ({Plan().seats:,})")
    found.add_argument("--events", type=whole, metavar="N", help=f"search: the events ({Plan().events:,})")
    found.add_argument("--inputs", type=Path, metavar="FILE", help="scale: a JSON object with inputs to replace")
    found.add_argument(
        "--watchers", type=whole, metavar="N", help=f"stream, memory: the watchers ({Plan().watchers}; at most 400)"
    )
    return found


def whole(text: str) -> int:
    """Returns a number from 1 on. Raises ValueError."""
    if (found := int(text)) < 1:
        raise ValueError(text)
    return found


@contextmanager
def sources(against: str | None) -> Iterator[list[Path]]:
    """Yields the folders of the versions to measure, the other one first. Says if their contracts differ."""
    if against is None:
        yield [ROOT]
        return
    with versions.checked_out(against) as other:
        if changed := versions.changed_wire(other):
            print(f"the contract of {against} differs in {', '.join(changed)}; the load speaks today's", flush=True)
        yield [other, ROOT]


def run(name: str, given: argparse.Namespace, roots: Sequence[Path], load_before: float) -> Report:
    """Makes one measurement and prints its report."""
    measurement = MEASUREMENTS[name]
    sizes = {size: getattr(given, size) for size in SIZES if getattr(given, size) is not None}
    try:
        sides = asyncio.run(measured(measurement.prepare, replace(measurement.plan, **sizes), roots))
    except* (NotStarted, NotSettled, Failed, Refusal, grpc.aio.AioRpcError) as odd:
        sides = [Measured(violations=[f"{type(one).__name__}: {one}" for one in odd.exceptions])]
    except* sqlite3.OperationalError as odd:
        sides = [Measured(violations=[f"the databases cannot be read as today's: {odd.exceptions[0]}"])]
    report = reports.report(measurement, sides, load_before)
    print("\n".join(reports.lines(name, report)), flush=True)
    return report


def computed(replaced: Path | None, written: Path | None) -> int:
    """Prints the model of a large on-sale. replaced: a file with inputs. written: a file for the figures."""
    try:
        inputs = scale.read(json.loads(replaced.read_text()) if replaced else {})
        print("\n".join(scale.lines(inputs)))
    except (OSError, ValueError) as odd:
        sys.exit(f"bench: {odd}")
    if written:
        written.write_text(json.dumps(scale.figures(inputs), indent=2) + "\n")
    return 0


def main() -> int:
    """Makes the measurements that the command line names. Returns the exit status."""
    given, load_before = parser().parse_args(), machine.load_now()
    if given.what == SCALE:
        return computed(given.inputs, given.json)
    names = list(MEASUREMENTS) if given.what == ALL else [given.what]
    try:
        with sources(given.against) as roots:
            found = {name: run(name, given, roots, load_before) for name in names}
    except versions.UnknownVersion as odd:
        sys.exit(f"bench: {odd}")
    if given.json:
        written = found if given.what == ALL else found[given.what]
        given.json.write_text(json.dumps(written, indent=2) + "\n")
    return int(any(report["violations"] for report in found.values()))


if __name__ == "__main__":
    sys.exit(main())
