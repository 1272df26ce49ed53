"""scripts/mesh: runs a mesh on this machine, to try things and faults by hand."""

import argparse
import asyncio
import os
import signal
import sys
import time
from pathlib import Path

from scripts.cluster import bench, preparing, running
from scripts.cluster.running import Mesh, NotUp
from scripts.cluster.table import FIRST_PORT, NEEDS, Service, table

SIGNALS = {"kill": signal.SIGKILL, "stop": signal.SIGSTOP, "cont": signal.SIGCONT}


def main() -> None:
    """Runs the command on the command line."""
    parser = argparse.ArgumentParser(prog="mesh", description="Runs each context as a separate process.")
    parser.add_argument(
        "--data-dir", type=Path, default=Path("data/mesh"), help="where databases, keys, certificates and logs are kept"
    )
    commands = parser.add_subparsers(dest="command", required=True)
    up = commands.add_parser("up", help="runs until Ctrl-C; a process that dies is started again")
    up.add_argument(
        "--two", nargs="*", default=[], metavar="CONTEXT", help=f"two replicas of: {', '.join(NEEDS)}, or all"
    )
    up.add_argument(
        "--first-port", type=int, default=FIRST_PORT, help="each process gets ten ports from here on; 0: free ports"
    )
    for name, what in (("kill", "kill -9"), ("stop", "SIGSTOP: hangs"), ("cont", "SIGCONT: goes on")):
        commands.add_parser(name, help=what).add_argument("name", help='for example "orders-1"')
    measuring = commands.add_parser("bench", help="measures the mesh beside the platform in one process")
    measuring.add_argument("--json", type=Path, help="also write the figures to a file")
    given = parser.parse_args()
    if given.command == "bench":
        bench.run(given.json)
        return
    folder: Path = given.data_dir.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    if given.command == "up":
        two = list(NEEDS) if given.two == ["all"] else given.two
        try:
            rows = table(two, given.first_port)
            asyncio.run(run(folder, rows))
        except (ValueError, NotUp) as odd:
            sys.exit(f"mesh: {odd}")
    else:
        send(folder, given.name, SIGNALS[given.command])


def send(folder: Path, name: str, number: signal.Signals) -> None:
    """Sends a signal to a process of the running mesh. An unknown name ends the program."""
    up = running.processes_of(folder)
    if name not in up:
        sys.exit(f"mesh: no process {name}; running: {', '.join(up) or 'none, no mesh is up'}")
    _, pid = up[name]
    os.kill(pid, number)
    print(f"{name} (process {pid}): {number.name}")


async def run(folder: Path, rows: list[Service]) -> None:
    """Starts the mesh, prints its addresses, waits for Ctrl-C, stops it. Raises NotUp."""
    if any(lives(pid) for _, pid in running.processes_of(folder).values()):
        raise NotUp(f"processes of a mesh run on {folder}: see {running.STATE} there")
    stopping = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    started = time.monotonic()
    with preparing.postgres(folder) as url:
        await preparing.prepare(folder, url)
        prepared = time.monotonic()
        mesh = Mesh(folder, rows, url)
        try:
            await mesh.start()
            mesh.restarts = True
            show(mesh, prepared - started, time.monotonic() - prepared)
            await stopping.wait()
        finally:
            await mesh.stop()


def lives(pid: int) -> bool:
    """Tells whether a process has this id."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def show(mesh: Mesh, prepared_s: float, ready_s: float) -> None:
    """Prints the table of processes and how long the start took."""
    print(f"{'name':17} {'pid':>7} {'gRPC':>6} {'mesh':>6} {'health':>6} {'HTTP':>6} {'metrics':>7}  needs")
    for row in mesh.rows:
        ports = row.ports
        print(
            f"{row.name:17} {mesh.processes[row.name].pid:>7} {ports.public:>6} {ports.mesh:>6} {ports.health:>6} "
            f"{ports.http:>6} {ports.metrics:>7}  {', '.join(row.needs)}"
        )
    print(f"The mesh is ready: {ready_s:.1f} s, after {prepared_s:.1f} s for PostgreSQL, tables, keys, certificates.")
    print(f"Logs are in {mesh.folder}/log. Ctrl-C stops it.", flush=True)


if __name__ == "__main__":
    main()
