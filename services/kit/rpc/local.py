"""Calls between contexts of one process: the same stubs and the same wrapper as over the wire, without a socket.

Each request is copied, so the caller and the servicer never share a message. The channel object identifies the calling
context; no token is needed.
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
    """All RPCs of the process by path."""

    def __init__(self, wrapper: Wrapper) -> None:
        """wrapper: wraps each call, as for calls over the wire."""
        self.wrapper = wrapper
        self.methods: dict[str, tuple[Method, Handler]] = {}

    def add(self, method: Method, handler: Handler) -> None:
        """Adds a method with its handler."""
        self.methods[method.path] = (method, handler)


class MeshChannel(grpc.aio.Channel):
    """Base of in-process and remote channels between contexts. The process owns the connections, so a context neither
    opens nor closes them: closing this channel does nothing, and it is always ready."""

    async def close(self, grace: float | None = None) -> None:
        """Does nothing: the process closes its connections at its end."""

    async def __aenter__(self) -> Self:
        """Returns the channel itself."""
        return self

    async def __aexit__(self, *exception: object) -> None:
        """Does nothing, as close()."""

    def get_state(self, try_to_connect: bool = False) -> grpc.ChannelConnectivity:
        """Always returns READY: a call that cannot be made is refused by itself."""
        return grpc.ChannelConnectivity.READY

    async def wait_for_state_change(self, last_observed_state: grpc.ChannelConnectivity) -> None:
        """Returns at once: the state never changes."""

    async def channel_ready(self) -> None:
        """Returns at once: the channel is always ready."""


class LocalChannel(MeshChannel):
    """The channel that one context uses to call contexts in the same process."""

    def __init__(self, mesh: LocalMesh, service: str) -> None:
        """service: the calling context, for example "orders"."""
        self._mesh = mesh
        self._caller = Caller(kind=ACCESS_INTERNAL, service=service)

    def _found(self, path: str) -> tuple[Method, Handler, str]:
        method, handler = self._mesh.methods[path]
        return method, handler, f"{self._caller.service}>{method.context}.{method.name}"

    def unary_unary(self, method: str, *args: Any, **kwargs: Any) -> Any:
        """Returns a callable for one request and one response."""

        async def call(request: Message, *, timeout: float | None = None) -> Message:
            return await self._answer(method, self._received(request), timeout)

        return call

    def stream_unary(self, method: str, *args: Any, **kwargs: Any) -> Any:
        """Returns a callable for a stream of requests and one response."""

        async def call(requests: AsyncIterable[Message], *, timeout: float | None = None) -> Message:
            return await self._answer(method, (self._received(request) async for request in requests), timeout)

        return call

    def unary_stream(self, method: str, *args: Any, **kwargs: Any) -> Any:
        """Returns a callable for one request and a stream of responses."""

        async def call(request: Message, *, timeout: float | None = None) -> AsyncIterator[Message]:
            async with aclosing(self._answers(method, self._received(request), timeout)) as answers:
                async for answer in answers:
                    yield answer

        return call

    def stream_stream(self, method: str, *args: Any, **kwargs: Any) -> Any:
        """Returns a callable for a stream of requests and a stream of responses."""

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
                    yield rpc.response.FromString(answer) if isinstance(answer, bytes) else answer

    def _received(self, request: Message) -> Message:
        copy = type(request)()
        copy.CopyFrom(request)
        self._mesh.wrapper.check(copy)
        return copy
