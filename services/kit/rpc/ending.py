"""Ends a call from the wire with a refusal. This is the only place that turns errors into gRPC statuses."""

import asyncio
import contextlib
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import grpc
from google.rpc.code_pb2 import UNAVAILABLE
from google.rpc.status_pb2 import Status

from eventhub import status
from eventhub.common.v1.options_pb2 import ACCESS_INTERNAL
from eventhub.refusal import Refusal
from services.kit.language import words
from services.kit.language.languages import negotiate
from services.kit.rpc.call import ANYONE, current

CODES = {code.value[0]: code for code in grpc.StatusCode}
READ_OFF_S = 2.0
REQUEST_ID_KEY = "x-request-id"
LANGUAGE_KEY = "accept-language"
# gRPC's own retries read from this trailer how long to wait.
PUSHBACK_KEY = "grpc-retry-pushback-ms"

# A call's metadata by key.
Brought = Mapping[str, str | bytes]
Trailers = tuple[tuple[str, str | bytes], ...]


def text(brought: Brought, wanted: str) -> str:
    """A text value of a call's metadata; empty if it is missing or binary."""
    found = brought.get(wanted, "")
    return found if isinstance(found, str) else ""


async def end(context: Any, refused: Refusal, brought: Brought) -> None:
    """Ends a call with the status of a refusal.

    context: gRPC's ServicerContext. brought: the call's metadata.
    """
    packed = packed_for(brought, refused)
    said = (*context.trailing_metadata(), *trailers(refused, packed))
    try:
        await context.abort(CODES[packed.code], packed.message, said)
    except grpc.aio.AbortError as aborted:
        # gRPC keeps this error with the call and raises it again. Its traceback's frames refer to the call and the
        # request; without this, that cycle would stay in memory until the garbage collector runs.
        aborted.__context__ = None
        aborted.with_traceback(None)


async def read_off(context: Any) -> None:
    """Reads and drops the messages that a caller is still sending, for at most READ_OFF_S. If the status arrives before
    the client has sent its last message, grpc.aio's client may raise an error of its own and lose ours."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(READ_OFF_S):
            while await context.read() is not grpc.aio.EOF:
                pass


def refusing(refused: Refusal, request_id: str) -> "grpc.RpcMethodHandler[bytes, bytes]":
    """A gRPC handler that refuses a call of any kind without reading a message. The refusal must have no facts."""

    async def refuse(_: Any, context: Any) -> None:
        language = negotiate(text(dict(context.invocation_metadata() or ()), LANGUAGE_KEY), "")
        code, message, said = briefly(refused.reason, refused.retry_after_s, language)
        context.set_code(code)
        context.set_details(message)
        context.set_trailing_metadata(((REQUEST_ID_KEY, request_id), *said))

    handler: grpc.RpcMethodHandler[bytes, bytes] = grpc.stream_stream_rpc_method_handler(refuse)
    return handler


@lru_cache(maxsize=1_000)
def briefly(reason: str, retry_after_s: float | None, language: str) -> tuple[grpc.StatusCode, str, Trailers]:
    """The status of a refusal without facts. It is cached: under overload it is sent thousands of times a second."""
    refused = Refusal.by_reason[reason](retry_after_s=retry_after_s)
    refused.for_people = words.for_people(refused, language)
    packed = status.pack(refused, language)
    return CODES[packed.code], packed.message, trailers(refused, packed)


def packed_for(brought: Brought, refused: Refusal) -> Status:
    """The status of a refusal, with a text in the caller's language. Another context gets none: it writes the text for
    its own caller."""
    call = current.get()
    caller = ANYONE if call is None else call.caller
    if caller.kind == ACCESS_INTERNAL:
        return status.pack(refused)
    language = negotiate(text(brought, LANGUAGE_KEY), caller.locale)
    refused.for_people = words.for_people(refused, language)
    return status.pack(refused, language)


def trailers(refused: Refusal, packed: Status) -> Trailers:
    """The trailers of a refusal: its details, and when to retry."""
    details = (status.DETAILS_KEY, packed.SerializeToString())
    if refused.retry_after_s is None:
        return (details,)
    # -1 tells gRPC's client not to retry by itself. UNAVAILABLE must reach the caller now: a retry within its deadline
    # would most likely fail the same way.
    pushback_ms = -1 if packed.code == UNAVAILABLE else int(refused.retry_after_s * 1000)
    return details, (PUSHBACK_KEY, str(pushback_ms))
