"""services.probe reports the health of a process by its exit code."""

import asyncio
import os
import socket
import sys
from collections.abc import AsyncIterator

import grpc
import pytest
import pytest_asyncio
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_health.v1._async import HealthServicer

from services.kit.rpc.server import LIVENESS, READINESS
from tests.sources import ROOT


@pytest_asyncio.fixture
async def port() -> AsyncIterator[int]:
    """Yields the port of a process that is alive but not ready."""
    server, health = grpc.aio.server(), HealthServicer()
    health_pb2_grpc.add_HealthServicer_to_server(health, server)
    await health.set(LIVENESS, health_pb2.HealthCheckResponse.SERVING)
    await health.set(READINESS, health_pb2.HealthCheckResponse.NOT_SERVING)
    found = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    yield found
    await server.stop(None)


async def probe(*arguments: str) -> tuple[int | None, str]:
    """Returns the exit code and the output of the program."""
    program = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "services.probe", *arguments),
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'clients'}"},
        stderr=asyncio.subprocess.PIPE,
    )
    _, said = await program.communicate()
    return program.returncode, said.decode().strip()


async def test_a_healthy_process_exits_zero(port: int) -> None:
    assert await probe("liveness", "--port", str(port)) == (0, "")


@pytest.mark.parametrize("arguments", [("readiness",), ()])
async def test_a_process_that_is_not_ready_exits_one(port: int, arguments: tuple[str, ...]) -> None:
    assert await probe(*arguments, "--port", str(port)) == (1, "probe: readiness is NOT_SERVING")


async def test_an_unused_port_exits_one() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        free = taken.getsockname()[1]
    code, said = await probe("--port", str(free))
    assert (code, said) == (1, f"probe: port {free} does not answer: UNAVAILABLE")
