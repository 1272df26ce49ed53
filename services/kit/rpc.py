"""The one wrapper around every RPC, of all four kinds, over the wire or inside the process: who calls, until when, what
was asked, whether there is room; one log line; one place that turns errors into statuses."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import grpc
from google.protobuf.message import DecodeError, Message
from protovalidate import Validator

from eventhub import status
from eventhub.contract import Kind, Method
from eventhub.refusal import Refusal
from eventhub.refusals import DeadlinePassed, Internal, InvalidRequest
from services.kit import log
from services.kit.admission import Admission
from services.kit.call import ANYONE, Call, admit, current
from services.kit.clock import Clock
from services.kit.ids import Ids
from services.kit.tokens import Verifier

CODES = {code.value[0]: code for code in grpc.StatusCode}
VIOLATIONS_MAX = 20

Handler = Callable[[Any, Call], Any]


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

    def on_the_wire(self, method: Method, handler: Handler) -> "grpc.RpcMethodHandler[bytes, bytes]":
        """The gRPC handler of a method, from bytes to bytes."""
        match method.kind:
            case Kind.UNARY:
                return grpc.unary_unary_rpc_method_handler(self._unary(method, handler))
            case Kind.SERVER_STREAM:
                return grpc.unary_stream_rpc_method_handler(self._server_stream(method, handler))
            case Kind.CLIENT_STREAM:
                return grpc.stream_unary_rpc_method_handler(self._client_stream(method, handler))
        raise ValueError(f"{method.path}: no RPC streams both ways")

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

    @asynccontextmanager
    async def around(self, method: Method, request_id: str, timeout_s: float | None) -> AsyncIterator[Call]:
        """What happens around every call. Leaves only refusals out: whatever else goes wrong becomes Internal, without
        its text. timeout_s: what the caller asks for; the contract's class is the most it gets."""
        limits = [limit for limit in (timeout_s, method.deadline_s) if limit is not None]
        started = self._clock.monotonic()
        deadline = started + min(limits) if limits else None
        call = Call(method, ANYONE, request_id, deadline, self._clock, self._draining)
        outcome = "OK"
        try:
            async with asyncio.timeout(min(limits) if limits else None):
                yield call
        except Refusal as refused:
            outcome = refused.reason
            raise
        except TimeoutError:
            outcome = DeadlinePassed.reason
            raise DeadlinePassed(method=method.path) from None
        except (asyncio.CancelledError, GeneratorExit):
            outcome = "CANCELLED"
            raise
        except Exception as error:
            outcome = Internal.reason
            self._log.error("mistake", method=method.path, request_id=request_id, **log.place(error))
            raise Internal(request_id=request_id) from error
        finally:
            self._log.info(
                "call",
                method=method.path,
                caller=call.caller.subject_id or call.caller.service,
                organizer_id=call.caller.organizer_id,
                outcome=outcome,
                ms=round((self._clock.monotonic() - started) * 1000, 2),
                request_id=request_id,
            )

    @asynccontextmanager
    async def _entered(self, method: Method, context: Any) -> AsyncIterator[Call]:
        """Around a call from the wire: the caller is read from its token, and a refusal ends the call as a status."""
        metadata = dict(context.invocation_metadata() or ())
        refused: Refusal | None = None
        try:
            async with self.around(method, self._ids.new("req"), context.time_remaining()) as call:
                call.caller = await self._verifier.caller(metadata.get("authorization", ""))
                admit(method.rules, call.caller)
                with self._admission.enter(method, call.caller):
                    yield call
        except Refusal as error:
            refused = error
        if refused is not None:
            packed = status.pack(refused)
            trailers = ((status.DETAILS_KEY, packed.SerializeToString()),)
            await context.abort(CODES[packed.code], packed.message, trailers)

    def _unary(self, method: Method, handler: Handler) -> Callable[[bytes, Any], Awaitable[bytes]]:
        async def serve(data: bytes, context: Any) -> bytes:
            async with self._entered(method, context) as call:
                current.set(call)
                answer: Message = await handler(self.read(method, data), call)
                return answer.SerializeToString()
            return b""  # not reached: a refusal has ended the call

        return serve

    def _client_stream(self, method: Method, handler: Handler) -> Callable[[Any, Any], Awaitable[bytes]]:
        async def serve(chunks: AsyncIterator[bytes], context: Any) -> bytes:
            async with self._entered(method, context) as call:
                current.set(call)
                requests = (self.read(method, data) async for data in chunks)
                answer: Message = await handler(requests, call)
                return answer.SerializeToString()
            return b""  # not reached: a refusal has ended the call

        return serve

    def _server_stream(self, method: Method, handler: Handler) -> Callable[[bytes, Any], AsyncIterator[bytes]]:
        async def serve(data: bytes, context: Any) -> AsyncIterator[bytes]:
            async with self._entered(method, context) as call:
                answers = handler(self.read(method, data), call)
                try:
                    async for answer in answers:
                        yield answer.SerializeToString()
                finally:
                    await answers.aclose()

        return serve
