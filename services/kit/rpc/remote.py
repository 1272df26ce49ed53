"""Calls to contexts in other processes: the same stubs, over mutual TLS, balanced over all replicas that are ready."""

import asyncio
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
# A replica that hangs without closing its connection is noticed after fifteen seconds and gets no more calls.
KEEPALIVE = {"grpc.keepalive_time_ms": 10_000, "grpc.keepalive_timeout_ms": 5_000}
OLD_WIRES_END_AFTER_S = 30.0
# If no replica behind a name serves, the name is resolved again, but no more often than this.
LOOK_UP_EVERY_S = 2.0


def targets(setting: str) -> Callable[[str], str]:
    """Parses the setting "neighbours". Returns a function from a context's name to its gRPC target; it raises KeyError
    for a context that the setting does not name."""
    if "=" not in setting:
        return lambda context: setting.replace("{context}", context)
    named = dict(part.split("=", 1) for part in setting.split(";") if part)
    return lambda context: named[context]


class Neighbours:
    """This process's connections to other contexts ("wires"), opened at their first use."""

    def __init__(
        self,
        target_of: Callable[[str], str],
        certificate: Certificate,
        clock: Clock,
        old_wires_end_after_s: float = OLD_WIRES_END_AFTER_S,
    ) -> None:
        """target_of: returns a context's gRPC target. certificate: this process's own. old_wires_end_after_s: seconds
        that running calls may continue after the certificate was replaced; feeds then open again."""
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
        """The wire to a context. gRPC resolves a name again when a connection ends, but not when a replica reports that
        it no longer serves. So if no replica serves, a new wire is opened, which finds the replicas that replaced
        them. Example: a rollout of a deployment whose old pods drain before they end."""
        wire = self._wires.get(context)
        if wire is not None and wire.get_state() is FAILING and self._may_look_up(context):
            self._retire(context)
            wire = None
        if wire is None:
            options = {
                **dict(OPTIONS),
                **KEEPALIVE,
                "grpc.service_config": contract.service_config_json(balanced=True),
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
        """Checks the certificate's files for ever. After a change, new calls use new wires; running calls may finish on
        the old ones."""
        while True:
            await self._clock.sleep(LOOK_EVERY_S)
            try:
                now = self._certificate.files()
            except OSError:
                continue  # the files are being replaced
            if now != self._shown:
                self._shown = now
                self._log.info("certificate renewed")
                for context in list(self._wires):
                    self._retire(context)

    def _retire(self, context: str) -> None:
        """Removes a wire: it gets no new calls, and running ones may finish."""
        end = asyncio.create_task(self._wires.pop(context).close(self._old_wires_end_after_s))
        self._old.add(end)
        end.add_done_callback(self._old.discard)

    async def close(self) -> None:
        """Closes all wires, which ends all calls."""
        for end in self._old:
            end.cancel()
        await asyncio.gather(*(wire.close() for wire in self._wires.values()), *self._old, return_exceptions=True)


class RemoteChannel(MeshChannel):
    """The channel that one context uses to call contexts in other processes. Calls of its own RPCs stay inside the
    process. Calls raise Refusals."""

    def __init__(self, neighbours: Neighbours, own: LocalChannel, service: str, ids: Ids) -> None:
        """own: channel to the context's own RPCs. service: the calling context."""
        self._neighbours = neighbours
        self._own = own
        self._service = service
        self._ids = ids

    def unary_unary(self, method: str, *args: Any, **kwargs: Any) -> Any:
        """Returns a callable for one request and one response."""
        return self._unary("unary_unary", method, *args, **kwargs)

    def stream_unary(self, method: str, *args: Any, **kwargs: Any) -> Any:
        """Returns a callable for a stream of requests and one response."""
        return self._unary("stream_unary", method, *args, **kwargs)

    def unary_stream(self, method: str, *args: Any, **kwargs: Any) -> Any:
        """Returns a callable for one request and a stream of responses."""
        return self._streamed("unary_stream", method, *args, **kwargs)

    def stream_stream(self, method: str, *args: Any, **kwargs: Any) -> Any:
        """Returns a callable for a stream of requests and a stream of responses."""
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
        """The wire's callable, and its keyword arguments: the time left, the request id and the trace."""
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
    """The error for a cancelled call: CancelledError if the calling task was cancelled, Unavailable if the wire was
    closed, for example after a change of certificate."""
    task = asyncio.current_task()
    return asyncio.CancelledError() if task is None or task.cancelling() else Unavailable(retry_after_s=0.0)


def read(deserializer: Callable[[bytes], T], answer: bytes) -> T:
    """Parses another context's answer. Raises Internal if it cannot be parsed: the call may or may not have had its
    effect."""
    try:
        return deserializer(answer)
    except DecodeError:
        served = current.get()
        raise Internal(
            "A neighbour's answer cannot be parsed.", request_id=served.request_id if served else ""
        ) from None
