"""A gRPC channel that knows the contract: deadlines and repeats from its rules, refusals as exceptions."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import grpc
from google.protobuf.message import Message

from eventhub import contract, status
from eventhub.common.v1.options_pb2 import ACCESS_ANYONE
from eventhub.refusal import Refusal
from eventhub.refusals import DeadlinePassed, TokenExpired, TokenRevoked

RESPONSE_BYTES_MAX = 4 * 1024 * 1024

OPTIONS = (
    ("grpc.enable_retries", 1),
    ("grpc.max_receive_message_length", RESPONSE_BYTES_MAX),
    ("grpc.keepalive_time_ms", 30_000),
    ("grpc.keepalive_timeout_ms", 10_000),
    ("grpc.max_reconnect_backoff_ms", 2_000),
    # A connection carries a few dozen calls at once; without this all channels of a process would share one.
    ("grpc.use_local_subchannel_pool", 1),
)

# Targets that may stand for several replicas.
SEVERAL = ("dns:", "ipv4:", "ipv6:")


def refusal(error: grpc.aio.AioRpcError, path: str) -> Refusal:
    """The refusal that the error status of a call of a method stands for. A deadline that passed without a word from
    the server names the method: nobody further on was later."""
    trailers = dict(error.trailing_metadata() or ())
    details = trailers.get(status.DETAILS_KEY)
    packed = details if isinstance(details, bytes) else None
    refused = status.unpack(error.code().value[0], error.details() or "", packed)
    if isinstance(refused, DeadlinePassed):
        refused.facts.setdefault("method", path)
    return refused


def shorter(timeout_s: float | None, most_s: float | None) -> float | None:
    """The time a call gets: what its caller asks for, but no more than its deadline class; None: no limit."""
    if timeout_s is None or most_s is None:
        return most_s if timeout_s is None else timeout_s
    return min(timeout_s, most_s)


def deadline_s(path: str) -> float | None:
    """Most seconds a call of a method may take; None without a limit, and for methods that are not of the contract."""
    method = contract.by_path().get(path)
    return method.deadline_s if method else None


def needs_token(path: str) -> bool:
    """Whether a method serves callers with a token only."""
    method = contract.by_path().get(path)
    return method is not None and ACCESS_ANYONE not in method.access


class Channel(grpc.aio.Channel):
    """A channel to EventHub for the generated stubs. Its calls raise refusals (eventhub.refusals).

    A call that is refused because its token has expired or was revoked is made once more with a new one. That is safe
    for writes too: the server has done nothing for the first. A call with a stream of requests is not: the requests are
    gone."""

    def __init__(
        self,
        target: str,
        *,
        token: Callable[[], str] | None = None,
        renew: Callable[[str], Awaitable[bool]] | None = None,
        language: str = "",
        credentials: grpc.ChannelCredentials | None = None,
    ) -> None:
        """target: "host:port", or where several replicas are: "ipv4:host:port,host:port", "dns:///name:port". token:
        answers the access token to send, "" for none. renew: sees to another token than the one given, which has
        expired; answers whether there is one. language: in which refusals speak to people, "pt-BR" or "en"; empty: the
        caller's own. credentials: TLS; None: plain."""
        config = contract.service_config()
        if target.startswith(SEVERAL):
            config |= contract.BALANCING
        options = (*OPTIONS, ("grpc.service_config", json.dumps(config)))
        if credentials is None:
            self._wire = grpc.aio.insecure_channel(target, options=options)
        else:
            self._wire = grpc.aio.secure_channel(target, credentials, options=options)
        self._token = token or (lambda: "")
        self._renew = renew
        self._speaks = (("accept-language", language),) if language else ()
        self._sent, self._headers = "", grpc.aio.Metadata(*self._speaks)

    def _metadata(self) -> grpc.aio.Metadata:
        token = self._token()
        if token != self._sent:
            self._sent = token
            shown = (("authorization", f"Bearer {token}"),) if token else ()
            self._headers = grpc.aio.Metadata(*shown, *self._speaks)
        return self._headers

    async def _renewed(self, method: str, sent: str) -> bool:
        """Whether a call of a method whose token has expired can be made again. sent: the token."""
        return self._renew is not None and needs_token(method) and await self._renew(sent)

    def unary_unary(self, method: str, *args: Any, **kwargs: Any) -> Any:
        """One request, one response."""
        ask = self._wire.unary_unary(method, *args, **kwargs)
        most_s = deadline_s(method)

        async def once(request: Message, timeout_s: float | None) -> Message:
            try:
                answer: Message = await ask(request, timeout=timeout_s, metadata=self._metadata())
            except grpc.aio.AioRpcError as error:
                raise refusal(error, method) from None
            return answer

        async def call(request: Message, *, timeout: float | None = None) -> Message:
            timeout_s, sent = shorter(timeout, most_s), self._token()
            try:
                return await once(request, timeout_s)
            except (TokenExpired, TokenRevoked):
                if not await self._renewed(method, sent):
                    raise
            return await once(request, timeout_s)

        return call

    def unary_stream(self, method: str, *args: Any, **kwargs: Any) -> Any:
        """One request, a stream of responses. Closing the iterator ends the call."""
        once = self._streamed(self._wire.unary_stream(method, *args, **kwargs), method)

        async def call(request: Message, *, timeout: float | None = None) -> AsyncIterator[Message]:
            sent, begun = self._token(), False
            try:
                async for answer in once(request, timeout=timeout):
                    begun = True
                    yield answer
            except (TokenExpired, TokenRevoked):
                if begun or not await self._renewed(method, sent):
                    raise
            else:
                return
            async for answer in once(request, timeout=timeout):
                yield answer

        return call

    def stream_unary(self, method: str, *args: Any, **kwargs: Any) -> Any:
        """A stream of requests, one response."""
        ask = self._wire.stream_unary(method, *args, **kwargs)
        most_s = deadline_s(method)

        async def call(requests: AsyncIterator[Message], *, timeout: float | None = None) -> Message:
            try:
                answer: Message = await ask(requests, timeout=shorter(timeout, most_s), metadata=self._metadata())
            except grpc.aio.AioRpcError as error:
                raise refusal(error, method) from None
            return answer

        return call

    def stream_stream(self, method: str, *args: Any, **kwargs: Any) -> Any:
        """A stream of requests, a stream of responses. Closing the iterator ends the call."""
        return self._streamed(self._wire.stream_stream(method, *args, **kwargs), method)

    def _streamed(self, ask: Any, method: str) -> Any:
        most_s = deadline_s(method)

        async def call(request: Any, *, timeout: float | None = None) -> AsyncIterator[Message]:
            stream = ask(request, timeout=shorter(timeout, most_s), metadata=self._metadata())
            try:
                async for answer in stream:
                    yield answer
            except grpc.aio.AioRpcError as error:
                raise refusal(error, method) from None
            finally:
                stream.cancel()

        return call

    async def close(self, grace: float | None = None) -> None:
        """Ends the channel and, after grace seconds, its calls."""
        await self._wire.close(grace)

    async def __aenter__(self) -> "Channel":
        """The channel itself."""
        return self

    async def __aexit__(self, *exception: object) -> None:
        """Closes it."""
        await self.close()

    def get_state(self, try_to_connect: bool = False) -> grpc.ChannelConnectivity:
        """As gRPC's."""
        return self._wire.get_state(try_to_connect)

    async def wait_for_state_change(self, last_observed_state: grpc.ChannelConnectivity) -> None:
        """As gRPC's."""
        await self._wire.wait_for_state_change(last_observed_state)

    async def channel_ready(self) -> None:
        """As gRPC's."""
        await self._wire.channel_ready()
