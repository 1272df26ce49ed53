"""catalog's calls to other contexts: reads organizers' profiles from identity, sends events' places to inventory."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence

import grpc

from eventhub.catalog.v1.catalog_pb2 import Event as EventMessage
from eventhub.identity.v1.identity_pb2 import OrganizerProfile
from eventhub.identity.v1.identity_service_pb2 import BatchGetOrganizersRequest
from eventhub.identity.v1.identity_service_pb2_grpc import IdentityMeshStub
from eventhub.inventory.v1 import inventory_service_pb2 as inventory
from eventhub.inventory.v1.inventory_service_pb2_grpc import InventoryMeshStub
from eventhub.refusal import TransientRefusal
from services.catalog import convert
from services.catalog.events import Event
from services.catalog.half_price_reserve import ReserveHours
from services.catalog.plans.plan import Seat
from services.kit.rpc import Answers, fitting
from services.kit.values import Clock

PROFILE_LIFE_S = 60.0
# While identity is unavailable, catalog asks it at most once per second for each profile, not at each request.
RETRY_AFTER_S = 1.0
# A profile has a few kilobytes.
PROFILES_MAX = 5_000
PROFILES_PER_CALL = 100
PROFILES_TIMEOUT_S = 0.5
# A request may have 64 KiB, and seat names can be long.
SEATS_BYTES_MAX = 60 * 1024


class Organizers:
    """Profiles of organizers, cached for a minute. While identity is unavailable, an outdated profile is used or none,
    so buyers can still see events."""

    def __init__(self, channel: grpc.aio.Channel, clock: Clock) -> None:
        self._identity = IdentityMeshStub(channel)
        self._profiles = Answers(
            clock, self._ask, keys_max=PROFILES_PER_CALL, fresh_s=PROFILE_LIFE_S, kept_max=PROFILES_MAX
        )

    async def introduce(self, events: Sequence[EventMessage], *, whole: bool) -> None:
        """Sets organizer in each event whose organizer is known. whole: whether with its text, about, which is long for
        a list."""
        wanted = {event.organizer_id for event in events}
        try:
            profiles = await self._profiles.find(wanted)
        except TransientRefusal:
            profiles = self._latest(wanted)
        for event in events:
            profile = profiles[event.organizer_id]
            if profile.organizer_id:
                event.organizer.CopyFrom(profile)
                if not whole:
                    event.organizer.ClearField("about")

    async def names(self, organizer_ids: Iterable[str]) -> dict[str, str]:
        """Names that are at most a minute old, by organizer; empty for one that identity does not know. Raises
        TransientRefusal while identity is unavailable."""
        return {found: profile.name for found, profile in (await self._profiles.find(organizer_ids)).items()}

    async def _ask(self, organizer_ids: list[str]) -> dict[str, OrganizerProfile]:
        latest = self._latest(organizer_ids)
        request = BatchGetOrganizersRequest(organizer_ids=organizer_ids)
        try:
            answer = await self._identity.BatchGetOrganizers(request, timeout=PROFILES_TIMEOUT_S)
        except TransientRefusal:
            for organizer_id, profile in latest.items():
                self._profiles.keep(organizer_id, profile, fresh_s=RETRY_AFTER_S)
            raise
        return latest | {found.organizer_id: found for found in answer.organizers}

    def _latest(self, organizer_ids: Iterable[str]) -> dict[str, OrganizerProfile]:
        """The latest profiles, however old; an empty one for an organizer that is not known."""
        return {
            organizer_id: self._profiles.latest(organizer_id) or OrganizerProfile() for organizer_id in organizer_ids
        }


class Inventory:
    """Sends inventory the places, seats and times of an event. Each call can be repeated."""

    def __init__(self, channel: grpc.aio.Channel, reserve_hours: ReserveHours) -> None:
        """channel: to inventory. reserve_hours: how long before an event its half-price reserve ends."""
        self._inventory = InventoryMeshStub(channel)
        self._reserve_hours = reserve_hours

    def terms(self, event: Event, seat_counts: Mapping[str, int]) -> inventory.ProvisionRequest:
        """What inventory has to know of an event: its times, limits, pools and ticket types. seat_counts: seats of each
        category."""
        return convert.provision_pb(event, seat_counts, reserve_until_us=self._reserve_hours.until_us(event))

    async def provision(self, event: Event, seat_counts: Mapping[str, int], number: int) -> bool:
        """Sends an event's terms. number: grows with each provision of the event. Returns whether they are in force;
        False if inventory has been sent newer ones. Raises CapacityBelowSold."""
        request = self.terms(event, seat_counts)
        request.version = number
        return (await self._inventory.Provision(request)).in_force

    async def provision_seats(self, event_id: str, seats: AsyncIterator[list[Seat]]) -> None:
        """Sends an event's numbered seats. Raises EventState if the event is on sale already. seats: in the plan's
        order."""
        position = 0
        async for some in seats:
            specs = [convert.seat_pb(seat, n) for n, seat in enumerate(some, start=position)]
            position += len(some)
            while specs:
                part = fitting(specs, SEATS_BYTES_MAX)
                await self._inventory.ProvisionSeats(inventory.ProvisionSeatsRequest(event_id=event_id, seats=part))
                specs = specs[len(part) :]

    async def open_sales(self, event: Event) -> None:
        """Opens an event's sales once all its seats and places are there."""
        request = inventory.OpenSalesRequest(event_id=event.event_id, seat_count=event.seat_count)
        await self._inventory.OpenSales(request)

    async def sell(self, passes: inventory.ProvisionRequest) -> bool:
        """Sends the passes of a series, and opens their sales. Their nights are on sale. Returns as provision."""
        if not (await self._inventory.Provision(passes)).in_force:
            return False
        await self._inventory.OpenSales(inventory.OpenSalesRequest(event_id=passes.event_id))
        return True

    async def available(self, event_ids: Sequence[str]) -> dict[str, int]:
        """The tickets left of the type that has most left, for each of up to 100 events that are on sale."""
        request = inventory.BatchGetAvailabilityRequest(event_ids=event_ids)
        answer = await self._inventory.BatchGetAvailability(request)
        return {event.event_id: event.available for event in answer.events}
