"""Chapters 4, 6 and 7: a ticket is bought, used, and the show moves."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from http.client import HTTPConnection
from urllib.parse import urlsplit

from eventhub.catalog.v1.catalog_service_pb2 import RescheduleEventRequest
from eventhub.client import EventHub, new_id
from eventhub.identity.v1.identity_service_pb2 import EnrollGateRequest
from eventhub.inventory.v1.inventory_pb2 import Stock
from eventhub.inventory.v1.inventory_service_pb2 import WatchOccupancyRequest
from eventhub.notifications.v1.notifications_pb2 import (
    NOTIFICATION_KIND_EVENT_CHANGED,
    NOTIFICATION_KIND_ORDER_PAID,
    Notification,
    NotificationKind,
)
from eventhub.notifications.v1.notifications_service_pb2 import ListNotificationsRequest, SubscribeRequest
from eventhub.orders.v1.orders_pb2 import ORDER_STATE_FAILED, ORDER_STATE_PAID, OrderState
from eventhub.orders.v1.orders_service_pb2 import ListOrdersRequest, SaleItem, WatchOrderRequest
from eventhub.refusals import TicketUsed
from eventhub.reporting.v1 import reporting_service_pb2 as reporting
from eventhub.ticketing.v1.ticketing_service_pb2 import CheckInRequest, GetOnlineLinkRequest
from scripts.story import buyers, organizer
from scripts.story.organizer import Programme
from scripts.story.stage import SOON_S, Stage, aside, hold_true, say, soon

FOUND, NOT_FOUND = 302, 404
WEB_S = 10.0
FACE, REDUCED = 12_000, 10_800


async def buy(stage: Stage, bia: EventHub, programme: Programme, hub: EventHub, hold_id: str) -> str:
    """Buys a seat with a coupon while three streams watch. Returns the ticket's code."""
    counts: list[Stock] = []
    news: list[str] = []
    watchers = [
        asyncio.create_task(watch_occupancy(bia, programme.show_id, counts)),
        asyncio.create_task(watch_notifications(hub, news)),
    ]
    await soon(lambda: true(counts), "WatchOccupancy begins with a picture")
    quoted = await buyers.quote(hub, programme.show_id, programme.show_general, 1, "desconto10")
    hold_true(quoted.total.minor == REDUCED, "DESCONTO10 lowers R$ 120.00 to R$ 108.00")
    aside("because: " + "; ".join(quoted.lines[0].explanations))
    declined = await buyers.pay(hub, hold_id, coupon="DESCONTO10", total=quoted.total, card=buyers.DECLINED)
    hold_true(declined.order.state == ORDER_STATE_FAILED, "A card is declined: nothing is charged, the seat stays held")
    bought = await buyers.pay(hub, hold_id, coupon="DESCONTO10", total=quoted.total)
    hold_true(bought.order.state == ORDER_STATE_PAID, f"The order is PAID: {bought.order.lines[0].seat_label}")
    async for seen in hub.orders.WatchOrder(WatchOrderRequest(order_id=bought.order.order_id)):
        aside(f"WatchOrder: version {seen.order.version}, {OrderState.Name(seen.order.state)}")
    ticket = (await buyers.tickets(hub, bought.order.order_id))[0]
    code, drawing, pictures = await buyers.show(hub, ticket, stage.out)
    hold_true(all(picture.stat().st_size for picture in pictures), f"Ticket {ticket.serial} is issued and signed")
    aside(drawing)
    aside(f"written: {', '.join(str(picture) for picture in pictures)}")
    await soon(lambda: true(any(stock.sold for stock in counts)), "WatchOccupancy shows the sale")
    sold = next(stock for stock in reversed(counts) if stock.sold)
    say(f"WatchOccupancy shows it: {sold.name}, {sold.sold} sold of {sold.capacity}")
    paid = NotificationKind.Name(NOTIFICATION_KIND_ORDER_PAID)
    await soon(lambda: true(any(paid in line for line in news)), "the buyer's notification stream tells it")
    say(f"The buyer's stream tells it: {next(line for line in news if paid in line)}")
    for watcher in watchers:
        watcher.cancel()
    await asyncio.gather(*watchers, return_exceptions=True)
    return code


