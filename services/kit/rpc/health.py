"""Health as grpc.health.v1 has it, served like the contract's own methods: admitted, counted and with deadlines."""

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

pb: Any = health_pb2  # its type stubs are behind it
SERVICE = pb.DESCRIPTOR.services_by_name["Health"]
ASKED = Rules(access=[ACCESS_ANYONE], deadline=DEADLINE_FAST, shedding=SHEDDING_CRITICAL_PLUS)
WATCHED = Rules(access=[ACCESS_ANYONE], deadline=DEADLINE_WATCH, shedding=SHEDDING_CRITICAL_PLUS)
RULES = {"Check": ASKED, "List": ASKED, "Watch": WATCHED}
METHODS = tuple(contract.method(descriptor, RULES[descriptor.name]) for descriptor in SERVICE.methods)


class Health:
    """Which services may be called now, by name."""

    def __init__(self) -> None:
        """None is known yet."""
        self._states: dict[str, int] = {}
        self._changed = asyncio.Event()
        self._ends = False

    def methods(self) -> list[tuple[Method, Handler]]:
        """Each RPC with what serves it."""
        return [(method, getattr(self, method.name)) for method in METHODS]

    def say(self, names: Iterable[str], *, serving: bool) -> None:
        """Tells all who ask about some services, and all who watch them."""
        state = pb.HealthCheckResponse.SERVING if serving else pb.HealthCheckResponse.NOT_SERVING
        self._states.update(dict.fromkeys(names, state))
        self._wake()

    def end(self) -> None:
        """Ends all watches: whoever watches has heard the last state."""
        self._ends = True
        self._wake()

    async def Check(self, request: Any, call: Call) -> Message:
        """The state of one service. Raises ServiceUnknown."""
        if request.service not in self._states:
            raise ServiceUnknown
        answer: Message = pb.HealthCheckResponse(status=self._states[request.service])
        return answer

    async def List(self, request: Any, call: Call) -> Message:
        """The states of all."""
        states = {name: pb.HealthCheckResponse(status=state) for name, state in self._states.items()}
        answer: Message = pb.HealthListResponse(statuses=states)
        return answer

    async def Watch(self, request: Any, call: Call) -> AsyncIterator[Message]:
        """The state of one service, now and after each change."""
        told = None
        while not self._ends:
            changed = self._changed
            state = self._states.get(request.service, pb.HealthCheckResponse.SERVICE_UNKNOWN)
            if state != told:
                yield pb.HealthCheckResponse(status=state)
                told = state
                continue  # it may have changed meanwhile
            await changed.wait()

    def _wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()
