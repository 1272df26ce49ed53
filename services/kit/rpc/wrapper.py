"""The wrapper around every RPC, of all four kinds, over the wire or inside the process. It finds the caller, sets the
deadline, checks the request against the contract, takes a place and writes one log line."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from typing import Any, TypeVar

import grpc
from google.protobuf.message import DecodeError, Message

from eventhub.common.v1.options_pb2 import ACCESS_ANYONE, ACCESS_INTERNAL
from eventhub.contract import Kind, Method
from eventhub.refusal import Refusal
from eventhub.refusals import InvalidRequest, MethodUnknown, Overloaded
from services.kit.language import validation
from services.kit.observe import tracing
from services.kit.rpc.admission import Admission, Place
from services.kit.rpc.call import ANYONE, Call, Caller, admit, begin
from services.kit.rpc.call_scope import CallLog, CallScope
from services.kit.rpc.ending import LANGUAGE_KEY, REQUEST_ID_KEY, Brought, end, read_off, refusing, text
from services.kit.rpc.tokens import Verifier
from services.kit.values.addresses import Addresses
from services.kit.values.clock import Clock
from services.kit.values.ids import Ids

T = TypeVar("T")

# Limit for the request message of a watch to arrive. Other calls have a deadline; a watch has none.
REQUEST_S = 10.0
# If a caller disconnects, gRPC first reports the end of its messages and cancels the call within this time.
LEFT_S = 0.02
# Limit for each message from outside.
REQUEST_BYTES_MAX = 64 * 1024
# How long a client may take to read one message of a stream, once its buffers are full.
WRITE_S = 10.0
REQUEST_ID = re.compile(r"[0-9A-Za-z._-]{1,64}")
FORWARDED_KEY = "x-forwarded-for"

Handler = Callable[[Any, Call], Any]
# Finds the caller of a method from gRPC's context and the metadata. Raises TokenInvalid or AccessDenied.
Identify = Callable[[Method, Any, Brought], Awaitable[Caller]]


class Wrapper:
    """Wraps handlers. A handler takes the request (or an iterator of requests) and the Call, and returns the response
    (or an iterator of responses) or raises a Refusal. A stream may yield responses that are encoded already."""

    def __init__(
        self,
        clock: Clock,
        ids: Ids,
        verifier: Verifier,
        admission: Admission,
        *,
        addresses: Addresses,
        call_log: CallLog,
        draining: Callable[[], bool],
        hang_up: Callable[[str], None],
    ) -> None:
        """addresses: finds the network address that a call counts for. call_log: records calls. draining: whether the
        process is shutting down. hang_up: closes the connection of a gRPC peer."""
        self._clock = clock
        self._ids = ids
        self._verifier = verifier
        self._admission = admission
        self._addresses = addresses
        self._draining = draining
        self._hang_up = hang_up
        self._call_log = call_log

    def on_the_wire(
        self, method: Method, handler: Handler, identify: Identify | None = None
    ) -> "grpc.RpcMethodHandler[bytes, bytes]":
        """The gRPC handler of a method, from bytes to bytes.

        Every method is a stream of requests for gRPC. gRPC would otherwise begin a call only when its one message has
        arrived: a message that trickles in for ever would have no deadline and count against no limit.

        identify: finds the caller; by default from the access token.
        """
        identify = identify or self._by_token
        if method.kind in (Kind.UNARY, Kind.CLIENT_STREAM):
            return grpc.stream_unary_rpc_method_handler(self._answering(method, handler, identify))
        return grpc.stream_stream_rpc_method_handler(self._streaming(method, handler, identify))

    def refused_early(self, method: Method) -> "grpc.RpcMethodHandler[bytes, bytes] | None":
        """A handler that refuses a new call without reading its message; None if the call may go on to its own."""
        try:
            self._admission.knock(method)
        except Overloaded as refused:
            request_id = self._ids.request()
            self._call_log.refused(method, refused, request_id)
            return refusing(refused, request_id)
        return None

    def unknown(self) -> "grpc.RpcMethodHandler[bytes, bytes]":
        """A handler that refuses a call of an unknown method."""
        return refusing(MethodUnknown(), self._ids.request())

    def read(self, method: Method, data: bytes) -> Message:
        """Parses a request and checks it against the contract. Raises InvalidRequest, which names the fields."""
        if len(data) > REQUEST_BYTES_MAX and not method.internal:
            raise InvalidRequest(f"The message is larger than {REQUEST_BYTES_MAX} bytes.")
        try:
            request = method.request.FromString(data)
        except DecodeError:
            raise InvalidRequest("The message cannot be read.") from None
        self.check(request)
        return request

    def check(self, request: Message) -> None:
        """Checks a request against the rules of its fields. Raises InvalidRequest."""
        validation.check(request)

    def around(
        self, method: Method, request_id: str, timeout_s: float | None, trace: str, *, enforce_timeout: bool = True
    ) -> CallScope:
        """The scope of a call of a method.

        request_id, trace: those that the caller sent; empty to make new ones.
        timeout_s: limit that the caller asks for. The method's deadline class is the longest it gets.
        enforce_timeout: False if gRPC already enforces timeout_s.
        """
        limit_s = method.deadline_s
        watched_s = limit_s
        if timeout_s is not None and (limit_s is None or timeout_s < limit_s):
            limit_s = timeout_s
            watched_s = timeout_s if enforce_timeout else None
        deadline = None if limit_s is None else self._clock.monotonic() + limit_s
        span = self._call_log.span(method, trace)
        trace = span.traceparent if span is not None else trace or self._ids.trace()
        call = Call(
            method=method,
            caller=ANYONE,
            request_id=request_id or self._ids.request(),
            deadline=deadline,
            clock=self._clock,
            draining=self._draining,
            trace=trace,
            is_revoked=self._verifier.is_revoked,
        )
        return CallScope(call, self._call_log, span, left_s=limit_s, watched_s=watched_s)

    def _from_the_wire(self, method: Method, context: Any, brought: Brought) -> CallScope:
        trace = tracing.parse(text(brought, tracing.KEY))
        request_id = text(brought, REQUEST_ID_KEY)
        if not REQUEST_ID.fullmatch(request_id):
            request_id = self._ids.request()
        context.set_trailing_metadata(((REQUEST_ID_KEY, request_id),))
        return self.around(method, request_id, context.time_remaining(), trace, enforce_timeout=False)

    async def _enter(self, call: Call, context: Any, brought: Brought, identify: Identify) -> Place:
        """Finds the caller, checks that it may call the method, and takes a place."""
        call.caller = await identify(call.method, context, brought)
        if call.caller.kind != ACCESS_INTERNAL:
            call.address = self._addresses.of(context.peer(), text(brought, FORWARDED_KEY))
            call.accept_language = text(brought, LANGUAGE_KEY)
        begin(call)
        admit(call.method, call.caller)
        return self._admission.enter(call.method, call.caller.subject_id, call.address)

    async def _by_token(self, method: Method, context: Any, brought: Brought) -> Caller:
        header = text(brought, "authorization")
        return await self._verifier.caller(header, or_anyone=ACCESS_ANYONE in method.access)

    async def _request(self, call: Call, context: Any) -> Message:
        """Reads the one request message of a call, until the call's deadline or, for a watch, within REQUEST_S."""
        data = await context.read() if call.deadline is not None else await within(REQUEST_S, context.read())
        if data is grpc.aio.EOF:
            # gRPC reports the same for a caller that has disconnected, a moment before it cancels the call.
            await asyncio.sleep(LEFT_S)
            raise InvalidRequest("The message is missing or cut off.")
        call.bytes_in = len(data)
        return self.read(call.method, data)

    async def _requests(self, call: Call, context: Any) -> AsyncIterator[Message]:
        """Reads the request messages of a call, one after the other."""
        while (data := await context.read()) is not grpc.aio.EOF:
            yield self.read(call.method, data)

    def _answering(
        self, method: Method, handler: Handler, identify: Identify
    ) -> Callable[[Any, Any], Awaitable[bytes]]:
        asks_once = method.kind is Kind.UNARY

        async def serve(_: Any, context: Any) -> bytes:
            brought = dict(context.invocation_metadata() or ())
            try:
                async with self._from_the_wire(method, context, brought) as call:
                    with await self._enter(call, context, brought, identify):
                        asked = await self._request(call, context) if asks_once else self._requests(call, context)
                        answer: Message = await handler(asked, call)
                        out = answer.SerializeToString()
                        call.bytes_out = len(out)
                        return out
            except Refusal as refused:
                if not asks_once:
                    await read_off(context)
                await end(context, refused, brought)
                return b""  # not sent: the call has ended

        return serve

    async def _write(self, context: Any, answer: bytes) -> None:
        """Sends one message of a stream. gRPC cannot cancel a send that waits for a client that does not read, so the
        client's connection is closed, which ends the send and the call."""
        late = asyncio.get_running_loop().call_later(WRITE_S, lambda: self._hang_up(context.peer()))
        try:
            await context.write(answer)
        finally:
            late.cancel()

    def _streaming(self, method: Method, handler: Handler, identify: Identify) -> Callable[[Any, Any], Awaitable[None]]:
        asks_once = method.kind is Kind.SERVER_STREAM

        async def serve(_: Any, context: Any) -> None:
            brought = dict(context.invocation_metadata() or ())
            try:
                async with self._from_the_wire(method, context, brought) as call:
                    with await self._enter(call, context, brought, identify):
                        asked = await self._request(call, context) if asks_once else self._requests(call, context)
                        async with aclosing(handler(asked, call)) as answers:
                            async for answer in answers:
                                encoded = answer if isinstance(answer, bytes) else answer.SerializeToString()
                                await self._write(context, encoded)
            except Refusal as refused:
                if not asks_once:
                    await read_off(context)
                await end(context, refused, brought)

        return serve


async def within(seconds: float, work: Awaitable[T]) -> T:
    """Awaits some work. Raises TimeoutError if it takes longer."""
    async with asyncio.timeout(seconds):
        return await work
