"""pricing's questions to other contexts: events from catalog, lots and holds from inventory, participants from
identity."""

from collections.abc import Sequence

import grpc

from eventhub.catalog.v1.catalog_service_pb2 import BatchGetEventsRequest, GetSeriesTermsRequest, GetSeriesTermsResponse
from eventhub.catalog.v1.catalog_service_pb2_grpc import CatalogMeshStub
from eventhub.identity.v1.identity_service_pb2 import GetParticipantRequest
from eventhub.identity.v1.identity_service_pb2_grpc import IdentityMeshStub
from eventhub.inventory.v1.inventory_pb2 import Hold, LotPart
from eventhub.inventory.v1.inventory_service_pb2 import DescribeHoldRequest, SplitByLotRequest, SplitItem
from eventhub.inventory.v1.inventory_service_pb2_grpc import InventoryMeshStub
from eventhub.refusals import EventNotFound, HoldNotFound, SeriesNotFound, SubjectNotFound
from services.kit.rpc import KEPT_MAX, Answers
from services.kit.values import Clock
from services.pricing import convert
from services.pricing.quotes import Asked, Event


class Events:
    """Published events from catalog, each cached for five seconds."""

    def __init__(self, channel: grpc.aio.Channel, clock: Clock, kept_max: int = KEPT_MAX) -> None:
        """channel: to catalog. kept_max: the number of events in the cache."""
        self._catalog = CatalogMeshStub(channel)
        self._known = Answers(clock, self._ask, kept_max=kept_max)

    async def get(self, event_id: str, *, since_us: int = 0) -> Event:
        """A published event, at most five seconds old, and no older than a given time. Raises EventNotFound."""
        event = await self._known.get(event_id, since_us=since_us)
        if event is None:
            raise EventNotFound
        return event

    async def own(self, event_id: str, organizer_id: str) -> Event:
        """A published event of this organizer. Raises EventNotFound, also for an event of another organizer."""
        event = await self.get(event_id)
        if event.organizer_id != organizer_id:
            raise EventNotFound
        return event

    async def series(self, series_id: str, organizer_id: str) -> GetSeriesTermsResponse:
        """The terms of an organizer's series, as they are now. Raises SeriesNotFound, also for another organizer's."""
        terms = await self._catalog.GetSeriesTerms(GetSeriesTermsRequest(series_id=series_id))
        if terms.organizer_id != organizer_id:
            raise SeriesNotFound
        return terms

    async def _ask(self, event_ids: list[str]) -> dict[str, Event]:
        found = (await self._catalog.BatchGetEvents(BatchGetEventsRequest(event_ids=event_ids))).events
        return {message.event_id: convert.event(message) for message in found}


class Lots:
    """The lots of ticket types that inventory sells now."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        """channel: to inventory."""
        self._inventory = InventoryMeshStub(channel)

    async def split(self, event: Event, asked: Sequence[Asked]) -> list[Asked]:
        """Tickets with the lots that would give them now, if theirs are unknown. Asks inventory only about types with
        lots."""
        wanted = [one for one in asked if one.lot_id is None and one.ticket_type_id in event.lots]
        if not wanted:
            return list(asked)
        items = [SplitItem(ticket_type_id=one.ticket_type_id, quantity=one.quantity) for one in wanted]
        parts = (await self._inventory.SplitByLot(SplitByLotRequest(event_id=event.event_id, items=items))).parts
        found: dict[str, list[LotPart]] = {}
        for part in parts:
            found.setdefault(part.ticket_type_id, []).append(part)
        return [
            each
            for one in asked
            for each in (
                [
                    Asked(part.ticket_type_id, part.quantity, part.lot_id, part.lot_version)
                    for part in (found.get(one.ticket_type_id, ()) if one in wanted else ())
                ]
                or [one]
            )
        ]


class Holds:
    """Buyers' holds, which tell since when tickets have their price, and their lots."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        """channel: to inventory."""
        self._inventory = InventoryMeshStub(channel)

    async def get(self, hold_id: str, buyer_id: str, event_id: str) -> Hold:
        """A buyer's hold of an event. Raises HoldNotFound, HoldExpired."""
        hold = (await self._inventory.DescribeHold(DescribeHoldRequest(hold_id=hold_id, buyer_id=buyer_id))).hold
        if hold.event_id != event_id:
            raise HoldNotFound
        return hold


class Participants:
    """The keys by which identity tells people apart."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._identity = IdentityMeshStub(channel)

    async def keys(self, subject_id: str) -> tuple[str, ...]:
        """The sorted keys by which a person's uses of a coupon are counted, such as a proven e-mail address. Empty if
        the person has proven nothing."""
        try:
            answer = await self._identity.GetParticipant(GetParticipantRequest(subject_id=subject_id))
        except SubjectNotFound:
            return ()
        return tuple(sorted(set(answer.participant_keys)))
