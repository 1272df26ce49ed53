"""Many watches of one server. Each of the first thousand has a connection of its own."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import grpc
from google.protobuf.message import Message

from eventhub.channel import refusal
from scripts.measurements.driver import Headers
from scripts.measurements.servers import connected

# A server takes 2,000 connections, and 32 watches over each.
CONNECTIONS_MAX = 1_000
# A server cancels calls if too many wait to begin.
BEGIN_AT_ONCE = 200


@asynccontextmanager
async def watched(
    address: str, path: str, request: Message | bytes, watchers: Sequence[Headers], tell: Callable[[int, bytes], None]
) -> AsyncIterator[None]:
    """Watches while the block runs, which begins when each watcher has its first message. An error of a watch ends the
    block.

    path: the method. watchers: the metadata of each. tell: called with the number of a watcher and a message.
    """
    begun, room = asyncio.Semaphore(0), asyncio.Semaphore(BEGIN_AT_ONCE)
    asked = request if isinstance(request, bytes) else request.SerializeToString()
    async with connected(address, min(len(watchers), CONNECTIONS_MAX)) as channels, asyncio.TaskGroup() as group:

        async def watch(number: int) -> None:
            calls: Any = channels[number % CONNECTIONS_MAX].unary_stream(path)
            first = True
            await room.acquire()
            while True:
                try:
                    async for message in calls(asked, metadata=watchers[number]):
                        tell(number, message)
                        if first:
                            begun.release()
                            room.release()
                        first = False
                except grpc.aio.AioRpcError as error:
                    refused = refusal(error, path)
                    if not first or refused.retry_after_s is None:
                        raise
                    await asyncio.sleep(refused.retry_after_s)  # an address may only begin some watches a second

        tasks = [group.create_task(watch(number)) for number in range(len(watchers))]
        for _ in tasks:
            await begun.acquire()
        yield
        for task in tasks:
            task.cancel()


def strangers(count: int) -> list[Headers]:
    """Returns the metadata of callers without a token, each at an address of their own."""
    return [(("x-forwarded-for", f"172.16.{n >> 8}.{n & 255}"),) for n in range(count)]
