"""Measures how long calls queue, with small calls to the process's own port.

The event loop accepts calls from gRPC one by one, between its other work. If more arrive than it can accept, they wait
inside gRPC, where Python cannot see them: the loop's own lag stays below a millisecond and few calls are running, while
every client waits a second. Only a call that takes the same way measures that wait.
"""

from typing import Any

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from services.kit.observe.metrics import Metrics
from services.kit.process.runtime import Runtime
from services.kit.rpc.admission import Admission

pb: Any = health_pb2  # its type stubs lack List
PATIENCE_S = 5.0
ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "[::1]", "[::]": "[::1]"}  # noqa: S104 - compared with, not listened on


class QueueProbe:
    """Sends probes regularly. If no call arrived since the last probe, there is no queue and none is sent."""

    def __init__(self, admission: Admission, metrics: Metrics, runtime: Runtime, port: int) -> None:
        """admission, metrics: get the results. port: this process's public port."""
        self._metrics = metrics
        self._queueing = admission.queueing
        self._admission = admission
        self._clock = runtime.clock
        self._every_s = runtime.settings.queue_probe_s
        address = runtime.settings.host
        self._target = f"{ANYWHERE.get(address, address)}:{port}"

    async def run(self) -> None:
        """Measures the queue and the lag of the event loop, for ever."""
        async with grpc.aio.insecure_channel(self._target) as channel:
            health: Any = health_pb2_grpc.HealthStub(channel)
            seen = self._admission.asked
            while True:
                due = self._clock.monotonic() + self._every_s
                await self._clock.sleep(self._every_s)
                self._metrics.loop_lag_s = max(0.0, self._clock.monotonic() - due)
                if self._admission.asked == seen:
                    self._queueing.note(0.0, self._clock.monotonic())
                    self._metrics.queueing_s = 0.0
                    continue
                await self._measure(health)
                seen = self._admission.asked  # includes the probe

    async def _measure(self, health: Any) -> None:
        self._queueing.sent(self._clock.monotonic())
        try:
            # Not Check, which has a queue of its own.
            await health.List(pb.HealthListRequest(), timeout=PATIENCE_S)
        except grpc.aio.AioRpcError:
            self._queueing.lost()  # gRPC cancels calls if too many wait
        else:
            self._queueing.begun(self._clock.monotonic())
        self._metrics.queueing_s = self._queueing.standing_s(self._clock.monotonic())
