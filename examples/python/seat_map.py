"""A screen shows which seats of an event are free.

python examples/python/seat_map.py localhost:7070 EVENT [MESSAGES]

Prints the hall, row by row, and again after each change; ends after so many messages, by default never. "." is a free
seat, "h" a held one, "X" a sold one, "-" a blocked one. If the event moves to another hall, it goes on with that one.
"""

import asyncio
import gzip
import sys
from collections.abc import AsyncIterator, Sequence

from eventhub import EventHub, GetSeatMapRequest, SeatMap, SeatMapChanged, WatchSeatsRequest, seat_states

NEVER = sys.maxsize
# By the number of the state. The first is of a seat that the event does not sell.
SHOWN = " .hX-"


async def layout_of(hub: EventHub, plan_id: str) -> SeatMap:
    """The names and positions of a plan's seats. They never change, so a program should keep them."""
    answers = hub.catalog.GetSeatMap(GetSeatMapRequest(plan_id=plan_id))
    return SeatMap.FromString(gzip.decompress(b"".join([answer.chunk async for answer in answers])))


async def halls(hub: EventHub, event_id: str) -> AsyncIterator[tuple[SeatMap, Sequence[int]]]:
    """The seats of an event and their states, again after each change.

    hub.watch continues by itself after the connection breaks, without gap or repeat.
    """
    while True:
        try:
            async for update in hub.watch(hub.inventory.WatchSeats, WatchSeatsRequest(event_id=event_id)):
                if update.HasField("seats"):
                    layout, states = await layout_of(hub, update.seats.plan_id), seat_states(update.seats)
                for change in update.changes:  # none in the first message and in a heartbeat
                    states[change.position] = change.state
                yield layout, states
        except SeatMapChanged:
            continue  # a new stream begins with the states of the new plan
        else:
            return


async def main(target: str, event_id: str, messages: int = NEVER) -> None:
    """Prints an event's seats."""
    async with EventHub(target) as hub:
        async for layout, states in halls(hub, event_id):
            shown = iter(states)
            for row in layout.rows:
                seats = (SHOWN[state] for _, state in zip(row.seat_ids, shown, strict=False))
                print(f"{row.name:>4} {''.join(seats)}", flush=True)
            messages -= 1
            if not messages:
                return


target, event_id, *messages = sys.argv[1:]
asyncio.run(main(target, event_id, *map(int, messages)))
