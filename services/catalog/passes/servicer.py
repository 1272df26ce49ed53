"""catalog's RPC for passes."""

from eventhub.catalog.v1 import catalog_service_pb2 as pb
from services.catalog.neighbours import Organizers
from services.catalog.passes import convert
from services.catalog.passes.selling import PassSeller
from services.kit.rpc import Call
from services.kit.values import fingerprint


class PassCalls:
    """The RPC of CatalogService for passes."""

    organizers: Organizers
    pass_seller: PassSeller

    async def AddPass(self, request: pb.AddPassRequest, call: Call) -> pb.AddPassResponse:
        offer = await self.pass_seller.add(convert.wanted(request), call.caller.organizer_id, fingerprint(request))
        shown = convert.event_pb(offer)
        await self.organizers.introduce([shown], whole=True)
        return pb.AddPassResponse(event=shown)
