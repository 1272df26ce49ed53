"""The one place that makes a gRPC server: options against hostile peers, health, reflection, graceful drain."""

import asyncio
from collections.abc import Iterable
from typing import Any

import grpc
from google.rpc import error_details_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_health.v1._async import HealthServicer
from grpc_reflection.v1alpha import reflection

from eventhub.common.v1.options_pb2 import Shedding
from eventhub.contract import Method
from services.kit.door import Door
from services.kit.rpc import REQUEST_BYTES_MAX, Handler, Identify, Wrapper

# Above what a request may have, so that who is a little beyond it hears so from us; what is larger still is not even
# read. Neighbours provision an event's pools and types at once.
RECEIVED_BYTES_MAX = 2 * REQUEST_BYTES_MAX
FROM_NEIGHBOURS = (("grpc.max_receive_message_length", 4 * 1024 * 1024),)
RESPONSE_BYTES_MAX = 4 * 1024 * 1024
HEADER_BYTES_MAX = 8 * 1024
PENDING, PENDING_MAX = 300, 500
GRACE_S = 10.0
READINESS, LIVENESS = "readiness", "liveness"

OPTIONS = (
    ("grpc.max_receive_message_length", RECEIVED_BYTES_MAX),
    ("grpc.max_send_message_length", RESPONSE_BYTES_MAX),
    # Equal: between a soft and a hard limit rejection would be a matter of chance.
    ("grpc.max_metadata_size", HEADER_BYTES_MAX),
    ("grpc.absolute_max_metadata_size", HEADER_BYTES_MAX),
    # Well above what admission lets in: near this limit gRPC refuses streams in a way that callers see as an outage.
    ("grpc.max_concurrent_streams", 500),
    # Calls that wait inside gRPC, of all connections: beyond the first some are cancelled, beyond the second all,
    # which costs next to nothing, whereas what our door turns away has to be taken in first.
    ("grpc.server.max_pending_requests", PENDING),
    ("grpc.server.max_pending_requests_hard_limit", PENDING_MAX),
    ("grpc.max_allowed_incoming_connections", 2_000),
    ("grpc.max_connection_idle_ms", 300_000),
    ("grpc.server_handshake_timeout_ms", 5_000),
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


def aging(age_s: float, grace_s: float) -> tuple[tuple[str, int], ...]:
    """Options that end connections after some time, give or take a tenth. grace_s: what their calls get on top."""
    return (
        ("grpc.max_connection_age_ms", int(age_s * 1000)),
        ("grpc.max_connection_age_grace_ms", int(grace_s * 1000)),
    )


# grpcurl shows error details of types that reflection knows; this one is loaded for that.
SHOWN_BY_REFLECTION = error_details_pb2.DESCRIPTOR.name


class GenericOnly:
    """A server that generated code registers at. It takes generic handlers and leaves the registered ones out, because
    grpcio waits on every registered method for every call."""

    def __init__(self, server: grpc.aio.Server) -> None:
        """Registers at the server."""
        self._server = server

    def add_generic_rpc_handlers(self, handlers: Any) -> None:
        """Passes them on."""
        self._server.add_generic_rpc_handlers(handlers)

    def add_registered_method_handlers(self, service: str, handlers: Any) -> None:
        """Leaves them out."""


def has_a_lane(method: Method) -> bool:
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
        options: Iterable[tuple[str, int]] = (),
    ) -> None:
        """methods: what it serves; nothing else is reachable through it. identify: who calls; by default whom the token
        names. options: gRPC's, besides OPTIONS."""
        self._server = grpc.aio.server(options=(*OPTIONS, *options))
        self._health = HealthServicer()
        served = tuple(methods)
        services = dict.fromkeys(method.service for method, _ in served)
        self._names = ["", READINESS, *services]
        self._server.add_generic_rpc_handlers((Door(wrapper, served, identify),))
        for method, handler in served:
            if has_a_lane(method):
                lane: dict[str, Any] = {method.name: wrapper.on_the_wire(method, handler, identify)}
                self._server.add_registered_method_handlers(method.service, lane)
        port: Any = GenericOnly(self._server)
        health_pb2_grpc.add_HealthServicer_to_server(self._health, port)
        shown = [*services, health_pb2.DESCRIPTOR.services_by_name["Health"].full_name]
        reflection.enable_server_reflection([*shown, reflection.SERVICE_NAME], port)

    async def start(self, address: str, credentials: grpc.ServerCredentials | None = None) -> int:
        """Listens at "host:port" and serves, not ready yet. The port: port 0 asks for a free one. credentials: TLS;
        None: plain text."""
        await self.say(ready=False)
        if credentials is None:
            port = self._server.add_insecure_port(address)
        else:
            port = self._server.add_secure_port(address, credentials)
        await self._server.start()
        await self._health.set(LIVENESS, health_pb2.HealthCheckResponse.SERVING)
        return port

    async def say(self, *, ready: bool) -> None:
        """Tells all who ask whether calls may come."""
        state = health_pb2.HealthCheckResponse.SERVING if ready else health_pb2.HealthCheckResponse.NOT_SERVING
        await asyncio.gather(*(self._health.set(name, state) for name in self._names))

    async def stop(self, grace_s: float = GRACE_S) -> None:
        """Lets calls finish, at most grace_s seconds, and closes."""
        await self._server.stop(grace_s)