async def sell_at_the_counter(stage: Stage, bia: EventHub, programme: Programme) -> None:
    """Sells at the counter: the customer gets the ticket, and an order number to quote on the phone."""
    name, address = "Rita Melo", "rita@example.com"
    seat = await buyers.best_seats(bia, programme.show_id, programme.show_general, 1)
    till = await buyers.open_till(bia)
    item = SaleItem(ticket_type_id=programme.show_general, seat_ids=seat)
    order = await buyers.sell(bia, programme.show_id, item, name, address)
    found = await bia.orders.ListOrders(ListOrdersRequest(number=order.number.lower()))
    hold_true([one.order_id for one in found.orders] == [order.order_id], f"Bia sells at the counter: {order.number}")
    hold_true(order.counter_payment.change.minor == 100_000 - order.total.minor, "The answer says the change")
    till = await buyers.close_till(bia, till.till_id, 10_000 + order.total.minor)
    hold_true(not till.difference_minor, "At the end of the shift her till has the cash that it should have")
    ticket = (await buyers.tickets(bia, order.order_id))[0]
    code, _, _ = await buyers.show(bia, ticket, stage.out)
    hold_true(code, "She prints the ticket, which is Rita's")
    await soon(lambda: true(stage.mails(address)), "Rita is mailed")
    say(f"Rita is told by mail: {stage.mails(address)[0].name}")
    async with await buyers.come(stage, name, address) as rita:
        hold_true(await buyers.tickets(rita, order.order_id), "Once she proves her address it is in her wallet")


async def true(fact: object) -> bool:
    """Wraps a condition for soon()."""
    return bool(fact)


async def watch_occupancy(hub: EventHub, event_id: str, counts: list[Stock]) -> None:
    """Collects every count of an event's numbered seats."""
    async for seen in hub.inventory.WatchOccupancy(WatchOccupancyRequest(event_id=event_id)):
        counts += [stock for stock in seen.stocks if stock.name == "seats"]


async def watch_notifications(hub: EventHub, news: list[str]) -> None:
    """Collects every notification, in one line each."""
    async for seen in hub.notifications.Subscribe(SubscribeRequest()):
        news += [one_line(seen.notification)] if seen.HasField("notification") else []


def one_line(notification: Notification) -> str:
    """Formats a notification as one line."""
    return f"{NotificationKind.Name(notification.kind)}: {notification.subject}"


async def enter(stage: Stage, bia: EventHub, programme: Programme, code: str) -> None:
    """Scans a ticket twice: the first scan admits the holder, the second is refused."""
    gate = EnrollGateRequest(device_id=new_id("gat"), event_id=programme.show_id, name="Portão Norte")
    enrolled = await bia.identity.EnrollGate(gate)
    async with stage.client() as scanner:
        await scanner.sign_in_gate(enrolled.device.device_id, enrolled.secret)
        scan = CheckInRequest(scan_id=new_id("scn"), event_id=programme.show_id, code=code)
        let_in = (await scanner.ticketing.CheckIn(scan)).ticket
        say(f"Portão Norte lets ticket {let_in.serial} in: {let_in.seat_label}")
        scan.scan_id = new_id("scn")
        used: TicketUsed | None = None
        try:
            await scanner.ticketing.CheckIn(scan)
        except TicketUsed as refused:
            used = refused
        hold_true(used is not None, "The second scan is refused with TICKET_USED")
        assert used is not None
        aside(f"used at {used.used_at}, {used.gate}")


async def join_online(stage: Stage, programme: Programme) -> None:
    """Opens the workshop by an online ticket's link, which works only for its holder."""
    name, address = "Rui Prado", "rui@example.com"
    await (await buyers.come(stage, name, address, locale="en")).close()
    async with await buyers.start(stage, name, address, locale="en") as rui:
        held = await buyers.hold(rui, programme.workshop_id, programme.workshop_seat, quantity=1)
        await buyers.prove(stage, rui, address)
        say("Rui comes back on another device, holds a place, and proves who he is: the place stays his")
        bought = await buyers.pay(rui, held)
        ticket = (await buyers.tickets(rui, bought.order.order_id))[0]
        link = (await rui.ticketing.GetOnlineLink(GetOnlineLinkRequest(ticket_id=ticket.ticket_id))).link
        say("Rui buys the online workshop and gets a link that is his alone")
        aside(link)
        status, leads_to = await asyncio.to_thread(follow, link)
        hold_true(status == FOUND, f"The link opens {urlsplit(leads_to).netloc}")
        status, _ = await asyncio.to_thread(follow, link[:-2] + "xx")
        hold_true(status == NOT_FOUND, "An invented link opens nothing")


