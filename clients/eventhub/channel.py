"""A gRPC channel that applies the contract: it sets deadlines and retries, and raises refusals as exceptions."""

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
    # One connection carries only a few dozen calls at once; without this option all channels of a process share one.
    ("grpc.use_local_subchannel_pool", 1),
)

# Prefixes of targets that can name several replicas.
SEVERAL = ("dns:", "ipv4:", "ipv6:")


def refusal(error: grpc.aio.AioRpcError, path: str) -> Refusal:
    """Returns the refusal for a call's error status. path: the method called. If the deadline passes before the server
    answers, the refusal names this method, because no method further on has reported itself late."""
    trailers = dict(error.trailing_metadata() or ())
    details = trailers.get(status.DETAILS_KEY)
    packed = details if isinstance(details, bytes) else None
    refused = status.unpack(error.code().value[0], error.details() or "", packed)
    if isinstance(refused, DeadlinePassed):
        refused.facts.setdefault("method", path)
    return refused


def shorter(timeout_s: float | None, most_s: float | None) -> float | None:
    """Returns the timeout of a call in seconds: the caller's, but at most the deadline class's. None: no limit."""
    if timeout_s is None or most_s is None:
        return most_s if timeout_s is None else timeout_s
    return min(timeout_s, most_s)


def deadline_s(path: str) -> float | None:
    """Returns the longest time that a call of a method may take, in seconds. None: no limit, or the method is not in
    the contract."""
    method = contract.by_path().get(path)
    return method.deadline_s if method else None


def needs_token(path: str) -> bool:
    """Tells whether a method only serves callers with a token."""
    method = contract.by_path().get(path)
    return method is not None and ACCESS_ANYONE not in method.access


class Channel(grpc.aio.Channel):
    """A channel to EventHub for the generated stubs. Its calls raise refusals (eventhub.refusals).

    If the server refuses a call because its token has expired or was revoked, the channel gets a new token and repeats
    the call once. This is safe for writes too, because the server did nothing for the first call. A call with a stream
    of requests is not repeated, because its requests have been consumed.
    """

    def __init__(
        self,
        target: str,
        *,
        token: Callable[[], str] | None = None,
        renew: Callable[[str], Awaitable[bool]] | None = None,
        language: str = "",
        credentials: grpc.ChannelCredentials | None = None,
    ) -> None:
        """target: "host:port", or the addresses of several replicas: "ipv4:host:port,host:port", "dns:///name:port".
        token: returns the access token to send; "" for none. renew: gets a new token in place of the expired one it is
        given, and tells whether there is one. language: the language of refusals for people, "pt-BR" or "en"; empty:
        the caller's own. credentials: TLS; None: plain text."""
        config = contract.service_config_json(balanced=target.startswith(SEVERAL))
        options = (*OPTIONS, ("grpc.service_config", config))
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
        """Tells whether a call whose token has expired can be repeated with a new one. sent: the expired token."""
        return self._renew is not None and needs_token(method) and await self._renew(sent)

    def unary_unary(self, method: str, *args: Any, **kwargs: Any) -> Any:
        """Makes calls with one request and one response."""
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
        """Makes calls with one request and a stream of responses. Closing the iterator ends the call."""
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
        """Makes calls with a stream of requests and one response."""
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
        """Makes calls with a stream of requests and a stream of responses. Closing the iterator ends the call."""
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
        """Closes the channel. Calls under way end after grace seconds."""
        await self._wire.close(grace)

    async def __aenter__(self) -> "Channel":
        """Returns the channel itself."""
        return self

    async def __aexit__(self, *exception: object) -> None:
        """Closes the channel at once."""
        await self.close()

    def get_state(self, try_to_connect: bool = False) -> grpc.ChannelConnectivity:
        """Returns the state of the underlying gRPC channel."""
        return self._wire.get_state(try_to_connect)

    async def wait_for_state_change(self, last_observed_state: grpc.ChannelConnectivity) -> None:
        """Waits until the underlying gRPC channel leaves a state."""
        await self._wire.wait_for_state_change(last_observed_state)

    async def channel_ready(self) -> None:
        """Waits until the underlying gRPC channel is connected."""
        await self._wire.channel_ready()
