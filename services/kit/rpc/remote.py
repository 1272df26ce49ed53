"""Calls to contexts in other processes: the same stubs, over mutual TLS, spread over all replicas that are ready."""

import asyncio
import json
from collections.abc import AsyncIterable, AsyncIterator, Callable
from typing import Any, TypeVar

import grpc
from google.protobuf.message import DecodeError, Message

from eventhub import contract
from eventhub.channel import OPTIONS, refusal
from eventhub.refusals import Internal, Unavailable
from services.kit.observe import log, tracing
from services.kit.rpc.call import current, onward
from services.kit.rpc.certificate import Certificate
from services.kit.rpc.ending import REQUEST_ID_KEY
from services.kit.rpc.local import LocalChannel, MeshChannel
from services.kit.values.clock import Clock
from services.kit.values.failpoints import failpoint
from services.kit.values.ids import Ids

T = TypeVar("T")

FAILING = grpc.ChannelConnectivity.TRANSIENT_FAILURE
LOOK_EVERY_S = 5.0
# A neighbour that has stopped moving is found out after fifteen seconds and gets no more calls.
KEEPALIVE = {"grpc.keepalive_time_ms": 10_000, "grpc.keepalive_timeout_ms": 5_000}
OLD_WIRES_END_AFTER_S = 30.0
# Where none of those a name stands for serves, it is looked up again, but no more often than this.
LOOK_UP_EVERY_S = 2.0


def targets(setting: str) -> Callable[[str], str]:
    """Where a context is, by the setting "neighbours". Raises KeyError for one that the setting does not name."""
    if "=" not in setting:
        return lambda context: setting.replace("{context}", context)
    named = dict(part.split("=", 1) for part in setting.split(";") if part)
    return lambda context: named[context]


class Neighbours:
    """The wires from this process to other contexts, opened when first used."""

    def __init__(
        self,
        target_of: Callable[[str], str],
        certificate: Certificate,
        clock: Clock,
        old_wires_end_after_s: float = OLD_WIRES_END_AFTER_S,
    ) -> None:
        """target_of: a context's gRPC target. certificate: this process's own. old_wires_end_after_s: how long calls
        under way go on with a certificate that was replaced; feeds are opened anew then."""
        self._target_of = target_of
        self._certificate = certificate
        self._clock = clock
        self._shown = certificate.files()
        self._wires: dict[str, grpc.aio.Channel] = {}
        self._opened_s: dict[str, float] = {}
        self._old_wires_end_after_s = old_wires_end_after_s
        self._old: set[asyncio.Task[None]] = set()
        self._log = log.get("neighbours")

    def wire(self, context: str) -> grpc.aio.Channel:
        """The wire to a context. gRPC looks a name up again when a connection ends, not when a replica says that it no
        longer serves: where none serves any more the wire is opened anew, and so finds those that came after them."""
        wire = self._wires.get(context)
        if wire is not None and wire.get_state() is FAILING and self._may_look_up(context):
            self._retire(context)
            wire = None
        if wire is None:
            config = {**contract.service_config(), **contract.BALANCING}
            options = {
                **dict(OPTIONS),
                **KEEPALIVE,
                "grpc.service_config": json.dumps(config),
                "grpc.ssl_target_name_override": context,
                "grpc.dns_min_time_between_resolutions_ms": int(LOOK_UP_EVERY_S * 1000),
            }
            wire = grpc.aio.secure_channel(
                self._target_of(context), self._certificate.for_channels(), options=tuple(options.items())
            )
            self._wires[context] = wire
            self._opened_s[context] = self._clock.monotonic()
        return wire

    def _may_look_up(self, context: str) -> bool:
        return self._clock.monotonic() - self._opened_s[context] >= LOOK_UP_EVERY_S

    async def renew(self) -> None:
        """Watches the certificate for ever. Calls after a change use new wires; those under way may finish."""
        while True:
            await self._clock.sleep(LOOK_EVERY_S)
            try:
                now = self._certificate.files()
            except OSError:
                continue  # half replaced: the rest will follow
            if now != self._shown:
                self._shown = now
                self._log.info("certificate renewed")
                for context in list(self._wires):
                    self._retire(context)

    def _retire(self, context: str) -> None:
        """Uses a wire for no more calls; those under way may finish."""
        end = asyncio.create_task(self._wires.pop(context).close(self._old_wires_end_after_s))
        self._old.add(end)
        end.add_done_callback(self._old.discard)

    async def close(self) -> None:
        """Ends all calls."""
        for end in self._old:
            end.cancel()
        await asyncio.gather(*(wire.close() for wire in self._wires.values()), *self._old, return_exceptions=True)


