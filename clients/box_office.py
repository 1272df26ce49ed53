"""The smallest program that buys a ticket, from a terminal.

python clients/box_office.py localhost:7070                                          lists the events
python clients/box_office.py localhost:7070 EVENT_ID                                 asks for name and e-mail, then buys
python clients/box_office.py localhost:7070 EVENT_ID "Ana Souza" ana@example.com     buys one ticket of the first type
"""

import asyncio
import sys

from eventhub import (
    CheckoutRequest,
    EventHub,
    FindBestSeatsRequest,
    GetEventRequest,
    HoldItem,
    HoldRequest,
    OrderState,
    Refusal,
    SearchEventsRequest,
    SeatNotAllowed,
    new_id,
)

SANDBOX_CARD = "tok_ok"


async def list_events(hub: EventHub) -> None:
    """Prints the published events."""
    for event in (await hub.catalog.SearchEvents(SearchEventsRequest())).events:
        print(event.event_id, event.starts_local, event.title)


async def buy(hub: EventHub, event_id: str, name: str, email: str) -> None:
    """Buys one ticket of the event's first type as a guest."""
    await hub.start_guest(name, email)
    ticket_type = (await hub.catalog.GetEvent(GetEventRequest(event_id=event_id))).event.ticket_types[0]
    item = HoldItem(ticket_type_id=ticket_type.ticket_type_id)
    wish = FindBestSeatsRequest(event_id=event_id, ticket_type_id=ticket_type.ticket_type_id, quantity=1)
    try:
        item.seat_ids.extend(seat.seat_id for seat in (await hub.inventory.FindBestSeats(wish)).seats)
    except SeatNotAllowed:
        item.quantity = 1
    hold = HoldRequest(hold_id=new_id("hld"), event_id=event_id, items=[item])
    await hub.inventory.Hold(hold)
    card = CheckoutRequest.Card(token=SANDBOX_CARD)
    bought = await hub.orders.Checkout(CheckoutRequest(order_id=new_id("ord"), hold_id=hold.hold_id, card=card))
    print(OrderState.Name(bought.order.state), bought.order.lines[0].seat_label or ticket_type.name)


async def main(target: str = "localhost:7070", event_id: str = "", name: str = "", email: str = "") -> None:
    """Lists events, or buys a ticket of one. Asks for a name and an e-mail that the command line leaves out."""
    async with EventHub(target) as hub:
        if not event_id:
            await list_events(hub)
            return
        name = name or await asyncio.to_thread(input, "Your name: ")
        email = email or await asyncio.to_thread(input, "Your e-mail: ")
        await buy(hub, event_id, name, email)


if __name__ == "__main__":
    try:
        asyncio.run(main(*sys.argv[1:]))
    except Refusal as refused:
        sys.exit(str(refused))
