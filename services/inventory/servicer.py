"""inventory's RPCs for buyers, clerks and organizers."""

from collections.abc import AsyncIterator, Mapping, Sequence

from eventhub.inventory.v1 import inventory_service_pb2 as pb
from eventhub.refusals import AccessDenied, HoldNotFound, IdInUse
from services.inventory import (
    availability_transactions,
    check,
    claim_transactions,
    convert,
    holds,
    sale_transactions,
    taking,
    transactions,
    type_terms,
    watching,
)
from services.inventory.addresses import Addresses
from services.inventory.allowance import allowance
from services.inventory.blocks.servicer import BlockCalls
from services.inventory.holds import EventSale, Item, SaleState, TicketType, Wish
from services.inventory.lots import Lot
from services.inventory.neighbours import HoldOwners
from services.inventory.passes import passes
from services.inventory.stock import PoolNow
from services.inventory.waiting import claim_transactions as waiting_claims
from services.inventory.waiting.servicer import WaitingCalls
from services.kit.db import Database, Shared
from services.kit.feeds import KeptReads, PacedReads, SharedNews, feed, resumes, watch_topic
from services.kit.rpc import Call, Guesses
from services.kit.values import Cache, Clock

SALES_CACHED = 1_000
# A code waits for its turn as long as a hold may wait for its answer.
CODE_WAIT_MAX_US = 1_500_000
# In a rush, the watchers of an event are told its counts this often.
COUNTS_PAUSE_S = 0.05
# Watches that begin within this time begin with the same states. The changes since then follow at once. Reading 200,000
# seats takes a fifth of a second of the reader's thread.
SEAT_MAP_KEPT_S = 2.0


