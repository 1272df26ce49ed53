"""Calls between contexts of one process: the same stubs, the same wrapper, no socket.

A message is copied on its way in, so that caller and callee share nothing. Who calls is known by object, not by token.
"""

from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator
from contextlib import aclosing
from typing import Any, Self

import grpc
from google.protobuf.message import Message

from eventhub.common.v1.options_pb2 import ACCESS_INTERNAL
from eventhub.contract import Method
from services.kit.observe import tracing
from services.kit.rpc.call import Caller, admit, current, onward
from services.kit.rpc.wrapper import Handler, Wrapper
from services.kit.values.failpoints import failpoint


class LocalMesh:
    """Every RPC of the process by its path."""

    def __init__(self, wrapper: Wrapper) -> None:
        """Calls go through the wrapper."""
        self.wrapper = wrapper
        self.methods: dict[str, tuple[Method, Handler]] = {}

    def add(self, method: Method, handler: Handler) -> None:
        """Serves a method."""
        self.methods[method.path] = (method, handler)


class MeshChannel(grpc.aio.Channel):
    """A channel from a context into the mesh, of whichever kind: what it stands on belongs to the process, so whoever
    calls by it opens and closes nothing, and has nothing to wait for."""

    async def close(self, grace: float | None = None) -> None:
        """Closes nothing."""

    async def __aenter__(self) -> Self:
        """The channel itself."""
        return self

    async def __aexit__(self, *exception: object) -> None:
        """Closes nothing."""

    def get_state(self, try_to_connect: bool = False) -> grpc.ChannelConnectivity:
        """Always ready."""
        return grpc.ChannelConnectivity.READY

    async def wait_for_state_change(self, last_observed_state: grpc.ChannelConnectivity) -> None:
        """Always ready: returns once the state is another than the one observed."""

    async def channel_ready(self) -> None:
        """Always ready."""


class LocalChannel(MeshChannel):
    """A channel to the contexts of the same process, for one of them to call from."""

    def __init__(self, mesh: LocalMesh, service: str) -> None:
        """service: the calling context, for example "orders"."""
        self._mesh = mesh
        self._caller = Caller(kind=ACCESS_INTERNAL, service=service)

    def _found(self, path: str) -> tuple[Method, Handler, str]:
        method, handler = self._mesh.methods[path]
        return method, handler, f"{self._caller.service}>{method.context}.{method.name}"

    def unary_unary(self, method: str, *args: Any, **kwargs: Any) -> Any:
        """One request, one response."""

        async def call(request: Message, *, timeout: float | None = None) -> Message:
            return await self._answer(method, self._received(request), timeout)

        return call

    def stream_unary(self, method: str, *args: Any, **kwargs: Any) -> Any:
        """A stream of requests, one response."""

        async def call(requests: AsyncIterable[Message], *, timeout: float | None = None) -> Message:
            return await self._answer(method, (self._received(request) async for request in requests), timeout)

        return call

    def unary_stream(self, method: str, *args: Any, **kwargs: Any) -> Any:
        """One request, a stream of responses."""

        async def call(request: Message, *, timeout: float | None = None) -> AsyncIterator[Message]:
            async with aclosing(self._answers(method, self._received(request), timeout)) as answers:
                async for answer in answers:
                    yield answer

        return call

    def stream_stream(self, method: str, *args: Any, **kwargs: Any) -> Any:
        """A stream of requests, a stream of responses."""

        async def call(requests: AsyncIterable[Message], *, timeout: float | None = None) -> AsyncIterator[Message]:
            received = (self._received(request) async for request in requests)
            async with aclosing(self._answers(method, received, timeout)) as answers:
                async for answer in answers:
                    yield answer

        return call

    async def _answer(self, path: str, received: object, timeout: float | None) -> Message:
        rpc, handler, name = self._found(path)
        taken = onward(rpc, timeout)
        failpoint(f"{name}.before")
        async with self._mesh.wrapper.around(rpc, taken.request_id, taken.timeout_s, taken.trace) as under_way:
            admit(rpc, self._caller)
            under_way.caller = self._caller
            outer, outer_trace = current.set(under_way), tracing.trace.set(under_way.trace)
            try:
                answer: Message = await handler(received, under_way)
            finally:
                current.reset(outer)
                tracing.trace.reset(outer_trace)
        failpoint(f"{name}.after")
        return answer

    async def _answers(self, path: str, received: object, timeout: float | None) -> AsyncGenerator[Message, None]:
        rpc, handler, _ = self._found(path)
        taken = onward(rpc, timeout)
        async with self._mesh.wrapper.around(rpc, taken.request_id, taken.timeout_s, taken.trace) as under_way:
            admit(rpc, self._caller)
            under_way.caller = self._caller
            async with aclosing(handler(received, under_way)) as answers:
                async for answer in answers:
                    yield answer

    def _received(self, request: Message) -> Message:
        copy = type(request)()
        copy.CopyFrom(request)
        self._mesh.wrapper.check(copy)
        return copy
