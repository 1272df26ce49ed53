"""One person with three devices: a phone and a tablet buy as guests, and a laptop proves the address."""

import asyncio
import email
import email.policy
import re
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

from eventhub.catalog.v1.catalog_service_pb2 import RescheduleEventRequest
from eventhub.client import EventHub, new_guest_id
from eventhub.identity.v1.identity_service_pb2 import (
    RedeemAccessCodeRequest,
    SendAccessCodeRequest,
    StartGuestRequest,
)
from eventhub.notifications.v1.notifications_pb2 import NOTIFICATION_KIND_EVENT_CHANGED
from eventhub.notifications.v1.notifications_service_pb2 import SubscribeRequest, SubscribeResponse
from eventhub.orders.v1.orders_service_pb2 import GetOrderRequest, ListOrdersRequest
from eventhub.ticketing.v1.ticketing_service_pb2 import GetOnlineLinkRequest, ListTicketsRequest
from tests.mesh import show as shows
from tests.mesh.show import Show
from tests.stage import until

ANA = "ana.dispositivos@example.com"
CODE = re.compile(r"\b(\d{6})\b")


def texts(mail: Path, to: str) -> Iterator[str]:
    """Yields the texts of mails to an address."""
    for path in (mail).glob("*.eml"):
        message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        body = message.get_body(("plain",))
        if to in str(message["To"]) and body is not None:
            yield body.get_content()


async def code_of(hub: EventHub, mail: Path, to: str) -> str:
    """Requests an access code and returns the mailed digits."""
    await hub.identity.SendAccessCode(SendAccessCodeRequest(email=to))
    found: list[str] = []

    def came() -> bool:
        found.extend(match[1] for text in texts(mail, to) if (match := CODE.search(text)))
        return bool(found)

    await until(came, 15.0)
    return found[0]


async def wallet(hub: EventHub) -> set[str]:
    """Returns the ids of the tickets that a device shows."""
    return {ticket.ticket_id for ticket in (await hub.ticketing.ListTickets(ListTicketsRequest())).tickets}


async def orders(hub: EventHub) -> set[str]:
    """Returns the ids of the orders that a device shows."""
    return {order.order_id for order in (await hub.orders.ListOrders(ListOrdersRequest())).orders}


async def bought(hub: EventHub, show: Show) -> str:
    """Buys a ticket, waits until it is issued, and returns the order's id."""
    before = len(await wallet(hub))
    order = (await shows.pay(hub, await shows.hold(hub, show))).order

    async def issued() -> bool:
        return len(await wallet(hub)) == before + 1

    await until(issued, 15.0)
    return order.order_id


async def listening(hub: EventHub) -> AsyncIterator[SubscribeResponse]:
    """Returns a device's notification stream after its first message."""
    stream = aiter(hub.notifications.Subscribe(SubscribeRequest()))
    await anext(stream)
    return stream


async def moved(stream: AsyncIterator[SubscribeResponse]) -> None:
    """Waits until a stream reports that the event was moved."""
    async with asyncio.timeout(20):
        async for told in stream:
            if told.notification.kind == NOTIFICATION_KIND_EVENT_CHANGED:
                return
    raise AssertionError("the stream has ended")


async def play(hub_of: Callable[[], EventHub], organizer: EventHub, show: Show, mail: Path) -> None:
    """Lets a phone and a tablet buy. A laptop proves the address and sees all tickets; the other devices continue to
    work."""
    async with AsyncExitStack() as stack:
        phone, tablet, laptop = [await stack.enter_async_context(hub_of()) for _ in range(3)]
        guest = StartGuestRequest(guest_id=new_guest_id(), name="Ana", email=ANA)
        phone.tokens = (await phone.identity.StartGuest(guest)).tokens
        await shows.come(tablet, ANA)
        first, of_tablet = await bought(phone, show), await bought(tablet, show)
        held = await shows.hold(phone, show)
        on_phone = await listening(phone)
        code = await code_of(laptop, mail, ANA)

        laptop.tokens = (await laptop.identity.RedeemAccessCode(RedeemAccessCodeRequest(email=ANA, code=code))).tokens
        assert await wallet(laptop) == await wallet(phone) | await wallet(tablet)
        assert await orders(laptop) == {first, of_tablet}

        assert await orders(phone) == {first}
        (ticket_id,) = await wallet(phone)
        assert (await phone.ticketing.GetOnlineLink(GetOnlineLinkRequest(ticket_id=ticket_id))).link
        assert (await phone.orders.GetOrder(GetOrderRequest(order_id=first))).order.buyer_id == laptop.tokens.subject_id
        second = (await shows.pay(phone, held)).order.order_id
        await phone.refresh()
        phone.tokens = (await phone.identity.StartGuest(guest)).tokens

        async def both_see_it() -> bool:
            return len(await wallet(phone)) == 2 and len(await wallet(laptop)) == 3

        await until(both_see_it, 15.0)
        assert await orders(phone) == {first, second}
        assert await orders(laptop) == {first, second, of_tablet}
        await both_are_told(organizer, show, on_phone, laptop)


async def both_are_told(
    organizer: EventHub, show: Show, on_phone: AsyncIterator[SubscribeResponse], laptop: EventHub
) -> None:
    """Moves the event; the stream of each device reports it."""
    on_laptop = await listening(laptop)
    await organizer.catalog.RescheduleEvent(
        RescheduleEventRequest(event_id=show.event_id, starts_local="2036-06-05T20:00")
    )
    await asyncio.gather(moved(on_phone), moved(on_laptop))
