"""Makes gRPC servers, and nothing else does: options against hostile peers, health, reflection, graceful drain."""

from collections.abc import Iterable
from typing import Any

import grpc
from google.rpc import error_details_pb2

from eventhub.contract import Method
from services.kit.rpc.health import SERVICE, Health
from services.kit.rpc.reflection import Reflection
from services.kit.rpc.router import Router
from services.kit.rpc.wrapper import REQUEST_BYTES_MAX, Handler, Identify, Wrapper

# Twice the limit of a request, so a slightly oversized request gets our own error; gRPC rejects anything larger unread.
RECEIVED_BYTES_MAX = 2 * REQUEST_BYTES_MAX
RESPONSE_BYTES_MAX = 4 * 1024 * 1024
HEADER_BYTES_MAX = 8 * 1024
# Limits for one connection: calls at once, and besides them calls that have ended but are not cleaned up yet. A peer
# that begins calls and resets them at once can have no more than both together ("rapid reset"); gRPC refuses the rest
# almost for free. The second limit must not be below the first: calls whose writes commit as one group all end at once,
# so a well-behaved client with 32 calls would be refused.
STREAMS_MAX, ENDING_STREAMS_MAX = 32, 32
# Calls of a queue that wait inside gRPC. Python accepts about as many calls as it can serve, so at the first number a
# call waits for about a quarter of a second, which absorbs a burst.
PENDING, PENDING_MAX = 400, 600
GRACE_S = 10.0
READINESS, LIVENESS = "readiness", "liveness"

OPTIONS = (
    ("grpc.max_send_message_length", RESPONSE_BYTES_MAX),
    # Both limits are equal, because between them gRPC would reject at random.
    ("grpc.max_metadata_size", HEADER_BYTES_MAX),
    ("grpc.absolute_max_metadata_size", HEADER_BYTES_MAX),
    # Above the first gRPC cancels some calls of a queue, above the second all. That costs almost nothing, whereas a
    # call that our router refuses must be accepted first, which costs a fifth of a hold and more.
    ("grpc.server.max_pending_requests", PENDING),
    ("grpc.server.max_pending_requests_hard_limit", PENDING_MAX),
    ("grpc.max_allowed_incoming_connections", 2_000),
    ("grpc.server_handshake_timeout_ms", 5_000),
    ("grpc.http2.settings_timeout", 5_000),
    ("grpc.http2.max_ping_strikes", 2),
    # Half of the shortest interval between pings of our own clients: one ping may be late and the next on time.
    ("grpc.http2.min_ping_interval_without_data_ms", 5_000),
    ("grpc.http2.hpack_table_size.decoder", 4096),
    # Clients ping every 30 s while they have calls. The server pings too, to notice clients that vanished silently.
    ("grpc.keepalive_time_ms", 60_000),
    ("grpc.keepalive_timeout_ms", 20_000),
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.so_reuseport", 0),
)

# For the public port.
PUBLIC = (
    ("grpc.max_receive_message_length", RECEIVED_BYTES_MAX),
    ("grpc.max_concurrent_streams", STREAMS_MAX),
    ("grpc.http2.max_deallocating_streams", ENDING_STREAMS_MAX),
)
# For calls from other contexts: each has one connection for all its calls, and provisions all pools and ticket types of
# an event in one message.
FROM_NEIGHBOURS = (
    ("grpc.max_receive_message_length", 4 * 1024 * 1024),
    ("grpc.max_concurrent_streams", 500),
    ("grpc.max_connection_idle_ms", 300_000),
)


def idle(seconds: float) -> tuple[tuple[str, int], ...]:
    """The option that closes a connection after it had no call for some seconds. Connecting again costs a client about
    a millisecond."""
    return (("grpc.max_connection_idle_ms", int(seconds * 1000)),)


def aging(age_s: float, grace_s: float) -> tuple[tuple[str, int], ...]:
    """The options that close connections of a certain age, randomized by a tenth, so that clients reconnect and spread
    over new replicas. grace_s: seconds that their running calls may still take."""
    return (
        ("grpc.max_connection_age_ms", int(age_s * 1000)),
        ("grpc.max_connection_age_grace_ms", int(grace_s * 1000)),
    )


# grpcurl shows error details only if reflection knows their types. Naming this file loads them.
SHOWN_BY_REFLECTION = error_details_pb2.DESCRIPTOR.name


# The methods whose calls wait in a queue of their own. gRPC serves its queues in turns, so these calls neither wait
# behind a rush of buyers nor are cancelled with it. Each extra queue slows all other calls a little, so no other method
# has one.
OWN_QUEUE = frozenset(
    {
        "/eventhub.ticketing.v1.TicketingService/CheckIn",
        "/eventhub.orders.v1.OrdersService/Checkout",
        "/grpc.health.v1.Health/Check",
    }
)


class Server:
    """A gRPC server for some RPCs, with health and reflection. Health says NOT_SERVING until say(ready=True)."""

    def __init__(
        self,
        wrapper: Wrapper,
        methods: Iterable[tuple[Method, Handler]],
        identify: Identify | None = None,
        *,
        options: Iterable[tuple[str, int]] = (),
        shows: Iterable[str] | None = (),
    ) -> None:
        """methods: each RPC with its handler. identify: finds the caller; by default from the access token. options:
        gRPC options in addition to OPTIONS. shows: further services that reflection lists; None for no reflection."""
        self._server = grpc.aio.server(options=(*OPTIONS, *options))
        self._health = Health()
        served = tuple(methods)
        services = dict.fromkeys(method.service for method, _ in served)
        self._names = ["", READINESS, *services]
        own = self._health.methods()
        if shows is not None:
            own += Reflection([*services, *shows, SERVICE.full_name]).methods()
        self._server.add_generic_rpc_handlers((Router(wrapper, (*served, *own), identify),))
        for method, handler in (*served, *own):
            if method.path in OWN_QUEUE:
                own_queue: dict[str, Any] = {method.name: wrapper.on_the_wire(method, handler, identify)}
                self._server.add_registered_method_handlers(method.service, own_queue)

    async def start(self, address: str, credentials: grpc.ServerCredentials | None = None) -> int:
        """Listens at "host:port" and serves; health says NOT_SERVING at first. Returns the port, which the system chose
        if the address has port 0. credentials: for TLS; None for plain text."""
        self.say(ready=False)
        if credentials is None:
            port = self._server.add_insecure_port(address)
        else:
            port = self._server.add_secure_port(address, credentials)
        await self._server.start()
        self._health.say([LIVENESS], serving=True)
        return port

    def say(self, *, ready: bool) -> None:
        """Sets the health of all services: whether clients should send calls."""
        self._health.say(self._names, serving=ready)

    async def stop(self, grace_s: float = GRACE_S) -> None:
        """Accepts no more calls, waits up to grace_s seconds for running ones, and closes."""
        self._health.end()
        await self._server.stop(grace_s)
