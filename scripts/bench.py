"""Measures the platform, each figure beside its yardstick in the same run.

smoke: start-up time, memory at rest, and holds a second beside a bare gRPC server of the same kind that only echoes.
overload: the holds and scans that the platform still serves when it is asked for twice its capacity.
"""

import argparse
import asyncio
import json
import statistics
import tempfile
from pathlib import Path
from typing import Any

import grpc

from eventhub.client import EventHub
from scripts.load import BEHIND_A_GATEWAY, Guests, Holds, connected, open_conference, rate, resident_mb, running, up
from scripts.overload import overload

# One connection cannot carry all calls that are under way.
CONNECTIONS = 2
ROUNDS = 15
ROUND_S = 1.0
# More than the fastest machine so far has reached.
HOLDS_A_ROUND = 20_000
WARM_UP_S = 1.0
REST_S = 2.0
STARTS = 3
ECHO = "/eventhub.bench.Echo/Echo"


async def serve_echo() -> None:
    """Runs the yardstick: a bare grpc.aio server that returns each request unchanged."""

    async def echo(data: bytes, _: object) -> bytes:
        return data

    server = grpc.aio.server()
    handler: Any = {"Echo": grpc.unary_unary_rpc_method_handler(echo)}
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("eventhub.bench.Echo", handler),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    print(f"gRPC 127.0.0.1:{port}, -", flush=True)
    await server.wait_for_termination()


async def smoke() -> dict[str, float]:
    """ready_s: best of STARTS starts. idle_mb: resident memory REST_S after the start. hold_rate, echo_rate: calls a
    second, medians of ROUNDS rounds that alternate between the two. ratio: hold_rate divided by echo_rate."""
    ready, idle_mb = [], 0.0
    for _ in range(STARTS):
        with tempfile.TemporaryDirectory() as folder:
            async with running(*up(folder)) as (_, pid, ready_s):
                ready.append(ready_s)
                await asyncio.sleep(REST_S)
                idle_mb = resident_mb(pid)
    hold_rate, echo_rate = await side_by_side()
    return {
        "ready_s": round(min(ready), 2),
        "idle_mb": round(idle_mb, 1),
        "hold_rate": round(hold_rate, 1),
        "echo_rate": round(echo_rate, 1),
        "ratio": round(hold_rate / echo_rate, 3),
    }


async def side_by_side() -> tuple[float, float]:
    """Measures hold_rate and echo_rate, in calls a second; see smoke()."""
    with tempfile.TemporaryDirectory() as folder:
        async with (
            running(*up(folder), **BEHIND_A_GATEWAY) as (address, _, _),
            running("scripts/bench.py", "echo") as (echo_address, _, _),
            EventHub(address) as hub,
            connected(address, CONNECTIONS) as wires,
            grpc.aio.insecure_channel(echo_address) as channel,
        ):
            guests = Guests(wires[0])
            hold = Holds(wires, guests, *await open_conference(hub)).ask
            stub: Any = channel.unary_unary(ECHO)

            async def echo() -> None:
                await stub(b"x" * 100)

            holds, echoes = [], []
            await rate(echo, WARM_UP_S)
            await guests.invite(HOLDS_A_ROUND)
            await rate(hold, WARM_UP_S)
            for _ in range(ROUNDS):
                echoes.append(await rate(echo, ROUND_S))
                await guests.invite(HOLDS_A_ROUND)
                holds.append(await rate(hold, ROUND_S))
    return statistics.median(holds), statistics.median(echoes)


def main() -> None:
    """Runs the measurement that the command line names."""
    parser = argparse.ArgumentParser(prog="bench", description="Measures EventHub beside its yardsticks.")
    parser.add_argument("what", choices=["smoke", "overload", "echo"])
    parser.add_argument("--json", type=Path, help="also write the figures to a file")
    given = parser.parse_args()
    if given.what == "echo":
        asyncio.run(serve_echo())
        return
    figures = asyncio.run(smoke() if given.what == "smoke" else overload())
    for name, figure in figures.items():
        print(f"{name:20} {figure}")
    if given.json:
        given.json.write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
