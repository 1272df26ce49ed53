"""inventory's public RPCs."""

import hashlib
from collections import OrderedDict
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence

from eventhub.common.v1.feed_pb2 import Fact, Revision
from eventhub.inventory.v1 import inventory_pb2 as nouns
from eventhub.inventory.v1 import inventory_service_pb2 as pb
from eventhub.inventory.v1.inventory_events_pb2 import StockChanged
from eventhub.refusals import HoldNotFound, IdInUse, SeatTaken, SoldOut
from services.inventory import availability, check, convert, holds, store, transactions
from services.inventory.addresses import Addresses
from services.inventory.allowance import allowance
from services.inventory.holds import Stock, TicketType, Wish
from services.inventory.owners import Owners
from services.inventory.store import PoolNow
from services.kit.db import Database, Row, Tx, batches
from services.kit.feeds import feed, resumes, watch_topic
from services.kit.rpc import Call
from services.kit.values import Clock

SEATS_A_MESSAGE = 1_000
EVENTS_REMEMBERED = 1_000

Sale = tuple[Stock, Mapping[str, TicketType]]


class Inventory:
    """Serves InventoryService."""

    def __init__(self, database: Database, clock: Clock, owners: Owners, *, places_per_address: int) -> None:
        """database: inventory's own. owners: say whose a hold is. places_per_address: how many places unproven guests
        of one network address may hold together; 0: they are not counted by it."""
        self.database = database
        self.clock = clock
        self.owners = owners
        self.places_per_address = places_per_address
        self._addresses = Addresses(database)
        self._sales: OrderedDict[str, Sale] = OrderedDict()

    async def Hold(self, request: pb.HoldRequest, call: Call) -> pb.HoldResponse:
        """Takes seats and places."""
        check.hold(request)
        content = hashlib.sha256(request.SerializeToString(deterministic=True)).hexdigest()
        wish = convert.wish(request, call.caller.subject_id, content)
        while True:
            try:
                hold = await self._place(wish, call)
            except (SeatTaken, SoldOut):
                # What is in the way may be a hold whose time is over; they lapse some at a time.
                if not await self.database.write(transactions.lapse_due, now_us=self.clock.now_us()):
                    raise
            except IdInUse:
                return pb.HoldResponse(hold=convert.hold_pb(await self._taken_before(wish)))
            else:
                return pb.HoldResponse(hold=convert.hold_pb(hold))

    async def _taken_before(self, wish: Wish) -> holds.Hold:
        """The hold of a session that turned out to be the caller, who repeats what it wished. Raises IdInUse."""
        try:
            hold = await self.owners.find(wish.hold_id, wish.buyer_id)
        except HoldNotFound:
            raise IdInUse from None
        if hold.content_hash != wish.content_hash:
            raise IdInUse
        return hold

    async def _place(self, wish: Wish, call: Call) -> holds.Hold:
        stock, types = await self._sale_of(wish.event_id)
        caller, address = call.caller, 0
        at_counter = caller.is_member and caller.organizer_id == stock.organizer_id
        if self.places_per_address and not (at_counter or caller.proven):
            address = await self._addresses.number(call.address)
        allowed = allowance(stock, at_counter=at_counter, address=address, near=self.places_per_address)
        counted_by = (wish.buyer_id, str(address)) if address else (wish.buyer_id,)
        now_us = self.clock.now_us()
        return await self.database.write_serialized(
            counted_by, transactions.place_hold, wish, stock, types, allowed, now_us=now_us
        )

    async def _sale_of(self, event_id: str) -> Sale:
        """What an event sells, remembered once it is on sale: from then on only the end of its sales changes. Raises
        EventNotFound."""
        sale = self._sales.get(event_id)
        if sale is None:
            sale = await self.database.read(stock_and_types, event_id)
            if sale[0].state == holds.OPEN:
                self._sales[event_id] = sale
                if len(self._sales) > EVENTS_REMEMBERED:
                    self._sales.popitem(last=False)
        return sale

    async def GetHold(self, request: pb.GetHoldRequest, call: Call) -> pb.GetHoldResponse:
        """The caller's hold."""
        hold = await self.owners.find(request.hold_id, call.caller.subject_id)
        return pb.GetHoldResponse(hold=convert.hold_pb(hold))

    async def ReleaseHold(self, request: pb.ReleaseHoldRequest, call: Call) -> pb.ReleaseHoldResponse:
        """Gives a hold back."""

        async def release(buyer_id: str) -> holds.Hold:
            return await self.database.write(
                transactions.release_hold, request.hold_id, buyer_id, now_us=self.clock.now_us()
            )

        hold = await self.owners.act(request.hold_id, call.caller.subject_id, release)
        return pb.ReleaseHoldResponse(hold=convert.hold_pb(hold))

    async def FindBestSeats(self, request: pb.FindBestSeatsRequest, call: Call) -> pb.FindBestSeatsResponse:
        """Proposes seats."""
        rows = await self.database.read_long(
            availability.best_seats, request.event_id, request.ticket_type_id, request.quantity
        )
        return pb.FindBestSeatsResponse(seats=[convert.seat_pb(row) for row in rows])

    async def BlockSeats(self, request: pb.BlockSeatsRequest, call: Call) -> pb.BlockSeatsResponse:
        """Keeps seats back."""
        seats = await self.database.write_long(
            transactions.turn_blocks,
            request.event_id,
            call.caller.organizer_id,
            list(request.seat_ids),
            block=True,
            now_us=self.clock.now_us(),
        )
        return pb.BlockSeatsResponse(seats=[convert.seat_change_pb(seat) for seat in seats])

    async def UnblockSeats(self, request: pb.UnblockSeatsRequest, call: Call) -> pb.UnblockSeatsResponse:
        """Frees blocked seats."""
        seats = await self.database.write_long(
            transactions.turn_blocks,
            request.event_id,
            call.caller.organizer_id,
            list(request.seat_ids),
            block=False,
            now_us=self.clock.now_us(),
        )
        return pb.UnblockSeatsResponse(seats=[convert.seat_change_pb(seat) for seat in seats])

    async def GetAvailability(self, request: pb.GetAvailabilityRequest, call: Call) -> pb.GetAvailabilityResponse:
        """What can still be held."""
        left = await self.database.read(availability.by_type, request.event_id)
        types = [nouns.TypeAvailability(ticket_type_id=kind, available=count) for kind, count in left.items()]
        return pb.GetAvailabilityResponse(types=types)

    async def WatchOccupancy(
        self, request: pb.WatchOccupancyRequest, call: Call
    ) -> AsyncIterator[pb.WatchOccupancyResponse]:
        """Counts, now and after each change."""
        await self.database.read(transactions.existing_stock, request.event_id, call.caller.organizer_id)
        last, revision = None, request.start_revision
        fresh = not resumes(revision, await self.database.read(feed.head))
        async for news in watch_topic(self.database, request.event_id, call):
            if not news:
                yield pb.WatchOccupancyResponse(revision=revision)
                continue
            counts, now = await self.database.read(occupancy, request.event_id)
            if counts != last and (fresh or now.position > revision.position):
                yield pb.WatchOccupancyResponse(stocks=[convert.stock_pb(pool) for pool in counts], revision=now)
                last = counts
            fresh, revision = True, now

    async def WatchSeats(self, request: pb.WatchSeatsRequest, call: Call) -> AsyncIterator[pb.WatchSeatsResponse]:
        """The seat map, now and after each change."""
        await self.database.read(availability.opened, request.event_id)
        revision, ahead, held, fresh = request.start_revision, Ahead(), None, list[nouns.SeatChange]()
        if not resumes(revision, await self.database.read(feed.head)):
            rows, revision, ahead = await self.database.read_long(seat_map, request.event_id)
            *parts, held = list(batches(rows, SEATS_A_MESSAGE)) or [[]]
            for part in parts:
                yield pb.WatchSeatsResponse(seats=[convert.seat_pb(row) for row in part])
            if not ahead.versions:
                yield pb.WatchSeatsResponse(seats=[convert.seat_pb(row) for row in held], revision=revision)
                held = None
        async for news in watch_topic(self.database, request.event_id, call):
            more = news
            while more:
                changes, revision, more = await self.database.read(seat_news, request.event_id, revision)
                fresh += ahead.unseen(changes)
                if not ahead.versions and (fresh or held is not None):
                    seats = [convert.seat_pb(row) for row in held or ()]
                    yield pb.WatchSeatsResponse(seats=seats, changes=fresh, revision=revision)
                    held, fresh = None, []
            if not news and not ahead.versions:
                yield pb.WatchSeatsResponse(revision=revision)


