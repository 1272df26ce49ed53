"""The one wrapper around every RPC, of all four kinds, over the wire or inside the process: who calls, until when, what
was asked, whether there is room; one log line; one place that turns errors into statuses."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from typing import Any, NoReturn

import grpc
from google.protobuf.message import DecodeError, Message
from google.rpc.code_pb2 import UNAVAILABLE
from google.rpc.status_pb2 import Status
from protovalidate import Validator

from eventhub import status
from eventhub.common.v1.options_pb2 import ACCESS_ANYONE, ACCESS_INTERNAL
from eventhub.contract import Kind, Method
from eventhub.refusal import Refusal
from eventhub.refusals import InvalidRequest, Overloaded, TokenExpired
from services.kit import tracing
from services.kit.addresses import Addresses
from services.kit.admission import Admission, Place
from services.kit.call import ANYONE, Call, Caller, admit, begin
from services.kit.clock import Clock
from services.kit.ids import Ids
from services.kit.tokens import Verifier
from services.kit.under_way import Notes, UnderWay

CODES = {code.value[0]: code for code in grpc.StatusCode}
VIOLATIONS_MAX = 20
READ_OFF_S = 2.0
# A message from outside, each of a stream.
REQUEST_BYTES_MAX = 64 * 1024
REQUEST_ID_KEY = "x-request-id"
FORWARDED_KEY = "x-forwarded-for"
# Where gRPC's own retries look for how long to wait.
PUSHBACK_KEY = "grpc-retry-pushback-ms"

Handler = Callable[[Any, Call], Any]
# Finds out from the wire who calls a method. Raises TokenInvalid or AccessDenied.
Identify = Callable[[Method, Any], Awaitable[Caller]]


class Wrapper:
    """Wraps handlers. A handler takes the request (or an iterator of requests) and the Call, and answers the response
    (or an iterator of responses) or raises a refusal."""

    def __init__(
        self,
        clock: Clock,
        ids: Ids,
        verifier: Verifier,
        admission: Admission,
        *,
        addresses: Addresses,
        notes: Notes,
        draining: Callable[[], bool],
    ) -> None:
        """addresses: where calls come from. notes: where what happens is noted. draining: whether the process is going
        down."""
        self._clock = clock
        self._ids = ids
        self._verifier = verifier
        self._admission = admission
        self._addresses = addresses
        self._draining = draining
        self._notes = notes
        self._validator = Validator()

    def on_the_wire(
        self, method: Method, handler: Handler, identify: Identify | None = None
    ) -> "grpc.RpcMethodHandler[bytes, bytes]":
        """The gRPC handler of a method, from bytes to bytes. identify: who calls; by default whom the token names."""
        identify = identify or self._by_token
        match method.kind:
            case Kind.UNARY:
                return grpc.unary_unary_rpc_method_handler(self._unary(method, handler, identify))
            case Kind.SERVER_STREAM:
                return grpc.unary_stream_rpc_method_handler(self._server_stream(method, handler, identify))
            case Kind.CLIENT_STREAM:
                return grpc.stream_unary_rpc_method_handler(self._client_stream(method, handler, identify))
            case Kind.BOTH_STREAM:
                return grpc.stream_stream_rpc_method_handler(self._both_stream(method, handler, identify))

    def turned_away(self, method: Method) -> "grpc.RpcMethodHandler[bytes, bytes] | None":
        """For a call that has just come: what refuses it, of whatever kind it is, without reading its message; None
        where calls do not queue."""
        try:
            self._admission.knock(method)
        except Overloaded as refused:
            self._notes.refused(method, refused)
            return refusing(refused)
        return None

    def read(self, method: Method, data: bytes) -> Message:
        """The request in some bytes, checked against the contract. Raises InvalidRequest naming the fields."""
        if len(data) > REQUEST_BYTES_MAX and not method.internal:
            raise InvalidRequest(f"The message is larger than {REQUEST_BYTES_MAX} bytes.")
        try:
            request = method.request.FromString(data)
        except DecodeError:
            raise InvalidRequest("The message cannot be read.") from None
        self.check(request)
        return request

    def check(self, request: Message) -> None:
        """Holds a request against the rules on its fields. Raises InvalidRequest."""
        violations = self._validator.collect_violations(request)
        if violations:
            fields = {}
            for violation in violations[:VIOLATIONS_MAX]:
                elements = violation.proto.field.elements if violation.proto.field else ()
                path = ".".join(element.field_name for element in elements)
                fields[path or "request"] = violation.proto.message
            raise InvalidRequest(f"Not as the contract says: {', '.join(fields)}.", fields=fields)

    def around(
        self, method: Method, request_id: str, timeout_s: float | None, trace: str, *, enforced: bool = True
    ) -> UnderWay:
        """What happens around every call. request_id, trace: what the caller's call belongs to; empty: to nothing.
        timeout_s: what the caller asks for; the contract's class is the most it gets. enforced: whether the time is to
        be watched here; False where the transport does that for timeout_s."""
        limit_s = method.deadline_s
        watched_s = limit_s
        if timeout_s is not None and (limit_s is None or timeout_s < limit_s):
            limit_s = timeout_s
            watched_s = timeout_s if enforced else None
        deadline = None if limit_s is None else self._clock.monotonic() + limit_s
        span = self._notes.span(method, trace)
        trace = span.traceparent if span is not None else trace or self._ids.trace()
        call = Call(
            method, ANYONE, request_id or self._ids.request(), deadline, self._clock, self._draining, trace=trace
        )
        return UnderWay(call, self._notes, span, left_s=limit_s, watched_s=watched_s)

    async def _enter(self, call: Call, context: Any, identify: Identify) -> Place:
        """Finds out who calls, whether they may, and whether there is room."""
        call.caller = await identify(call.method, context)
        if call.caller.kind == ACCESS_INTERNAL:
            call.request_id = metadata(context, REQUEST_ID_KEY) or call.request_id
        else:
            call.address = self._addresses.of(context.peer(), metadata(context, FORWARDED_KEY))
        admit(call.method, call.caller)
        return self._admission.enter(call.method, call.caller.subject_id or call.address)

    async def _by_token(self, method: Method, context: Any) -> Caller:
        try:
            return await self._verifier.caller(metadata(context, "authorization"))
        except TokenExpired:
            if ACCESS_ANYONE not in method.access:
                raise  # who refreshes an expired token still sends it: what anyone may do needs none
            return ANYONE

    def _from_the_wire(self, method: Method, context: Any) -> UnderWay:
        trace = tracing.parse(metadata(context, tracing.KEY))
        return self.around(method, "", context.time_remaining(), trace, enforced=False)

    def _unary(self, method: Method, handler: Handler, identify: Identify) -> Callable[[bytes, Any], Awaitable[bytes]]:
        async def serve(data: bytes, context: Any) -> bytes:
            try:
                async with self._from_the_wire(method, context) as call:
                    with await self._enter(call, context, identify):
                        begin(call)
                        answer: Message = await handler(self.read(method, data), call)
                        out = answer.SerializeToString()
                        call.bytes_in, call.bytes_out = len(data), len(out)
                        return out
            except Refusal as refused:
                return await ended(context, refused)

        return serve

    def _client_stream(
        self, method: Method, handler: Handler, identify: Identify
    ) -> Callable[[Any, Any], Awaitable[bytes]]:
        async def serve(chunks: AsyncIterator[bytes], context: Any) -> bytes:
            try:
                async with self._from_the_wire(method, context) as call:
                    with await self._enter(call, context, identify):
                        begin(call)
                        requests = (self.read(method, data) async for data in chunks)
                        answer: Message = await handler(requests, call)
                        return answer.SerializeToString()
            except Refusal as refused:
                await read_off(chunks)
                return await ended(context, refused)

        return serve

    def _both_stream(
        self, method: Method, handler: Handler, identify: Identify
    ) -> Callable[[Any, Any], AsyncIterator[bytes]]:
        async def serve(chunks: AsyncIterator[bytes], context: Any) -> AsyncIterator[bytes]:
            try:
                async with self._from_the_wire(method, context) as call:
                    with await self._enter(call, context, identify):
                        begin(call)
                        requests = (self.read(method, data) async for data in chunks)
                        async with aclosing(handler(requests, call)) as answers:
                            async for answer in answers:
                                yield answer.SerializeToString()
            except Refusal as refused:
                await read_off(chunks)
                await ended(context, refused)

        return serve

    def _server_stream(
        self, method: Method, handler: Handler, identify: Identify
    ) -> Callable[[bytes, Any], AsyncIterator[bytes]]:
        async def serve(data: bytes, context: Any) -> AsyncIterator[bytes]:
            try:
                async with self._from_the_wire(method, context) as call:
                    with await self._enter(call, context, identify):
                        begin(call)
                        async with aclosing(handler(self.read(method, data), call)) as answers:
                            async for answer in answers:
                                yield answer.SerializeToString()
            except Refusal as refused:
                await ended(context, refused)

        return serve


def metadata(context: Any, wanted: str) -> str:
    """What a call brought along under a key; empty without it."""
    found = ""
    for key, value in context.invocation_metadata() or ():
        if key == wanted:
            found = value
    return found


async def read_off(chunks: AsyncIterator[bytes]) -> None:
    """Takes what a caller is still sending, for a while: in grpc.aio's client an answer that comes before the last
    message was sent may be lost in an error of its own."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(READ_OFF_S):
            async for _ in chunks:
                pass


