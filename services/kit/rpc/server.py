"""The one place that makes a gRPC server: options against hostile peers, health, reflection, graceful drain."""

from collections.abc import Iterable
from typing import Any

import grpc
from google.rpc import error_details_pb2

from eventhub.common.v1.options_pb2 import Shedding
from eventhub.contract import Method
from services.kit.rpc.health import SERVICE, Health
from services.kit.rpc.reflection import Reflection
from services.kit.rpc.router import Router
from services.kit.rpc.wrapper import REQUEST_BYTES_MAX, Handler, Identify, Wrapper

# Above what a request may have, so that who is a little beyond it hears so from us; what is larger still is not even
# read.
RECEIVED_BYTES_MAX = 2 * REQUEST_BYTES_MAX
RESPONSE_BYTES_MAX = 4 * 1024 * 1024
HEADER_BYTES_MAX = 8 * 1024
# Calls of a connection at once, and those besides that have ended and are still being tidied away: a peer that resets
# what it has just begun has no more than both under way, and gRPC refuses the rest for next to nothing. Calls whose
# writes are kept together end together: with room for fewer of them a crowd that keeps to the first would be refused.
STREAMS_MAX, ENDING_STREAMS_MAX = 32, 32
# Calls that wait inside gRPC, of all connections: more than a handful of hostile ones can have.
PENDING, PENDING_MAX = 1_000, 1_500
GRACE_S = 10.0
READINESS, LIVENESS = "readiness", "liveness"

OPTIONS = (
    ("grpc.max_send_message_length", RESPONSE_BYTES_MAX),
    # Equal: between a soft and a hard limit rejection would be a matter of chance.
    ("grpc.max_metadata_size", HEADER_BYTES_MAX),
    ("grpc.absolute_max_metadata_size", HEADER_BYTES_MAX),
    # Beyond the first some calls are cancelled, beyond the second all, which costs next to nothing, whereas what our
    # door turns away has to be taken in first.
    ("grpc.server.max_pending_requests", PENDING),
    ("grpc.server.max_pending_requests_hard_limit", PENDING_MAX),
    ("grpc.max_allowed_incoming_connections", 2_000),
    ("grpc.server_handshake_timeout_ms", 5_000),
    ("grpc.http2.settings_timeout", 5_000),
    ("grpc.http2.max_ping_strikes", 2),
    # Half of the shortest time between two pings of ours, since a ping may be late and the next one not.
    ("grpc.http2.min_ping_interval_without_data_ms", 5_000),
    ("grpc.http2.hpack_table_size.decoder", 4096),
    # Callers ping every 30 s while they have calls; we ping too, and notice who has gone without a word.
    ("grpc.keepalive_time_ms", 60_000),
    ("grpc.keepalive_timeout_ms", 20_000),
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.so_reuseport", 0),
)

# Connections of everybody. Who has nothing under way connects again when there is something: that costs a millisecond.
PUBLIC = (
    ("grpc.max_receive_message_length", RECEIVED_BYTES_MAX),
    ("grpc.max_concurrent_streams", STREAMS_MAX),
    ("grpc.http2.max_deallocating_streams", ENDING_STREAMS_MAX),
)
# Neighbours have one connection for all that they ask, and provision an event's pools and types at once.
FROM_NEIGHBOURS = (
    ("grpc.max_receive_message_length", 4 * 1024 * 1024),
    ("grpc.max_concurrent_streams", 500),
    ("grpc.max_connection_idle_ms", 300_000),
)


def idle(seconds: float) -> tuple[tuple[str, int], ...]:
    """GRPC's option for how long a connection may have no call, from its beginning on."""
    return (("grpc.max_connection_idle_ms", int(seconds * 1000)),)


def aging(age_s: float, grace_s: float) -> tuple[tuple[str, int], ...]:
    """Options that end connections after some time, give or take a tenth. grace_s: what their calls get on top."""
    return (
        ("grpc.max_connection_age_ms", int(age_s * 1000)),
        ("grpc.max_connection_age_grace_ms", int(grace_s * 1000)),
    )


# grpcurl shows error details of types that reflection knows; this one is loaded for that.
SHOWN_BY_REFLECTION = error_details_pb2.DESCRIPTOR.name


def has_own_queue(method: Method) -> bool:
    """Whether calls of a method wait in a queue of their own: gRPC takes one call of each queue in turn, so a crowd
    does not stand before it. Each such queue costs all other calls a little: only the one for people at the door."""
    return not method.internal and method.rules.shedding == Shedding.SHEDDING_CRITICAL_PLUS


class Server:
    """A gRPC server for some RPCs. Not serving until start(), not serving again from drain() on."""

    def __init__(
        self,
        wrapper: Wrapper,
        methods: Iterable[tuple[Method, Handler]],
        identify: Identify | None = None,
        *,
        options: Iterable[tuple[str, int]] = (),
        shows: Iterable[str] | None = (),
    ) -> None:
        """methods: what it serves; besides them only health and reflection. identify: who calls; by default whom the
        token names. options: gRPC's, besides OPTIONS. shows: what reflection shows besides its own services; None:
        there is no reflection."""
        self._server = grpc.aio.server(options=(*OPTIONS, *options))
        self._health = Health()
        served = tuple(methods)
        services = dict.fromkeys(method.service for method, _ in served)
        self._names = ["", READINESS, *services]
        own = self._health.methods()
        if shows is not None:
            own += Reflection([*services, *shows, SERVICE.full_name]).methods()
        self._server.add_generic_rpc_handlers((Router(wrapper, (*served, *own), identify),))
        for method, handler in served:
            if has_own_queue(method):
                lane: dict[str, Any] = {method.name: wrapper.on_the_wire(method, handler, identify)}
                self._server.add_registered_method_handlers(method.service, lane)

    async def start(self, address: str, credentials: grpc.ServerCredentials | None = None) -> int:
        """Listens at "host:port" and serves, not ready yet. The port: port 0 asks for a free one. credentials: TLS;
        None: plain text."""
        self.say(ready=False)
        if credentials is None:
            port = self._server.add_insecure_port(address)
        else:
            port = self._server.add_secure_port(address, credentials)
        await self._server.start()
        self._health.say([LIVENESS], serving=True)
        return port

    def say(self, *, ready: bool) -> None:
        """Tells all who ask whether calls may come."""
        self._health.say(self._names, serving=ready)

    async def stop(self, grace_s: float = GRACE_S) -> None:
        """Lets calls finish, at most grace_s seconds, and closes."""
        self._health.end()
        await self._server.stop(grace_s)
