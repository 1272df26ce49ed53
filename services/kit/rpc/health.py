"""The standard service grpc.health.v1, served like the contract's own methods: admitted, counted and with deadlines."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from typing import Any

from google.protobuf.message import Message
from grpc_health.v1 import health_pb2

from eventhub import contract
from eventhub.common.v1.options_pb2 import ACCESS_ANYONE, DEADLINE_FAST, DEADLINE_WATCH, SHEDDING_CRITICAL_PLUS, Rules
from eventhub.contract import Method
from eventhub.refusals import ServiceUnknown
from services.kit.rpc.call import Call
from services.kit.rpc.wrapper import Handler

pb: Any = health_pb2  # its type stubs lack List
SERVICE = pb.DESCRIPTOR.services_by_name["Health"]
ASKED = Rules(access=[ACCESS_ANYONE], deadline=DEADLINE_FAST, shedding=SHEDDING_CRITICAL_PLUS)
WATCHED = Rules(access=[ACCESS_ANYONE], deadline=DEADLINE_WATCH, shedding=SHEDDING_CRITICAL_PLUS)
RULES = {"Check": ASKED, "List": ASKED, "Watch": WATCHED}
METHODS = tuple(contract.method(descriptor, RULES[descriptor.name]) for descriptor in SERVICE.methods)


class Health:
    """The state of each service by name: serving or not."""

    def __init__(self) -> None:
        """Starts without any service."""
        self._states: dict[str, int] = {}
        self._changed = asyncio.Event()
        self._ends = False

    def methods(self) -> list[tuple[Method, Handler]]:
        """Each RPC with its handler."""
        return [(method, getattr(self, method.name)) for method in METHODS]

    def say(self, names: Iterable[str], *, serving: bool) -> None:
        """Sets the state of some services and tells their watchers."""
        state = pb.HealthCheckResponse.SERVING if serving else pb.HealthCheckResponse.NOT_SERVING
        self._states.update(dict.fromkeys(names, state))
        self._wake()

    def end(self) -> None:
        """Ends all watches, after each has received the last state."""
        self._ends = True
        self._wake()

    async def Check(self, request: Any, call: Call) -> Message:
        """Returns the state of one service. Raises ServiceUnknown if there is none with this name."""
        if request.service not in self._states:
            raise ServiceUnknown
        answer: Message = pb.HealthCheckResponse(status=self._states[request.service])
        return answer

    async def List(self, request: Any, call: Call) -> Message:
        """Returns the states of all services."""
        states = {name: pb.HealthCheckResponse(status=state) for name, state in self._states.items()}
        answer: Message = pb.HealthListResponse(statuses=states)
        return answer

    async def Watch(self, request: Any, call: Call) -> AsyncIterator[Message]:
        """Sends the state of one service, now and after each change."""
        told = None
        while not self._ends:
            changed = self._changed
            state = self._states.get(request.service, pb.HealthCheckResponse.SERVICE_UNKNOWN)
            if state != told:
                yield pb.HealthCheckResponse(status=state)
                told = state
                continue  # the state may have changed during the yield
            await changed.wait()

    def _wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()
