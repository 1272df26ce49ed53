"""What organizers are called, asked of identity and remembered for a minute."""

from collections import OrderedDict
from collections.abc import Sequence
from typing import TYPE_CHECKING

from eventhub.catalog.v1.catalog_pb2 import Event
from eventhub.identity.v1.identity_service_pb2 import BatchGetOrganizersRequest
from eventhub.refusals import DeadlinePassed, Draining, Overloaded, Unavailable
from services.kit.db import batches
from services.kit.values import Clock

if TYPE_CHECKING:
    from eventhub.identity.v1.identity_service_pb2_grpc import IdentityMeshAsyncStub

GOOD_S = 60.0
# While identity is away it is not asked at every look at an event.
AGAIN_S = 1.0
KEPT_MAX = 10_000
ASKED_AT_ONCE_MAX = 200
WAIT_S = 0.5
AWAY = (DeadlinePassed, Draining, Overloaded, Unavailable)


class Organizers:
    """Names events' organizers. While identity is away older names serve, or none: nobody looks at events in vain."""

    def __init__(self, identity: "IdentityMeshAsyncStub", clock: Clock) -> None:
        """No name is known yet."""
        self._identity = identity
        self._clock = clock
        self._names: OrderedDict[str, tuple[float, str]] = OrderedDict()

    async def name(self, events: Sequence[Event]) -> None:
        """Writes into events what their organizers are called."""
        now = self._clock.monotonic()
        wanted = {event.organizer_id for event in events}
        due = sorted(organizer_id for organizer_id in wanted if self._names.get(organizer_id, (now, ""))[0] <= now)
        for some in batches(due, ASKED_AT_ONCE_MAX):
            await self._ask(some)
        for event in events:
            event.organizer_name = self._names.get(event.organizer_id, (now, ""))[1]

    async def _ask(self, organizer_ids: list[str]) -> None:
        known = {organizer_id: self._names.get(organizer_id, (0.0, ""))[1] for organizer_id in organizer_ids}
        good_s = GOOD_S
        try:
            request = BatchGetOrganizersRequest(organizer_ids=organizer_ids)
            answer = await self._identity.BatchGetOrganizers(request, timeout=WAIT_S)
            known.update({found.organizer_id: found.name for found in answer.organizers})
        except AWAY:
            good_s = AGAIN_S
        for organizer_id, name in known.items():
            self._names[organizer_id] = self._clock.monotonic() + good_s, name
            self._names.move_to_end(organizer_id)
        while len(self._names) > KEPT_MAX:
            self._names.popitem(last=False)
