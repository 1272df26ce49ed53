"""payments' RPCs about the tills of an organizer's counters."""

from eventhub.payments.v1 import payments_service_pb2 as pb
from services.kit.db import Database
from services.kit.rpc import Call, fitting, page_of
from services.kit.values import Clock, fingerprint
from services.payments import convert
from services.payments.tills import transactions
from services.payments.tills.till import Closing, Till

# Before the first till of a list: later than all tills.
LATEST = (2**62, "")


class TillsService:
    """Serves TillsService to members who sell, and to those who count their money."""

    def __init__(self, database: Database, clock: Clock) -> None:
        """database: payments' own."""
        self.database = database
        self.clock = clock

    async def OpenTill(self, request: pb.OpenTillRequest, call: Call) -> pb.OpenTillResponse:
        till = Till(
            till_id=request.till_id,
            organizer_id=call.caller.organizer_id,
            clerk_id=call.caller.subject_id,
            event_id=request.event_id,
            currency=request.opening_float.currency,
            float_minor=request.opening_float.minor,
            content_hash=fingerprint(request),
            opened_us=self.clock.now_us(),
        )
        return pb.OpenTillResponse(till=convert.till_pb(await self.database.write(transactions.open_till, till)))

    async def CloseTill(self, request: pb.CloseTillRequest, call: Call) -> pb.CloseTillResponse:
        closing = Closing(
            closed_by=call.caller.subject_id,
            counted_minor=request.counted_cash.minor,
            currency=request.counted_cash.currency,
            note=request.note,
            content_hash=fingerprint(request),
        )
        counted = await self.database.write(
            transactions.close_till, request.till_id, call.caller, closing, now_us=self.clock.now_us()
        )
        return pb.CloseTillResponse(till=convert.till_pb(counted))

    async def GetTill(self, request: pb.GetTillRequest, call: Call) -> pb.GetTillResponse:
        counted = await self.database.read(transactions.visible, request.till_id, call.caller)
        return pb.GetTillResponse(till=convert.till_pb(counted))

    async def ListTills(self, request: pb.ListTillsRequest, call: Call) -> pb.ListTillsResponse:
        page = page_of(request, request.page, caller=call.caller.subject_id, key=(int, str))
        before = (int(page.after[0]), str(page.after[1])) if page.after else LATEST
        found = await self.database.read(
            transactions.page, call.caller, request.clerk_id, before, page.size, open_only=request.open_only
        )
        shown = fitting([convert.till_pb(counted) for counted in found])
        last = (found[len(shown) - 1].till.opened_us, shown[-1].till_id) if shown else ()
        return pb.ListTillsResponse(tills=shown, next_page_token=page.token(found, last, cut=len(shown) < len(found)))