class RemoteChannel(MeshChannel):
    """A channel to other contexts wherever they run, for one context to call from. Its own RPCs are called inside the
    process. Calls raise refusals."""

    def __init__(self, neighbours: Neighbours, own: LocalChannel, service: str, ids: Ids) -> None:
        """own: to the context's own RPCs. service: the calling context."""
        self._neighbours = neighbours
        self._own = own
        self._service = service
        self._ids = ids

    def unary_unary(self, method: str, *args: Any, **kwargs: Any) -> Any:
        """One request, one response."""
        return self._unary("unary_unary", method, *args, **kwargs)

    def stream_unary(self, method: str, *args: Any, **kwargs: Any) -> Any:
        """A stream of requests, one response."""
        return self._unary("stream_unary", method, *args, **kwargs)

    def unary_stream(self, method: str, *args: Any, **kwargs: Any) -> Any:
        """One request, a stream of responses."""
        return self._streamed("unary_stream", method, *args, **kwargs)

    def stream_stream(self, method: str, *args: Any, **kwargs: Any) -> Any:
        """A stream of requests, a stream of responses."""
        return self._streamed("stream_stream", method, *args, **kwargs)

    def _unary(
        self, kind: str, method: str, request_serializer: Any = None, response_deserializer: Any = None, **_: Any
    ) -> Any:
        if self._is_own(method):
            return getattr(self._own, kind)(method, request_serializer, response_deserializer)
        name = self._name(method)

        async def call(request: Any, *, timeout: float | None = None) -> Message:
            failpoint(f"{name}.before")
            ask, given = self._asked(kind, method, request_serializer, timeout)
            try:
                answer = await ask(request, **given)
            except grpc.aio.AioRpcError as error:
                raise refusal(error, method) from None
            except asyncio.CancelledError:
                raise ended_by() from None
            failpoint(f"{name}.after")
            said: Message = read(response_deserializer, answer)
            return said

        return call

    def _streamed(
        self, kind: str, method: str, request_serializer: Any = None, response_deserializer: Any = None, **_: Any
    ) -> Any:
        if self._is_own(method):
            return getattr(self._own, kind)(method, request_serializer, response_deserializer)

        async def call(
            request: Message | AsyncIterable[Message], *, timeout: float | None = None
        ) -> AsyncIterator[Any]:
            ask, given = self._asked(kind, method, request_serializer, timeout)
            stream = ask(request, **given)
            try:
                async for answer in stream:
                    yield read(response_deserializer, answer)
            except grpc.aio.AioRpcError as error:
                raise refusal(error, method) from None
            except asyncio.CancelledError:
                raise ended_by() from None
            finally:
                stream.cancel()

        return call

    def _asked(self, kind: str, method: str, serializer: Any, timeout: float | None) -> tuple[Any, dict[str, Any]]:
        """The wire's callable, and what goes along: the time left, and the request that this is part of."""
        rpc = contract.by_path()[method]
        taken = onward(rpc, timeout)
        metadata = [(REQUEST_ID_KEY, taken.request_id or self._ids.request())]
        if taken.trace:
            metadata.append((tracing.KEY, taken.trace))
        wire = self._neighbours.wire(rpc.context)
        return getattr(wire, kind)(method, serializer), {"timeout": taken.timeout_s, "metadata": tuple(metadata)}

    def _is_own(self, method: str) -> bool:
        return contract.by_path()[method].context == self._service

    def _name(self, method: str) -> str:
        rpc = contract.by_path()[method]
        return f"{self._service}>{rpc.context}.{rpc.name}"


def ended_by() -> BaseException:
    """What a cancelled call means: its caller was told to end, or its wire with an old certificate was closed."""
    task = asyncio.current_task()
    return asyncio.CancelledError() if task is None or task.cancelling() else Unavailable(retry_after_s=0.0)


def read(deserializer: Callable[[bytes], T], answer: bytes) -> T:
    """A neighbour's answer. Raises Internal where it is no message: what the neighbour did is unknown."""
    try:
        return deserializer(answer)
    except DecodeError:
        served = current.get()
        raise Internal(
            "A neighbour answered what cannot be read.", request_id=served.request_id if served else ""
        ) from None
