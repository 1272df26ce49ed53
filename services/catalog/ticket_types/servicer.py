"""catalog's RPCs for ticket types."""

from eventhub.catalog.v1 import catalog_service_pb2 as pb
from services.catalog import lots
from services.catalog.change_servicer import ChangeCalls
from services.catalog.events import Event
from services.catalog.ticket_types import check, convert, editing, transactions
from services.catalog.transactions import seat_counts
from services.kit.db import Tx
from services.kit.rpc import Call
from services.kit.values import fingerprint


class TypeCalls(ChangeCalls):
    """The RPCs of CatalogService for ticket types."""

    async def AddTicketType(self, request: pb.AddTicketTypeRequest, call: Call) -> pb.AddTicketTypeResponse:
        check.added(request)

        async def decide(tx: Tx, event: Event) -> Event | None:
            return await transactions.add(
                tx,
                event,
                convert.type_of(request),
                fingerprint(request),
                currency=convert.currency_of(request),
                now_us=self.clock.now_us(),
            )

        event = await self.changer.change(request.event_id, call.caller.organizer_id, decide)
        return pb.AddTicketTypeResponse(event=await self.shown(event))

    async def UpdateTicketType(self, request: pb.UpdateTicketTypeRequest, call: Call) -> pb.UpdateTicketTypeResponse:
        check.update(request)

        async def decide(tx: Tx, event: Event) -> Event | None:
            seats = await seat_counts(tx, event)
            return editing.edited(event, convert.edit_of(request), seats, self.clock.now_us())

        event = await self.changer.change(request.event_id, call.caller.organizer_id, decide)
        return pb.UpdateTicketTypeResponse(event=await self.shown(event))

    async def SetLots(self, request: pb.SetLotsRequest, call: Call) -> pb.SetLotsResponse:
        check.lots(request.lots)
        wanted = tuple(convert.lot(lot) for lot in request.lots)

        async def decide(tx: Tx, event: Event) -> Event | None:
            return lots.with_lots(
                event,
                request.ticket_type_id,
                wanted,
                currency=request.lots[0].price.currency if request.lots else event.currency,
                seat_counts=await seat_counts(tx, event),
                now_us=self.clock.now_us(),
            )

        event = await self.changer.change(request.event_id, call.caller.organizer_id, decide)
        return pb.SetLotsResponse(event=await self.shown(event))

    async def ArchiveTicketType(self, request: pb.ArchiveTicketTypeRequest, call: Call) -> pb.ArchiveTicketTypeResponse:
        async def decide(tx: Tx, event: Event) -> Event | None:
            return editing.without(event, request.ticket_type_id, await seat_counts(tx, event), self.clock.now_us())

        event = await self.changer.change(request.event_id, call.caller.organizer_id, decide)
        return pb.ArchiveTicketTypeResponse(event=await self.shown(event))

    async def RestoreTicketType(self, request: pb.RestoreTicketTypeRequest, call: Call) -> pb.RestoreTicketTypeResponse:
        async def decide(tx: Tx, event: Event) -> Event | None:
            return editing.restored(event, request.ticket_type_id, await seat_counts(tx, event), self.clock.now_us())

        event = await self.changer.change(request.event_id, call.caller.organizer_id, decide)
        return pb.RestoreTicketTypeResponse(event=await self.shown(event))
