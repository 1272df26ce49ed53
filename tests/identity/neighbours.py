"""Fakes of the contexts that identity asks."""

from eventhub.catalog.v1 import catalog_service_pb2 as catalog
from eventhub.orders.v1.orders_service_pb2 import FindBuyersRequest, FindBuyersResponse
from eventhub.refusals import EventNotFound, Unavailable
from services.kit.rpc.call import Call


class Catalog:
    """catalog. organizers: the organizer of each event."""

    def __init__(self, organizers: dict[str, str]) -> None:
        self.organizers = organizers

    async def GetEventOrganizer(
        self, request: catalog.GetEventOrganizerRequest, call: Call
    ) -> catalog.GetEventOrganizerResponse:
        if request.event_id not in self.organizers:
            raise EventNotFound
        return catalog.GetEventOrganizerResponse(organizer_id=self.organizers[request.event_id])


class Orders:
    """orders. buyers: the subjects that have an order; None for all. asked: the number of subjects in each call. away:
    whether it is unavailable."""

    def __init__(self) -> None:
        self.buyers: set[str] | None = None
        self.asked: list[int] = []
        self.away = False

    async def FindBuyers(self, request: FindBuyersRequest, call: Call) -> FindBuyersResponse:
        self.asked.append(len(request.subject_ids))
        if self.away:
            raise Unavailable
        found = [subject for subject in request.subject_ids if self.buyers is None or subject in self.buyers]
        return FindBuyersResponse(subject_ids=found)
