"""catalog's RPCs that change events after they were created."""

from collections.abc import Sequence

from eventhub.catalog.v1 import catalog_pb2 as nouns
from eventhub.catalog.v1 import catalog_service_pb2 as pb
from services.catalog import check, convert, copy_transactions, decision_transactions
from services.catalog.changes import Changer
from services.catalog.events import Event
from services.catalog.neighbours import Organizers
from services.catalog.publishing import Publisher
from services.kit.db import Database
from services.kit.rpc import Call
from services.kit.values import Clock, fingerprint


class ChangeCalls:
    """The RPCs of CatalogService that change, copy and delete events."""

    database: Database
    clock: Clock
    publisher: Publisher
    changer: Changer
    organizers: Organizers

    async def PublishEvent(self, request: pb.PublishEventRequest, call: Call) -> pb.PublishEventResponse:
        event = await self.publisher.publish(request.event_id, call.caller.organizer_id)
        return pb.PublishEventResponse(event=await self.shown(event))

    async def RescheduleEvent(self, request: pb.RescheduleEventRequest, call: Call) -> pb.RescheduleEventResponse:
        duration_us = convert.duration_us(request.duration) if request.HasField("duration") else None
        decide = decision_transactions.moving(request.starts_local, duration_us, now_us=self.clock.now_us())
        event = await self.changer.change(request.event_id, call.caller.organizer_id, decide)
        return pb.RescheduleEventResponse(event=await self.shown(event))

    async def UpdateEvent(self, request: pb.UpdateEventRequest, call: Call) -> pb.UpdateEventResponse:
        check.update(request)
        decide = decision_transactions.updating(request, call.caller.organizer_id)
        event = await self.changer.change(request.event_id, call.caller.organizer_id, decide)
        return pb.UpdateEventResponse(event=await self.shown(event))

    async def SetCapacity(self, request: pb.SetCapacityRequest, call: Call) -> pb.SetCapacityResponse:
        check.capacity(request)
        decide = decision_transactions.resizing(convert.part(request), request.capacity)
        event = await self.changer.change(request.event_id, call.caller.organizer_id, decide)
        return pb.SetCapacityResponse(event=await self.shown(event))

    async def UnpublishEvent(self, request: pb.UnpublishEventRequest, call: Call) -> pb.UnpublishEventResponse:
        decide = decision_transactions.unpublishing()
        event = await self.changer.change(request.event_id, call.caller.organizer_id, decide)
        return pb.UnpublishEventResponse(event=await self.shown(event))

    async def ArchiveEvent(self, request: pb.ArchiveEventRequest, call: Call) -> pb.ArchiveEventResponse:
        decide = decision_transactions.archiving(restore=request.restore, now_us=self.clock.now_us())
        event = await self.changer.change(request.event_id, call.caller.organizer_id, decide)
        return pb.ArchiveEventResponse(event=await self.shown(event))

    async def DropEvent(self, request: pb.DropEventRequest, call: Call) -> pb.DropEventResponse:
        await self.database.write(copy_transactions.drop_event, request.event_id, call.caller.organizer_id)
        return pb.DropEventResponse()

    async def CopyEvent(self, request: pb.CopyEventRequest, call: Call) -> pb.CopyEventResponse:
        event = await self.database.write(
            copy_transactions.copy_event,
            request,
            call.caller.organizer_id,
            fingerprint(request),
            now_us=self.clock.now_us(),
        )
        return pb.CopyEventResponse(event=await self.shown(event))

    async def shown(self, event: Event) -> nouns.Event:
        """An event of the caller's own organizer, with the whole profile of the organizer."""
        shown = convert.event_pb(event, access_codes=True)
        await self.organizers.introduce([shown], whole=True)
        return shown

    async def listed(self, found: Sequence[Event]) -> list[nouns.Event]:
        """Events of the caller's own organizer, with its profile, without the long text."""
        shown = [convert.event_pb(event, access_codes=True) for event in found]
        await self.organizers.introduce(shown, whole=False)
        return shown