async def stock_and_types(tx: Tx, event_id: str) -> Sale:
    """What an event sells, in one snapshot. Raises EventNotFound."""
    return await transactions.existing_stock(tx, event_id), await store.find_types(tx, event_id)


async def occupancy(tx: Tx, event_id: str) -> tuple[list[PoolNow], Revision]:
    """An event's counts and when they were right."""
    seats = await store.count_seats(tx, event_id)
    return [*await store.find_pools(tx, event_id), *([seats] if seats else [])], await feed.head(tx)


class Ahead:
    """Changes that a picture shows although they come after its revision: they are not told again. Until all of them
    have passed, no revision says what the picture shows, and its last part is held back."""

    def __init__(self, facts: Iterable[Fact] = ()) -> None:
        """facts: those that have no position yet."""
        self.versions: dict[str, int] = {}
        for change in (change for fact in facts for change in seat_changes(fact)):
            self.versions[change.seat_id] = max(change.version, self.versions.get(change.seat_id, 0))

    def unseen(self, changes: Iterable[nouns.SeatChange]) -> list[nouns.SeatChange]:
        """Those of the next changes that the picture does not show."""
        fresh = []
        for change in changes:
            shown = self.versions.get(change.seat_id, 0)
            if change.version > shown:
                fresh.append(change)
            if change.version >= shown:
                self.versions.pop(change.seat_id, None)
        return fresh


async def seat_map(tx: Tx, event_id: str) -> tuple[list[Row], Revision, Ahead]:
    """Every seat of an event, when the picture was right, and what of it is ahead of that."""
    rows: list[Row] = []
    while True:
        page = await store.seats_after(tx, event_id, rows[-1][0] if rows else "", SEATS_A_MESSAGE)
        rows.extend(page)
        if len(page) < SEATS_A_MESSAGE:
            return rows, await feed.head(tx), Ahead(await feed.without_position(tx, event_id))


async def seat_news(tx: Tx, event_id: str, after: Revision) -> tuple[list[nouns.SeatChange], Revision, bool]:
    """What changed after a revision, each seat as it ended up; where to go on, and whether there is more."""
    batch = await feed.facts_after(tx, after.position, event_id)
    changes = {}
    for fact in batch.facts:
        changes.update({change.seat_id: change for change in seat_changes(fact)})
    position = batch.facts[-1].position if batch.facts else after.position
    revision = Revision(epoch=batch.epoch, position=position)
    return list(changes.values()), revision, bool(batch.facts)


def seat_changes(fact: Fact) -> Sequence[nouns.SeatChange]:
    """The seats that a fact says have changed."""
    return StockChanged.FromString(fact.payload).seats if fact.type == StockChanged.DESCRIPTOR.full_name else ()
