"""catalog's RPCs for passes."""

from eventhub.catalog.v1 import catalog_pb2 as nouns
from eventhub.catalog.v1 import catalog_service_pb2 as pb
from services.catalog.neighbours import Organizers
from services.catalog.passes import convert, decisions
from services.catalog.passes.change_transactions import Decide
from services.catalog.passes.editing import FIELDS
from services.catalog.passes.selling import PassSeller
from services.catalog.ticket_types import check
from services.kit.rpc import Call
from services.kit.values import Clock, fingerprint


class PassCalls:
    """The RPCs of CatalogService for passes."""

    clock: Clock
    organizers: Organizers
    pass_seller: PassSeller

    async def AddPass(self, request: pb.AddPassRequest, call: Call) -> pb.AddPassResponse:
        decide = decisions.adding(convert.wanted(request), fingerprint(request), now_us=self.clock.now_us())
        return pb.AddPassResponse(event=await self._with_pass(request.series_id, call, decide))

    async def UpdatePass(self, request: pb.UpdatePassRequest, call: Call) -> pb.UpdatePassResponse:
        check.mask(request, FIELDS, needed=("name", "capacity"))
        decide = decisions.changing(convert.edit_of(request), now_us=self.clock.now_us())
        return pb.UpdatePassResponse(event=await self._with_pass(request.series_id, call, decide))

    async def ArchivePass(self, request: pb.ArchivePassRequest, call: Call) -> pb.ArchivePassResponse:
        decide = decisions.archiving(request.ticket_type_id, restore=request.restore, now_us=self.clock.now_us())
        return pb.ArchivePassResponse(event=await self._with_pass(request.series_id, call, decide))

    async def _with_pass(self, series_id: str, call: Call, decide: Decide) -> nouns.Event:
        """A series of the caller's organizer after a pass was added or changed."""
        offer = await self.pass_seller.change(series_id, call.caller.organizer_id, decide)
        shown = convert.event_pb(offer)
        await self.organizers.introduce([shown], whole=True)
        return shown