async def ended(context: Any, refused: Refusal) -> NoReturn:
    """Ends a call from the wire with the status of a refusal."""
    packed = status.pack(refused)
    await context.abort(CODES[packed.code], packed.message, trailers(refused, packed))
    raise AssertionError  # not reached: abort raises


def refusing(refused: Refusal) -> "grpc.RpcMethodHandler[bytes, bytes]":
    """Refuses a call of any kind: for gRPC it is one that need not read."""
    packed = status.pack(refused)

    async def refuse(_: Any, context: Any) -> None:
        context.set_code(CODES[packed.code])
        context.set_details(packed.message)
        context.set_trailing_metadata(trailers(refused, packed))

    handler: grpc.RpcMethodHandler[bytes, bytes] = grpc.stream_stream_rpc_method_handler(refuse)
    return handler


def trailers(refused: Refusal, packed: Status) -> tuple[tuple[str, str | bytes], ...]:
    """What a refusal sends along: its details, and when to repeat."""
    details = (status.DETAILS_KEY, packed.SerializeToString())
    if refused.retry_after_s is None:
        return (details,)
    # Who is told that something is away shall hear it at once: what a repeat within its time finds is the same.
    pushback_ms = -1 if packed.code == UNAVAILABLE else int(refused.retry_after_s * 1000)
    return details, (PUSHBACK_KEY, str(pushback_ms))
