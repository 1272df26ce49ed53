"""The buyers' side: guests, holds, quotes, checkouts, tickets."""

import email
import re
from email.message import Message
from email.policy import default
from pathlib import Path

from eventhub.client import EventHub, new_guest_id, new_id
from eventhub.common.v1.money_pb2 import Money
from eventhub.identity.v1.identity_service_pb2 import (
    RedeemAccessCodeRequest,
    SendAccessCodeRequest,
    StartGuestRequest,
)
from eventhub.inventory.v1 import inventory_service_pb2 as inventory
from eventhub.orders.v1.orders_pb2 import Order
from eventhub.orders.v1.orders_service_pb2 import (
    CheckoutRequest,
    CheckoutResponse,
    SaleItem,
    SellAtBoxOfficeRequest,
)
from eventhub.payments.v1.payments_pb2 import Till
from eventhub.payments.v1.payments_service_pb2 import CloseTillRequest, OpenTillRequest
from eventhub.pricing.v1.pricing_pb2 import Quote
from eventhub.pricing.v1.pricing_service_pb2 import QuoteItem, QuoteRequest
from eventhub.ticketing.v1.ticketing_pb2 import (
    TICKET_FORMAT_PNG,
    TICKET_FORMAT_SVG,
    TICKET_FORMAT_TERMINAL,
    Ticket,
)
from eventhub.ticketing.v1.ticketing_service_pb2 import ListTicketsRequest, RenderTicketRequest
from scripts.story.stage import Stage, soon

CARD = CheckoutRequest.Card(token="tok_ok")  # noqa: S106 - the sandbox provider's
DECLINED = CheckoutRequest.Card(token="tok_declined")  # noqa: S106 - as above


def text_of(mail: Path) -> str:
    """Returns the plain text of an e-mail."""
    message: Message = email.message_from_bytes(mail.read_bytes(), policy=default)
    part = message.get_body(("plain",)) if hasattr(message, "get_body") else None
    return str(part.get_content()) if part is not None else ""


async def come(stage: Stage, name: str, address: str, *, locale: str = "pt-BR") -> EventHub:
    """Starts a guest who proves their address by the code that is sent to it."""
    hub = await start(stage, name, address, locale=locale)
    await prove(stage, hub, address)
    return hub


async def start(stage: Stage, name: str, address: str, *, locale: str = "pt-BR") -> EventHub:
    """Starts a guest whose address is not proved."""
    hub = stage.client()
    request = StartGuestRequest(guest_id=new_guest_id(), name=name, email=address, locale=locale)
    hub.tokens = (await hub.identity.StartGuest(request)).tokens
    return hub


async def prove(stage: Stage, hub: EventHub, address: str) -> None:
    """Proves a guest's address by the access code that is mailed to it."""
    read = stage.mails(address)
    await hub.identity.SendAccessCode(SendAccessCodeRequest(email=address))

    async def code() -> str:
        found = [re.search(r"\b\d{6}\b", text_of(mail)) for mail in stage.mails(address) if mail not in read]
        return next((match[0] for match in found if match), "")

    redeem = RedeemAccessCodeRequest(email=address, code=await soon(code, f"a code is sent to {address}"))
    hub.tokens = (await hub.identity.RedeemAccessCode(redeem)).tokens


async def hold(hub: EventHub, event_id: str, ticket_type_id: str, *seat_ids: str, quantity: int = 0) -> str:
    """Holds seats or places. Returns the hold's id."""
    hold_id = new_id("hld")
    item = inventory.HoldItem(ticket_type_id=ticket_type_id, seat_ids=seat_ids, quantity=quantity)
    await hub.inventory.Hold(inventory.HoldRequest(hold_id=hold_id, event_id=event_id, items=[item]))
    return hold_id


async def best_seats(hub: EventHub, event_id: str, ticket_type_id: str, quantity: int) -> list[str]:
    """Returns the ids of the best free seats."""
    request = inventory.FindBestSeatsRequest(event_id=event_id, ticket_type_id=ticket_type_id, quantity=quantity)
    return [seat.seat_id for seat in (await hub.inventory.FindBestSeats(request)).seats]


async def quote(hub: EventHub, event_id: str, ticket_type_id: str, quantity: int, coupon: str = "") -> Quote:
    """Asks for the price of tickets."""
    item = QuoteItem(ticket_type_id=ticket_type_id, quantity=quantity)
    request = QuoteRequest(event_id=event_id, items=[item], coupon_code=coupon)
    return (await hub.pricing.Quote(request)).quote


async def pay(
    hub: EventHub,
    hold_id: str,
    *,
    coupon: str = "",
    total: Money | None = None,
    card: CheckoutRequest.Card = CARD,
) -> CheckoutResponse:
    """Checks a hold out by card."""
    request = CheckoutRequest(
        order_id=new_id("ord"), hold_id=hold_id, coupon_code=coupon, expected_total=total, card=card
    )
    return await hub.orders.Checkout(request)


async def open_till(clerk: EventHub) -> Till:
    """Opens a clerk's till with R$ 100.00."""
    request = OpenTillRequest(till_id=new_id("til"), opening_float=Money(minor=10_000, currency="BRL"))
    return (await clerk.tills.OpenTill(request)).till


async def close_till(clerk: EventHub, till_id: str, counted_minor: int) -> Till:
    """Closes a till with the cash that was counted."""
    counted = Money(minor=counted_minor, currency="BRL")
    return (await clerk.tills.CloseTill(CloseTillRequest(till_id=till_id, counted_cash=counted))).till


async def sell(clerk: EventHub, event_id: str, item: SaleItem, name: str, address: str) -> Order:
    """Sells seats at the counter to a customer, who pays with R$ 1000.00 in cash."""
    received = Money(minor=100_000, currency="BRL")
    request = SellAtBoxOfficeRequest(
        order_id=new_id("ord"),
        event_id=event_id,
        items=[item],
        payment=CheckoutRequest.BoxOffice(cash=CheckoutRequest.BoxOffice.Cash(received=received)),
        customer=CheckoutRequest.Customer(name=name, email=address),
    )
    return (await clerk.orders.SellAtBoxOffice(request)).order


async def tickets(hub: EventHub, order_id: str) -> list[Ticket]:
    """Returns an order's tickets, as soon as they are issued."""

    async def look() -> list[Ticket]:
        return list((await hub.ticketing.ListTickets(ListTicketsRequest(order_id=order_id))).tickets)

    return await soon(look, "tickets are issued")


async def show(hub: EventHub, ticket: Ticket, out: Path) -> tuple[str, str, list[Path]]:
    """Returns a ticket's code, its drawing for the terminal, and its pictures on disk."""
    paths = []
    for form, suffix in ((TICKET_FORMAT_PNG, "png"), (TICKET_FORMAT_SVG, "svg")):
        rendered = await hub.ticketing.RenderTicket(RenderTicketRequest(ticket_id=ticket.ticket_id, format=form))
        path = out / f"ticket-{ticket.serial}.{suffix}"
        path.write_bytes(rendered.picture)
        paths.append(path)
    drawn = await hub.ticketing.RenderTicket(
        RenderTicketRequest(ticket_id=ticket.ticket_id, format=TICKET_FORMAT_TERMINAL)
    )
    return drawn.code, drawn.picture.decode(), paths
