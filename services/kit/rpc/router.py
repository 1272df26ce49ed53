"""Routes a call to its handler by path, and refuses calls under overload before their messages are read.

Refusing is not free: in grpc.aio an error from a handler costs more than a small successful call. The router reads no
message and raises nothing, which saves a quarter of that.
"""

from collections.abc import Iterable

import grpc

from eventhub.contract import Method
from services.kit.rpc.wrapper import Handler, Identify, Wrapper


class Router(grpc.GenericRpcHandler):
    """Finds the handler of a call. gRPC asks it once for each call."""

    def __init__(
        self, wrapper: Wrapper, methods: Iterable[tuple[Method, Handler]], identify: Identify | None = None
    ) -> None:
        """methods: each RPC with its handler. identify: finds the caller; by default from the access token."""
        self._wrapper = wrapper
        self._rpcs = {
            method.path: (method, wrapper.on_the_wire(method, handler, identify)) for method, handler in methods
        }

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> "grpc.RpcMethodHandler[bytes, bytes]":
        """Returns the handler for a call: the method's own, or one that refuses the call."""
        found = self._rpcs.get(handler_call_details.method)
        if found is None:
            return self._wrapper.unknown()
        method, handler = found
        return self._wrapper.refused_early(method) or handler