def follow(link: str) -> tuple[int, str]:
    """Opens a link as a browser does. Returns the status and the address it redirects to."""
    where = urlsplit(link)
    web = HTTPConnection(where.netloc, timeout=WEB_S)
    try:
        web.request("GET", where.path)
        answer = web.getresponse()
        return answer.status, answer.headers.get("Location", "")
    finally:
        web.close()


async def move(bia: EventHub, programme: Programme, hub: EventHub) -> None:
    """Brings the show forward to tonight; the ticket holders' stream reports it."""
    starts = organizer.soon(120)
    clock = starts.partition("T")[2]
    async with stream_of(hub) as news:
        await bia.catalog.RescheduleEvent(RescheduleEventRequest(event_id=programme.show_id, starts_local=starts))
        say(f"Bia brings the show forward: it is today, and begins in two hours, at {clock}")
        wanted = NotificationKind.Name(NOTIFICATION_KIND_EVENT_CHANGED)
        await soon(lambda: true(any(wanted in line for line in news)), "the holder's stream tells it")
        say(f"The holder's stream tells it: {next(line for line in news if wanted in line)}")

    aside("stream and e-mail tell all changes of ten minutes at once; here, of one second")
    listed = await hub.notifications.ListNotifications(ListNotificationsRequest())
    hold_true(len(listed.notifications) >= 3, f"{len(listed.notifications)} notifications can be read again")  # noqa: PLR2004 - paid, tickets, moved


@contextlib.asynccontextmanager
async def stream_of(hub: EventHub) -> AsyncIterator[list[str]]:
    """Yields the lines of a notification stream that is listening; new lines are appended."""
    news: list[str] = []
    ready = asyncio.Event()

    async def listen() -> None:
        async for seen in hub.notifications.Subscribe(SubscribeRequest()):
            ready.set()
            news.extend([one_line(seen.notification)] if seen.HasField("notification") else [])

    task = asyncio.create_task(listen())
    async with asyncio.timeout(SOON_S):
        await ready.wait()
    yield news
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def report(bia: EventHub, programme: Programme) -> None:
    """Prints revenue by ticket type, coupons by use, and occupancy."""
    show_id = programme.show_id

    async def revenue() -> list[str]:
        request = reporting.GetRevenueByTicketTypeRequest(event_id=show_id)
        types = (await bia.reporting.GetRevenueByTicketType(request)).types
        sold = sum(one.tickets_sold for one in types)
        money = sum(one.revenue.minor for one in types)
        expected = sold and money == REDUCED + (sold - 1) * FACE
        return (
            [f"{one.ticket_type_name}: {one.tickets_sold} sold, R$ {one.revenue.minor / 100:.2f}" for one in types]
            if expected
            else []
        )

    say("Revenue by ticket type, to the centavo")
    aside("\n".join(await soon(revenue, "the report adds up")))
    coupons = (await bia.reporting.GetCouponReport(reporting.GetCouponReportRequest(event_id=show_id))).coupons
    hold_true([use.code for use in coupons] == ["DESCONTO10"], "Coupons by use")
    aside("\n".join(f"{use.code}: {use.orders} order, R$ {use.discount.minor / 100:.2f} off" for use in coupons))

    async def occupancy() -> list[str]:
        full = await bia.reporting.GetOccupancyReport(reporting.GetOccupancyReportRequest(event_id=show_id))
        counts = {count.name: count for count in full.occupancy}
        lines = [f"{name}: {count.sold} sold, {count.held} held of {count.capacity}" for name, count in counts.items()]
        agrees = counts["seats"].sold == counts["public"].sold and full.admitted == 1
        return [*lines, f"{full.admitted} let in"] if agrees else []

    say("Occupancy")
    aside("\n".join(await soon(occupancy, "the occupancy report follows")))
    sales = await bia.reporting.GetSalesReport(reporting.GetSalesReportRequest(event_id=show_id))
    aside(f"in all: {sales.report.orders_paid} orders, R$ {sales.report.revenue.minor / 100:.2f}")
