"""A screen in the box office follows how many places are sold.

python examples/python/watcher.py localhost:7070 bia@casa.example "correct horse battery" EVENT [SOLD]

Prints a line at each change; ends when SOLD places are sold, by default never.
"""

import asyncio
import sys

from eventhub import EventHub, WatchOccupancyRequest

NEVER = sys.maxsize


async def main(target: str, email: str, password: str, event_id: str, sold: int = NEVER) -> None:
    """Follows an event's places as one of the organizer's members. hub.watch continues by itself after the connection
    breaks, without gap or repeat."""
    async with EventHub(target) as hub:
        await hub.sign_in(email, password)
        async for update in hub.watch(hub.inventory.WatchOccupancy, WatchOccupancyRequest(event_id=event_id)):
            places = [stock for stock in update.stocks if stock.name == "places"]  # none in a heartbeat
            for stock in places:
                print(f"{stock.sold} sold, {stock.held} held of {stock.capacity}", flush=True)
                if stock.sold >= sold:
                    return


target, email, password, event_id, *sold = sys.argv[1:]
asyncio.run(main(target, email, password, event_id, *map(int, sold)))