class InventoryService(BlockCalls, WaitingCalls):
    """Serves the contract's InventoryService."""

    def __init__(self, database: Database, clock: Clock, owners: HoldOwners, *, places_per_address: int) -> None:
        """database: inventory's own.
        owners: resolves who may act on a hold.
        places_per_address: how many places all unproven guests of one network address may hold together; 0: any number.
        """
        self.database = database
        self.clock = clock
        self.owners = owners
        self.places_per_address = places_per_address
        self._addresses = Addresses(database)
        self._guesses = Guesses(clock, wait_max_us=CODE_WAIT_MAX_US)
        self._occupancy = PacedReads(self._read_occupancy, pause_s=COUNTS_PAUSE_S)
        self._seat_maps = KeptReads(self._read_seat_map, kept_s=SEAT_MAP_KEPT_S)
        self._seat_news = SharedNews(database, watching.states_in, watching.news_message)
        self._sales: Cache[str, tuple[EventSale, Mapping[str, TicketType]]] = Cache(SALES_CACHED)

    async def Hold(self, request: pb.HoldRequest, call: Call) -> pb.HoldResponse:
        check.hold(request)
        wish = convert.wish(request, call.caller.subject_id)
        try:
            hold = await taking.take(self.database, self.clock, wish, lambda: self._place(wish, call))
        except IdInUse:
            hold = await self._taken_before(wish)
        return pb.HoldResponse(hold=convert.hold_pb(hold))

    async def _taken_before(self, wish: Wish) -> holds.Hold:
        """The hold that the caller took with the same wish, in a session since merged into the caller's account.
        Raises IdInUse if there is none."""
        try:
            hold = await self.owners.find(wish.hold_id, wish.buyer_id)
        except HoldNotFound:
            raise IdInUse from None
        if hold.content_hash != wish.content_hash:
            raise IdInUse
        return hold

    async def _place(self, wish: Wish, call: Call) -> holds.Hold:
        while True:
            sale, types = await self._sale_of(wish.event_id)
            try:
                return await self._place_under(wish, sale, types, call)
            except claim_transactions.TermsChanged:
                self._sales.drop(wish.event_id)

    async def _place_under(
        self, wish: Wish, sale: EventSale, types: Mapping[str, TicketType], call: Call
    ) -> holds.Hold:
        caller, address = call.caller, 0
        at_counter = caller.is_member and caller.organizer_id == sale.organizer_id
        if wish.take_blocked and not at_counter:
            raise AccessDenied(needs="ORGANIZER")
        if self.places_per_address and not (at_counter or caller.proven):
            address = await self._addresses.number(call.address)
        allowed = allowance(sale, at_counter=at_counter, address=address, near=self.places_per_address)
        if not at_counter:
            await self._try_codes(wish, types, call)
        own = (wish.buyer_id, str(address)) if address else (wish.buyer_id,)
        shared = map(Shared, (wish.event_id, *passes.nights_of(wish, types)))
        now_us = self.clock.now_us()
        return await self.database.write_serialized(
            (*own, *shared),
            waiting_claims.place_hold,
            wish,
            sale,
            types,
            allowed,
            now_us=now_us,
        )

    async def _try_codes(self, wish: Wish, types: Mapping[str, TicketType], call: Call) -> None:
        """Slows down guessing of access codes. Raises TooManyRequests after too many wrong ones. A wrong code itself is
        refused later, unless the hold was taken before."""
        for item, ticket_type in type_terms.tried_codes(wish, types):

            async def find(item: Item = item, ticket_type: TicketType = ticket_type) -> bool | None:
                return type_terms.opens(item, ticket_type) or None

            await self._guesses.look_up(
                wish.event_id, find, counted_by=call.counted_by, tried_by=call.caller.subject_id
            )

    async def _sale_of(self, event_id: str) -> tuple[EventSale, Mapping[str, TicketType]]:
        """An event's sale and ticket types, cached once the event is on sale. place_hold notices if they have changed.
        Raises EventNotFound."""
        cached = self._sales.get(event_id)
        if cached is not None:
            return cached
        sale, types = await self.database.read(sale_transactions.sale_and_types, event_id)
        if sale.state == SaleState.OPEN:
            self._sales.put(event_id, (sale, types))
        return sale, types

    async def GetHold(self, request: pb.GetHoldRequest, call: Call) -> pb.GetHoldResponse:
        hold = await self.owners.find(request.hold_id, call.caller.subject_id)
        return pb.GetHoldResponse(hold=convert.hold_pb(hold))

    async def ReleaseHold(self, request: pb.ReleaseHoldRequest, call: Call) -> pb.ReleaseHoldResponse:
        async def release(buyer_id: str) -> holds.Hold:
            return await self.database.write(
                transactions.release_hold, request.hold_id, buyer_id, now_us=self.clock.now_us()
            )

        hold = await self.owners.act(request.hold_id, call.caller.subject_id, release)
        return pb.ReleaseHoldResponse(hold=convert.hold_pb(hold))

    async def FindBestSeats(self, request: pb.FindBestSeatsRequest, call: Call) -> pb.FindBestSeatsResponse:
        check.best_seats(request)
        groups = await self.database.read_long(
            availability_transactions.best_seats, convert.seat_wish(request), now_us=self.clock.now_us()
        )
        return pb.FindBestSeatsResponse(
            seats=convert.seats_pb([seat for group in groups for seat in group]),
            groups=[pb.SeatGroup(seats=convert.seats_pb(group)) for group in groups],
        )

    async def GetAvailability(self, request: pb.GetAvailabilityRequest, call: Call) -> pb.GetAvailabilityResponse:
        left, lists = await self.database.read(
            availability_transactions.by_type,
            request.event_id,
            frozenset(request.ticket_type_ids),
            call.caller.organizer_id if call.caller.is_member else "",
            now_us=self.clock.now_us(),
        )
        types = [convert.left_pb(type_id, one, waited_for=type_id in lists) for type_id, one in left.items()]
        return pb.GetAvailabilityResponse(types=types)

    async def WatchOccupancy(self, request: pb.WatchOccupancyRequest, call: Call) -> AsyncIterator[bytes]:
        await self.database.read(sale_transactions.existing_sale, request.event_id, call.caller.organizer_id)
        told: Sequence[PoolNow | Lot] | None = None
        revision = request.start_revision
        resuming = resumes(revision, await self.database.read(feed.head))
        async for news in watch_topic(self.database, request.event_id, call):
            if not news:
                yield pb.WatchOccupancyResponse(revision=revision).SerializeToString()
                continue
            latest = await self._occupancy.next(request.event_id)
            now = latest.revision
            if latest.counts != told and (not resuming or now.position > revision.position):
                yield latest.message
                told = latest.counts
            resuming, revision = False, now

    async def _read_occupancy(self, event_id: str) -> watching.Occupancy:
        return await self.database.read(watching.occupancy, event_id)

    async def WatchSeats(self, request: pb.WatchSeatsRequest, call: Call) -> AsyncIterator[bytes]:
        sale = await self.database.read(availability_transactions.check_still, request.event_id)
        position = request.start_revision.position
        if not resumes(request.start_revision, await self.database.read(feed.head)):
            # With the revision, no watch begins with a map from before the event moved to another plan.
            seat_map = await self._seat_maps.get(f"{sale.revision} {request.event_id}")
            position = seat_map.position
            yield seat_map.message
            del seat_map  # it is large, and the watch may last for hours
        with self._seat_news.watch(request.event_id, position, call) as watcher:
            while True:
                yield await watcher.next()

    async def _read_seat_map(self, key: str) -> watching.SeatMap:
        return await watching.seat_map(self.database, key.partition(" ")[2])
