"""Measures the platform, each figure beside its yardstick of the same run.

smoke: how soon it is ready, what it weighs at rest, and how many holds a second it takes beside a bare gRPC server of
the same kind that only echoes.
overload: what it still does when twice as much is asked of it as it can do.
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

# A connection carries fewer calls at once than are under way.
CONNECTIONS = 2
ROUNDS = 15
ROUND_S = 1.0
# More than any machine has come to.
HOLDS_A_ROUND = 20_000
WARM_UP_S = 1.0
REST_S = 2.0
STARTS = 3
ECHO = "/eventhub.bench.Echo/Echo"


async def serve_echo() -> None:
    """The yardstick: a bare grpc.aio server that answers what it is asked."""

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
    """ready_s: best of STARTS starts. idle_mb: resident memory, REST_S after start. hold_rate, echo_rate: medians of
    ROUNDS rounds taken in turns, calls a second. ratio: hold_rate by echo_rate."""
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
    """Holds and echoes a second, as smoke() says."""
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
    """Reads the command line."""
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
