"""inventory's RPCs about waiting lists."""

from eventhub.inventory.v1 import inventory_pb2 as nouns
from eventhub.inventory.v1 import inventory_service_pb2 as pb
from eventhub.refusals import ContactUnverified
from services.inventory.waiting import convert, list_transactions
from services.inventory.waiting import store as waiting_store
from services.kit.db import Database
from services.kit.rpc import Call, page_of
from services.kit.values import Clock

EARLIEST, LATEST = (0, ""), (2**63 - 1, "")


class WaitingCalls:
    """The RPCs of InventoryService about waiting lists."""

    database: Database
    clock: Clock

    async def JoinWaitingList(self, request: pb.JoinWaitingListRequest, call: Call) -> pb.JoinWaitingListResponse:
        if not call.caller.proven:
            raise ContactUnverified
        buyer_id = call.caller.subject_id
        entry = await self.database.write_serialized(
            (buyer_id, request.event_id),
            list_transactions.join,
            convert.wanted(request, buyer_id),
            now_us=self.clock.now_us(),
        )
        return pb.JoinWaitingListResponse(entry=convert.entry_pb(entry))

    async def LeaveWaitingList(self, request: pb.LeaveWaitingListRequest, call: Call) -> pb.LeaveWaitingListResponse:
        entry = await self.database.write(
            list_transactions.leave, request.entry_id, call.caller.subject_id, now_us=self.clock.now_us()
        )
        return pb.LeaveWaitingListResponse(entry=convert.entry_pb(entry))

    async def GetWaitingEntry(self, request: pb.GetWaitingEntryRequest, call: Call) -> pb.GetWaitingEntryResponse:
        entry = await self.database.read(
            list_transactions.existing, request.entry_id, call.caller.subject_id, now_us=self.clock.now_us()
        )
        return pb.GetWaitingEntryResponse(entry=convert.entry_pb(entry))

    async def ListMyWaitingEntries(
        self, request: pb.ListMyWaitingEntriesRequest, call: Call
    ) -> pb.ListMyWaitingEntriesResponse:
        buyer_id = call.caller.subject_id
        page = page_of(request, request.page, caller=buyer_id, key=(int, str))
        before = (int(page.after[0]), str(page.after[1])) if page.after else LATEST
        found = await self.database.read(
            waiting_store.page_of_buyer, buyer_id, before, page.size, now_us=self.clock.now_us()
        )
        return pb.ListMyWaitingEntriesResponse(
            entries=[convert.entry_pb(entry) for entry in found], next_page_token=page.token(found, convert.key(found))
        )

    async def ListWaitingEntries(
        self, request: pb.ListWaitingEntriesRequest, call: Call
    ) -> pb.ListWaitingEntriesResponse:
        organizer_id = call.caller.organizer_id
        page = page_of(request, request.page, caller=organizer_id, key=(int, str))
        after = (int(page.after[0]), str(page.after[1])) if page.after else EARLIEST
        found, lists = await self.database.read(
            list_transactions.page_of_event,
            request.event_id,
            organizer_id,
            after,
            page.size,
            now_us=self.clock.now_us(),
        )
        counts = [
            nouns.WaitingCount(ticket_type_id=type_id, entries=waited.entries, tickets=waited.tickets)
            for type_id, waited in lists.items()
        ]
        return pb.ListWaitingEntriesResponse(
            entries=[convert.entry_pb(entry) for entry in found],
            next_page_token=page.token(found, convert.key(found)),
            counts=counts,
        )
