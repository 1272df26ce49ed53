"""The watches of inventory, and what their messages tell."""

from collections.abc import AsyncGenerator

from eventhub.client import EventHub
from eventhub.common.v1.feed_pb2 import Revision
from eventhub.inventory.v1 import inventory_pb2 as nouns
from eventhub.inventory.v1 import inventory_service_pb2 as pb
from tests.inventory.world import EVENT, all_seats

FREE, HELD, SOLD = nouns.SEAT_STATE_FREE, nouns.SEAT_STATE_HELD, nouns.SEAT_STATE_SOLD
BLOCKED = nouns.SEAT_STATE_BLOCKED
SEATS = [seat.seat_id for seat in all_seats().seats]
Counts = dict[str, tuple[int, int, int]]


async def watch_seats(client: EventHub, start: Revision | None = None) -> AsyncGenerator[pb.WatchSeatsResponse, None]:
    request = pb.WatchSeatsRequest(event_id=EVENT, start_revision=start)
    async for answer in client.inventory.WatchSeats(request):
        yield answer


async def watch_counts(
    client: EventHub, start: Revision | None = None, event_id: str = EVENT
) -> AsyncGenerator[pb.WatchOccupancyResponse, None]:
    request = pb.WatchOccupancyRequest(event_id=event_id, start_revision=start)
    async for answer in client.inventory.WatchOccupancy(request):
        yield answer


def changes(answer: pb.WatchSeatsResponse) -> list[tuple[str, int]]:
    return [(SEATS[change.position], change.state) for change in answer.changes]


def shown(answer: pb.WatchSeatsResponse) -> dict[str, int]:
    """The state of each seat in the first message of a watch."""
    halves = [half for byte in answer.seats.states for half in (byte & 15, byte >> 4)]
    return dict(zip(SEATS, halves, strict=True))


def counted(answer: pb.WatchOccupancyResponse) -> Counts:
    return {stock.name: (stock.capacity, stock.held, stock.sold) for stock in answer.stocks}
