"""A screen shows which seats of an event are free.

python examples/python/seat_map.py localhost:7070 EVENT [MESSAGES]

Prints the hall, row by row, and again after each change; ends after so many messages, by default never. "." is a free
seat, "h" a held one, "X" a sold one, "-" a blocked one.
"""

import asyncio
import gzip
import sys

from eventhub import EventHub, GetSeatMapRequest, SeatMap, WatchSeatsRequest, seat_states

NEVER = sys.maxsize
# By the number of the state. The first is of a seat that the event does not sell.
SHOWN = " .hX-"


async def layout_of(hub: EventHub, plan_id: str) -> SeatMap:
    """The names and positions of a plan's seats. They never change, so a program should keep them."""
    answers = hub.catalog.GetSeatMap(GetSeatMapRequest(plan_id=plan_id))
    return SeatMap.FromString(gzip.decompress(b"".join([answer.chunk async for answer in answers])))


async def main(target: str, event_id: str, messages: int = NEVER) -> None:
    """Follows an event's seats. hub.watch continues by itself after the connection breaks, without gap or repeat."""
    async with EventHub(target) as hub:
        async for update in hub.watch(hub.inventory.WatchSeats, WatchSeatsRequest(event_id=event_id)):
            if update.HasField("seats"):
                layout, states = await layout_of(hub, update.seats.plan_id), seat_states(update.seats)
            for change in update.changes:  # none in the first message and in a heartbeat
                states[change.position] = change.state
            shown = iter(states)
            for row in layout.rows:
                seats = (SHOWN[state] for _, state in zip(row.seat_ids, shown, strict=False))
                print(f"{row.name:>4} {''.join(seats)}", flush=True)
            messages -= 1
            if not messages:
                return


target, event_id, *messages = sys.argv[1:]
asyncio.run(main(target, event_id, *map(int, messages)))
