"""catalog's RPCs for relocations."""

from eventhub.catalog.v1 import catalog_service_pb2 as pb
from services.catalog.relocation import check, convert
from services.catalog.relocation.relocator import Relocator
from services.kit.rpc import Call
from services.kit.values import fingerprint


class RelocationCalls:
    """The RPCs of CatalogService for relocations."""

    relocator: Relocator

    async def PreviewRelocation(self, request: pb.PreviewRelocationRequest, call: Call) -> pb.PreviewRelocationResponse:
        check.target(request.target)
        survey = await self.relocator.preview(convert.target_of(request.target), call.caller.organizer_id)
        return convert.preview_pb(survey)

    async def RelocateEvent(self, request: pb.RelocateEventRequest, call: Call) -> pb.RelocateEventResponse:
        check.target(request.target)
        relocation = await self.relocator.relocate(
            request.relocation_id,
            call.caller.organizer_id,
            convert.target_of(request.target),
            fingerprint(request),
        )
        return pb.RelocateEventResponse(relocation=convert.relocation_pb(relocation))

    async def GetRelocation(self, request: pb.GetRelocationRequest, call: Call) -> pb.GetRelocationResponse:
        relocation = await self.relocator.find(request.relocation_id, call.caller.organizer_id)
        return pb.GetRelocationResponse(relocation=convert.relocation_pb(relocation))
