"""The one wrapper around every RPC, of all four kinds, over the wire or inside the process: who calls, until when, what
was asked, whether there is room; one log line; one place that turns errors into statuses."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractContextManager, aclosing
from types import TracebackType
from typing import Any, NoReturn

import grpc
import structlog
from google.protobuf.message import DecodeError, Message
from protovalidate import Validator

from eventhub import status
from eventhub.common.v1.options_pb2 import ACCESS_ANYONE, ACCESS_INTERNAL
from eventhub.contract import Kind, Method
from eventhub.refusal import Refusal
from eventhub.refusals import DeadlinePassed, Internal, InvalidRequest, TokenExpired
from services.kit import log
from services.kit.admission import Admission
from services.kit.call import ANYONE, Call, Caller, admit, current
from services.kit.clock import Clock
from services.kit.ids import Ids
from services.kit.tokens import Verifier

CODES = {code.value[0]: code for code in grpc.StatusCode}
VIOLATIONS_MAX = 20
REQUEST_ID_KEY = "x-request-id"

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
        draining: Callable[[], bool],
    ) -> None:
        """draining: whether the process is going down."""
        self._clock = clock
        self._ids = ids
        self._verifier = verifier
        self._admission = admission
        self._draining = draining
        self._validator = Validator()
        self._log = log.get("rpc")

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

    def read(self, method: Method, data: bytes) -> Message:
        """The request in some bytes, checked against the contract. Raises InvalidRequest naming the fields."""
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

    def around(self, method: Method, request_id: str, timeout_s: float | None, *, enforced: bool = True) -> "UnderWay":
        """What happens around every call. timeout_s: what the caller asks for; the contract's class is the most it
        gets. enforced: whether the time is to be watched here; False where the transport does that for timeout_s."""
        limit_s = method.deadline_s
        watched_s = limit_s
        if timeout_s is not None and (limit_s is None or timeout_s < limit_s):
            limit_s = timeout_s
            watched_s = timeout_s if enforced else None
        deadline = None if limit_s is None else self._clock.monotonic() + limit_s
        call = Call(method, ANYONE, request_id, deadline, self._clock, self._draining)
        return UnderWay(call, watched_s, self._log)

    async def _enter(self, call: Call, context: Any, identify: Identify) -> AbstractContextManager[None]:
        """Finds out who calls, whether they may, and whether there is room."""
        call.caller = await identify(call.method, context)
        if call.caller.kind == ACCESS_INTERNAL:
            call.request_id = metadata(context, REQUEST_ID_KEY) or call.request_id
        admit(call.method.rules, call.caller)
        return self._admission.enter(call.method, call.caller)

    async def _by_token(self, method: Method, context: Any) -> Caller:
        try:
            return await self._verifier.caller(metadata(context, "authorization"))
        except TokenExpired:
            if ACCESS_ANYONE not in method.rules.access:
                raise  # who refreshes an expired token still sends it: what anyone may do needs none
            return ANYONE

    def _from_the_wire(self, method: Method, context: Any) -> "UnderWay":
        return self.around(method, self._ids.request(), context.time_remaining(), enforced=False)

    def _unary(self, method: Method, handler: Handler, identify: Identify) -> Callable[[bytes, Any], Awaitable[bytes]]:
        async def serve(data: bytes, context: Any) -> bytes:
            try:
                async with self._from_the_wire(method, context) as call:
                    with await self._enter(call, context, identify):
                        current.set(call)
                        answer: Message = await handler(self.read(method, data), call)
                        return answer.SerializeToString()
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
                        current.set(call)
                        requests = (self.read(method, data) async for data in chunks)
                        answer: Message = await handler(requests, call)
                        return answer.SerializeToString()
            except Refusal as refused:
                return await ended(context, refused)

        return serve

    def _both_stream(
        self, method: Method, handler: Handler, identify: Identify
    ) -> Callable[[Any, Any], AsyncIterator[bytes]]:
        async def serve(chunks: AsyncIterator[bytes], context: Any) -> AsyncIterator[bytes]:
            try:
                async with self._from_the_wire(method, context) as call:
                    with await self._enter(call, context, identify):
                        requests = (self.read(method, data) async for data in chunks)
                        async with aclosing(handler(requests, call)) as answers:
                            async for answer in answers:
                                yield answer.SerializeToString()
            except Refusal as refused:
                await ended(context, refused)

        return serve

    def _server_stream(
        self, method: Method, handler: Handler, identify: Identify
    ) -> Callable[[bytes, Any], AsyncIterator[bytes]]:
        async def serve(data: bytes, context: Any) -> AsyncIterator[bytes]:
            try:
                async with self._from_the_wire(method, context) as call:
                    with await self._enter(call, context, identify):
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


async def ended(context: Any, refused: Refusal) -> NoReturn:
    """Ends a call from the wire with the status of a refusal."""
    packed = status.pack(refused)
    await context.abort(CODES[packed.code], packed.message, ((status.DETAILS_KEY, packed.SerializeToString()),))
    raise AssertionError  # not reached: abort raises


class UnderWay:
    """A call under way, as a context. It leaves only refusals out: whatever else goes wrong becomes Internal, without
    its text. Written out instead of as a generator: it is entered for every call."""

    __slots__ = ("_call", "_log", "_started", "_timeout")

    def __init__(self, call: Call, watched_s: float | None, journal: structlog.stdlib.BoundLogger) -> None:
        """watched_s: after how long to end it; None: not here."""
        self._call = call
        self._timeout = None if watched_s is None else asyncio.timeout(watched_s)
        self._log = journal
        self._started = call.clock.monotonic()

    async def __aenter__(self) -> Call:
        """The call."""
        if self._timeout is not None:
            await self._timeout.__aenter__()
        return self._call

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Says how it ended."""
        if self._timeout is not None:
            try:
                await self._timeout.__aexit__(kind, error, trace)
            except TimeoutError as late:
                error = late
        refused = self._refusal(error)
        outcome = "OK"
        if error is not None:
            outcome = refused.reason if refused is not None else "CANCELLED"
        call = self._call
        self._log.info(
            "call",
            method=call.method.path,
            caller=call.caller.subject_id or call.caller.service,
            organizer_id=call.caller.organizer_id,
            outcome=outcome,
            ms=round((call.clock.monotonic() - self._started) * 1000, 2),
            request_id=call.request_id,
        )
        if refused is not None and refused is not error:
            raise refused from error

    def _refusal(self, error: BaseException | None) -> Refusal | None:
        """The refusal an error stands for; None for none, and for a caller that has gone."""
        if error is None or isinstance(error, asyncio.CancelledError | GeneratorExit):
            return None
        if isinstance(error, Refusal):
            return error
        call = self._call
        if isinstance(error, TimeoutError):
            return DeadlinePassed(method=call.method.path)
        self._log.error("mistake", method=call.method.path, request_id=call.request_id, **log.place(error))
        return Internal(request_id=call.request_id)
