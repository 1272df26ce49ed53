"""The smallest human client: buys a ticket from a terminal.

python clients/box_office.py localhost:7070                 what is on
python clients/box_office.py localhost:7070 EVENT_ID        buys one ticket of the event's first type
"""

import asyncio
import sys

from eventhub.catalog.v1.catalog_service_pb2 import GetEventRequest, SearchEventsRequest
from eventhub.client import EventHub, new_guest_id, new_id
from eventhub.identity.v1.identity_service_pb2 import StartGuestRequest
from eventhub.inventory.v1.inventory_service_pb2 import FindBestSeatsRequest, HoldItem, HoldRequest
from eventhub.orders.v1.orders_pb2 import OrderState
from eventhub.orders.v1.orders_service_pb2 import CheckoutRequest
from eventhub.refusal import Refusal
from eventhub.refusals import SeatNotAllowed

SANDBOX_CARD = "tok_ok"


async def list_events(hub: EventHub) -> None:
    """Prints what is on."""
    for event in (await hub.catalog.SearchEvents(SearchEventsRequest())).events:
        print(event.event_id, event.starts_local, event.title)


async def buy(hub: EventHub, event_id: str, name: str, email: str) -> None:
    """Buys one ticket of the event's first type as a guest."""
    guest = StartGuestRequest(guest_id=new_guest_id(), name=name, email=email)
    hub.tokens = (await hub.identity.StartGuest(guest)).tokens
    kind = (await hub.catalog.GetEvent(GetEventRequest(event_id=event_id))).event.ticket_types[0]
    item = HoldItem(ticket_type_id=kind.ticket_type_id)
    wish = FindBestSeatsRequest(event_id=event_id, ticket_type_id=kind.ticket_type_id, quantity=1)
    try:
        item.seat_ids.extend(seat.seat_id for seat in (await hub.inventory.FindBestSeats(wish)).seats)
    except SeatNotAllowed:
        item.quantity = 1
    hold = HoldRequest(hold_id=new_id("hld"), event_id=event_id, items=[item])
    await hub.inventory.Hold(hold)
    card = CheckoutRequest.Card(token=SANDBOX_CARD)
    bought = await hub.orders.Checkout(CheckoutRequest(order_id=new_id("ord"), hold_id=hold.hold_id, card=card))
    print(OrderState.Name(bought.order.state), bought.order.lines[0].seat_label or kind.name)


async def main(target: str, *wish: str) -> None:
    """Lists or buys. wish: event id, name, e-mail."""
    async with EventHub(target) as hub:
        await (buy(hub, *wish) if wish else list_events(hub))


if __name__ == "__main__":
    try:
        asyncio.run(main(*sys.argv[1:]))
    except Refusal as refused:
        sys.exit(str(refused))
