"""catalog's RPCs for venues and seating plans."""

from collections.abc import AsyncIterator

from eventhub.catalog.v1 import catalog_service_pb2 as pb
from services.catalog import convert, venue_store, venue_transactions, walltime
from services.catalog.plans import importing, transactions
from services.kit.db import Database
from services.kit.rpc import Call, page_of
from services.kit.values import fingerprint


class PlanCalls:
    """The RPCs of CatalogService for venues and seating plans."""

    database: Database

    async def CreateVenue(self, request: pb.CreateVenueRequest, call: Call) -> pb.CreateVenueResponse:
        walltime.zone(request.time_zone)
        wanted = convert.venue_of(request, call.caller.organizer_id)
        venue = await self.database.write(venue_transactions.create_venue, wanted, fingerprint(request))
        return pb.CreateVenueResponse(venue=convert.venue_pb(venue))

    async def ListVenues(self, request: pb.ListVenuesRequest, call: Call) -> pb.ListVenuesResponse:
        page = page_of(request, request.page, caller=call.caller.organizer_id, key=(str,))
        after = str(page.after[0]) if page.after else ""
        found = await self.database.read(venue_store.venues_after, call.caller.organizer_id, after, page.size)
        last = (found[-1].venue_id,) if found else ()
        return pb.ListVenuesResponse(
            venues=[convert.venue_pb(venue) for venue in found], next_page_token=page.token(found, last)
        )

    async def ImportSeatingPlan(
        self, requests: AsyncIterator[pb.ImportSeatingPlanRequest], call: Call
    ) -> pb.ImportSeatingPlanResponse:
        plan = await importing.import_plan(self.database, requests, call.caller.organizer_id)
        return pb.ImportSeatingPlanResponse(plan=convert.plan_pb(plan))

    async def ExportSeatingPlan(
        self, request: pb.ExportSeatingPlanRequest, call: Call
    ) -> AsyncIterator[pb.ExportSeatingPlanResponse]:
        plan = await self.database.read(transactions.own_plan, request.plan_id, call.caller.organizer_id)
        async for chunk in importing.export_plan(self.database, plan):
            yield pb.ExportSeatingPlanResponse(chunk=chunk)

    async def GetSeatMap(self, request: pb.GetSeatMapRequest, call: Call) -> AsyncIterator[pb.GetSeatMapResponse]:
        plan = await self.database.read(transactions.plan_with_layout, request.plan_id)
        async for chunk in importing.export_layout(self.database, plan):
            yield pb.GetSeatMapResponse(chunk=chunk)
