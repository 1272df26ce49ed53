"""A buyer takes a place, pays, and shows the ticket's code.

python examples/python/buyer.py localhost:7070 EVENT "Ana Souza" ana@example.com

Prints the order's states as they come, the ticket as a QR code, then CODE and the text that a gate reads from it.
"""

import asyncio
import sys

from eventhub import (
    CheckoutRequest,
    EventHub,
    GetEventRequest,
    HoldItem,
    HoldRequest,
    ListTicketsRequest,
    OrderState,
    RenderTicketRequest,
    SoldOut,
    TicketFormat,
    WatchOrderRequest,
    new_id,
)


async def hold_a_place(hub: EventHub, event_id: str) -> str:
    """Holds one place of the event's first ticket type. The hold's id."""
    event = (await hub.catalog.GetEvent(GetEventRequest(event_id=event_id))).event
    item = HoldItem(ticket_type_id=event.ticket_types[0].ticket_type_id, quantity=1)
    hold = HoldRequest(hold_id=new_id("hld"), event_id=event_id, items=[item])
    await hub.inventory.Hold(hold)
    return hold.hold_id


async def pay(hub: EventHub, hold_id: str) -> str:
    """Pays for a hold with the sandbox's card and follows the order to its end. The order's id."""
    card = CheckoutRequest.Card(token="tok_ok")
    order = CheckoutRequest(order_id=new_id("ord"), hold_id=hold_id, card=card)
    await hub.orders.Checkout(order)
    async for update in hub.watch(hub.orders.WatchOrder, WatchOrderRequest(order_id=order.order_id)):
        print(OrderState.Name(update.order.state))
    return order.order_id


async def code_of(hub: EventHub, order_id: str) -> str:
    """The code of an order's ticket, once the ticket has been issued."""
    tickets = await hub.ticketing.ListTickets(ListTicketsRequest(order_id=order_id))
    while not tickets.tickets:
        await asyncio.sleep(0.1)
        tickets = await hub.ticketing.ListTickets(ListTicketsRequest(order_id=order_id))
    wanted = RenderTicketRequest(ticket_id=tickets.tickets[0].ticket_id, format=TicketFormat.TICKET_FORMAT_TERMINAL)
    rendered = await hub.ticketing.RenderTicket(wanted)
    print(rendered.picture.decode())
    return rendered.code


async def main(target: str, event_id: str, name: str, email: str) -> None:
    """Buys a ticket of an event and prints its code. name and email: the buyer's."""
    async with EventHub(target) as hub:
        await hub.start_guest(name, email)
        try:
            hold_id = await hold_a_place(hub, event_id)
        except SoldOut as sold_out:
            sys.exit(f"only {sold_out.available} left")
        print("CODE", await code_of(hub, await pay(hub, hold_id)))


asyncio.run(main(*sys.argv[1:]))
