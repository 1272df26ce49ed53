"""The yardstick: a bare grpc.aio server in a process of its own.

Its echo returns each request unchanged, and its watchers get each message that it is told. Any other method returns the
answer that it was taught, so that the load generator can run against it alone, with messages of the platform's sizes.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import grpc

from scripts.measurements.driver import Wires, rate
from scripts.measurements.servers import connected, running

ECHO = "/eventhub.bench.Echo/Echo"
TEACH = "/eventhub.bench.Echo/Teach"
WATCH = "/eventhub.bench.Echo/Watch"
TELL = "/eventhub.bench.Echo/Tell"
ECHO_BYTES = 100
# One connection cannot carry all calls that are under way.
CONNECTIONS = 2


class Handlers(grpc.GenericRpcHandler):
    """Answers every method."""

    def __init__(self) -> None:
        self._taught: dict[str, Any] = {
            ECHO: grpc.unary_unary_rpc_method_handler(echo),
            TEACH: grpc.unary_unary_rpc_method_handler(self._teach),
            WATCH: grpc.unary_stream_rpc_method_handler(self._watch),
            TELL: grpc.unary_unary_rpc_method_handler(self._tell),
        }
        self._watchers: set[asyncio.Queue[bytes]] = set()

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> Any:
        """Returns the handler of a method; None if it is not taught yet."""
        return self._taught.get(handler_call_details.method)

    async def _teach(self, lesson: bytes, _: object) -> bytes:
        """lesson: a method's path, a zero byte, and its answer."""
        path, _, taught = lesson.partition(b"\0")

        async def answer(request: bytes, _: object) -> bytes:
            return taught

        self._taught[path.decode()] = grpc.unary_unary_rpc_method_handler(answer)
        return b""

    async def _watch(self, first: bytes, context: Any) -> None:
        messages: asyncio.Queue[bytes] = asyncio.Queue()
        self._watchers.add(messages)
        try:
            await context.write(first)
            while True:
                await context.write(await messages.get())
        finally:
            self._watchers.discard(messages)

    async def _tell(self, message: bytes, _: object) -> bytes:
        for messages in self._watchers:
            messages.put_nowait(message)
        return b""


async def echo(data: bytes, _: object) -> bytes:
    """Returns a request unchanged."""
    return data


async def serve() -> None:
    """Serves on a free port until the process is stopped."""
    server = grpc.aio.server()
    server.add_generic_rpc_handlers((Handlers(),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    print(f"gRPC 127.0.0.1:{port}, -", flush=True)
    await server.wait_for_termination()


class Yardstick:
    """A client of the yardstick. address, pid: of its server."""

    def __init__(self, wires: Wires, address: str, pid: int) -> None:
        """wires: to the yardstick's server."""
        self.wires = wires
        self.address = address
        self.pid = pid

    async def echo_rate(self, seconds: float) -> float:
        """Measures echoes a second."""
        return await rate(lambda: self.wires.start(ECHO, b"x" * ECHO_BYTES, (), None), seconds)

    async def tell(self, message: bytes) -> None:
        """Sends a message to all watchers."""
        await self.wires.start(TELL, message, (), None)

    async def teach(self, answers: Mapping[str, bytes]) -> None:
        """Teaches the server the answers of methods, by path."""
        for path, answer in answers.items():
            await self.wires.start(TEACH, path.encode() + b"\0" + answer, (), None)


@asynccontextmanager
async def yardstick() -> AsyncIterator[Yardstick]:
    """Runs the yardstick's server and connects to it."""
    async with (
        running("-m", "scripts.measurements.yardstick") as (address, pid, _),
        connected(address, CONNECTIONS) as channels,
    ):
        yield Yardstick(Wires(channels), address, pid)


if __name__ == "__main__":
    asyncio.run(serve())
