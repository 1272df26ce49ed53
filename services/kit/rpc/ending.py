"""How a call from the wire ends with a refusal: the one place that turns errors into statuses."""

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
# Where gRPC's own retries look for how long to wait.
PUSHBACK_KEY = "grpc-retry-pushback-ms"

# What a call brought along, by key.
Brought = Mapping[str, str | bytes]
Trailers = tuple[tuple[str, str | bytes], ...]


def text(brought: Brought, wanted: str) -> str:
    """What a call brought along under a key; empty without it."""
    found = brought.get(wanted, "")
    return found if isinstance(found, str) else ""


async def end(context: Any, refused: Refusal, brought: Brought) -> None:
    """Ends a call with the status of a refusal."""
    packed = packed_for(brought, refused)
    said = (*context.trailing_metadata(), *trailers(refused, packed))
    try:
        await context.abort(CODES[packed.code], packed.message, said)
    except grpc.aio.AbortError as aborted:
        # gRPC keeps it with the call and raises it again. With its trace, whose frames know the call and the request,
        # it would be a ring that is there until the collector of rings comes by.
        aborted.__context__ = None
        aborted.with_traceback(None)


async def read_off(context: Any) -> None:
    """Takes what a caller is still sending, for a while: in grpc.aio's client an answer that comes before the last
    message was sent may be lost in an error of its own."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(READ_OFF_S):
            while await context.read() is not grpc.aio.EOF:
                pass


def refusing(refused: Refusal, request_id: str) -> "grpc.RpcMethodHandler[bytes, bytes]":
    """Refuses a call of any kind: for gRPC it is one that need not read. The refusal is one without facts."""

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
    """What a refusal without facts says, remembered: in a rush it is said thousands of times a second."""
    refused = Refusal.by_reason[reason](retry_after_s=retry_after_s)
    refused.for_people = words.for_people(refused, language)
    packed = status.pack(refused, language)
    return CODES[packed.code], packed.message, trailers(refused, packed)


def packed_for(brought: Brought, refused: Refusal) -> Status:
    """The status of a refusal, with words in the caller's language. A neighbour has a caller of its own to tell."""
    call = current.get()
    caller = ANYONE if call is None else call.caller
    if caller.kind == ACCESS_INTERNAL:
        return status.pack(refused)
    language = negotiate(text(brought, LANGUAGE_KEY), caller.locale)
    refused.for_people = words.for_people(refused, language)
    return status.pack(refused, language)


def trailers(refused: Refusal, packed: Status) -> Trailers:
    """What a refusal sends along: its details, and when to repeat."""
    details = (status.DETAILS_KEY, packed.SerializeToString())
    if refused.retry_after_s is None:
        return (details,)
    # Who is told that something is away shall hear it at once: what a repeat within its time finds is the same.
    pushback_ms = -1 if packed.code == UNAVAILABLE else int(refused.retry_after_s * 1000)
    return details, (PUSHBACK_KEY, str(pushback_ms))
