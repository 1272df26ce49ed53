"""Chapter 8: an event lives. It changes, turns a lot, waits, becomes a series with a pass, moves to another hall, and
sells at the door."""

from google.protobuf.duration_pb2 import Duration
from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.timestamp_pb2 import Timestamp

from eventhub.catalog.v1 import catalog_pb2 as nouns
from eventhub.catalog.v1 import catalog_service_pb2 as catalog
from eventhub.client import EventHub, new_id
from eventhub.inventory.v1 import inventory_pb2 as stock
from eventhub.inventory.v1 import inventory_service_pb2 as inventory
from eventhub.notifications.v1.notifications_pb2 import (
    NOTIFICATION_KIND_EVENT_CHANGED,
    NOTIFICATION_KIND_WAITING_OFFERED,
    NotificationKind,
)
from eventhub.orders.v1.orders_pb2 import ORDER_STATE_PAID
from eventhub.orders.v1.orders_service_pb2 import SaleItem
from eventhub.refusals import CapacityBelowSold, EventNotOnSale, SoldOut
from scripts.story import buyers, organizer, relocation
from scripts.story.evening import stream_of, true
from scripts.story.stage import Stage, Wrong, hold_true, say, soon

STANDING, BOX = 20, 2
FIRST_LOT, FIRST_MINOR, SECOND_MINOR = 4, 4_000, 5_000
NIGHTS = 6


async def live(stage: Stage, bia: EventHub, ana: EventHub, leo: EventHub) -> None:
    """Plays the chapter: a party with a standing area and a box, from its first sale to its last."""
    event_id, standing, box = await announce(bia)
    order = await buyers.pay(ana, await buyers.hold(ana, event_id, standing, quantity=2))
    ticket = (await buyers.tickets(ana, order.order.order_id))[0]
    hold_true(ticket.seat_label == "Pista", "Ana buys two standing places: her tickets say “Pista”")
    await turn(leo, event_id, standing)
    await change(bia, ana, event_id, standing)
    await wait(stage, leo, ana, event_id, box)
    await sell_a_pass(bia, leo, await repeat(bia, event_id))
    await relocation.relocate(bia, ana)
    await sell_at_the_door(bia, ana, event_id, standing)


async def announce(bia: EventHub) -> tuple[str, str, str]:
    """Publishes the party. Returns its id, and its types for the standing area and for the box."""
    event_id, venue_id = new_id("evt"), new_id("ven")
    venue = catalog.CreateVenueRequest(venue_id=venue_id, name="Laje", city="Recife", time_zone="America/Recife")
    await bia.catalog.CreateVenue(venue)
    party = catalog.CreateEventRequest(
        event_id=event_id,
        title="Festa na laje",
        kind=nouns.EVENT_KIND_SHOW,
        admission=nouns.ADMISSION_GENERAL,
        venue_id=venue_id,
        starts_local=organizer.in_days(10, 20),
        duration=Duration(seconds=5 * 3600),
        currency="BRL",
        areas=[
            nouns.Area(area_id="pista", name="Pista", capacity=STANDING),
            nouns.Area(area_id="camarote", name="Camarote", capacity=BOX),
        ],
    )
    await bia.catalog.CreateEvent(party)
    kind = nouns.TICKET_KIND_GENERAL
    lots = [
        nouns.Lot(lot_id=new_id("lot"), name="1º lote", price=organizer.reais(FIRST_MINOR), quantity=FIRST_LOT),
        nouns.Lot(lot_id=new_id("lot"), name="2º lote", price=organizer.reais(SECOND_MINOR)),
    ]
    standing = await organizer.add_type(bia, event_id, "Pista", kind, None, area_id="pista", lots=lots)
    box = await organizer.add_type(bia, event_id, "Camarote", nouns.TICKET_KIND_VIP, 15_000, area_id="camarote")
    await bia.catalog.PublishEvent(catalog.PublishEventRequest(event_id=event_id))
    say(f"“Festa na laje” is published: {STANDING} standing places, the first {FIRST_LOT} cheaper, and a box of {BOX}")
    return event_id, standing, box


async def turn(leo: EventHub, event_id: str, standing: str) -> None:
    """Buys across the turn of a lot: two tickets are left in the first, and two come from the second."""
    quoted = await buyers.quote(leo, event_id, standing, FIRST_LOT)
    lots = ", ".join(f"{line.quantity} from {line.lot_name}" for line in quoted.lines)
    paid = await buyers.pay(leo, await buyers.hold(leo, event_id, standing, quantity=FIRST_LOT), total=quoted.total)
    hold_true(
        paid.order.total.minor == FIRST_LOT // 2 * (FIRST_MINOR + SECOND_MINOR),
        f"Leo buys {FIRST_LOT} at the turn of the lot: {lots}",
    )


async def change(bia: EventHub, ana: EventHub, event_id: str, standing: str) -> None:
    """Changes what the party says and sells. What is sold cannot be taken back, and holders are told."""
    try:
        await bia.catalog.SetCapacity(
            catalog.SetCapacityRequest(event_id=event_id, ticket_type_id=standing, capacity=1)
        )
    except CapacityBelowSold as refused:
        say(f"Bia cannot sell fewer places than are gone: {refused.taken} are")
    else:
        raise Wrong("a capacity below what is sold is refused")
    await bia.catalog.SetCapacity(catalog.SetCapacityRequest(event_id=event_id, ticket_type_id=standing, capacity=19))
    async with stream_of(ana) as news:
        new = catalog.UpdateEventRequest(
            event_id=event_id,
            title="Festa na laje, com Elza",
            details=nouns.EventDetails(age_rating=nouns.AGE_RATING_18),
            update_mask=FieldMask(paths=["title", "details.age_rating"]),
        )
        await bia.catalog.UpdateEvent(new)
        wanted = NotificationKind.Name(NOTIFICATION_KIND_EVENT_CHANGED)
        await soon(lambda: true(any(wanted in line for line in news)), "the holder is told of the change")
    say("She changes the title and the age rating of the published party, and Ana is told both at once")


async def wait(stage: Stage, leo: EventHub, ana: EventHub, event_id: str, box: str) -> None:
    """Offers a released place to the waiting list before the public can have it."""
    held = await buyers.hold(leo, event_id, box, quantity=BOX)
    entry_id = new_id("wai")
    await ana.inventory.JoinWaitingList(
        inventory.JoinWaitingListRequest(entry_id=entry_id, event_id=event_id, ticket_type_id=box, quantity=BOX)
    )
    say("Leo holds the whole box; Ana joins its waiting list")
    async with stream_of(ana) as news:
        await leo.inventory.ReleaseHold(inventory.ReleaseHoldRequest(hold_id=held))
        try:
            await buyers.hold(leo, event_id, box, quantity=BOX)
        except SoldOut:
            say("Leo lets it go and changes his mind at once: too late, the list comes first")
        else:
            raise Wrong("a place that is given back goes to the waiting list")

        async def offer() -> str:
            entry = (await ana.inventory.GetWaitingEntry(inventory.GetWaitingEntryRequest(entry_id=entry_id))).entry
            return entry.hold_id if entry.state == stock.WAITING_STATE_OFFERED else ""

        offered = await soon(offer, "the place is offered to the list")
        wanted = NotificationKind.Name(NOTIFICATION_KIND_WAITING_OFFERED)
        await soon(lambda: true(any(wanted in line for line in news)), "Ana is told of the offer")
    paid = await buyers.pay(ana, offered)
    hold_true(paid.order.state == ORDER_STATE_PAID, "Ana is told that she can have it, and buys it")


async def repeat(bia: EventHub, event_id: str) -> str:
    """Makes a series of the party. Buyers find it once, with its nights. Returns its id."""
    series_id = new_id("ser")
    request = catalog.CreateSeriesRequest(
        series_id=series_id, from_event_id=event_id, title="Festa na laje", rule=f"FREQ=WEEKLY;COUNT={NIGHTS}"
    )
    await bia.catalog.CreateSeries(request)
    await bia.catalog.PublishSeries(catalog.PublishSeriesRequest(series_id=series_id))
    found = (await bia.catalog.SearchEvents(catalog.SearchEventsRequest(text="laje"))).events
    hold_true(
        len(found) == 1 and found[0].more_nights.count == NIGHTS - 1,
        f"The party repeats every week: a search for “laje” finds it once, with {NIGHTS - 1} more nights",
    )
    return series_id


async def sell_a_pass(bia: EventHub, leo: EventHub, series_id: str) -> None:
    """Sells a pass for all nights of the series: one hold takes a place in each, and one ticket admits to each."""
    pass_id = new_id("tkt")
    request = catalog.AddPassRequest(
        ticket_type_id=pass_id,
        series_id=series_id,
        name="Passe",
        price=organizer.reais(20_000),
        capacity=10,
        ticket_type_name="Pista",
    )
    await bia.catalog.AddPass(request)
    paid = await buyers.pay(leo, await buyers.hold(leo, series_id, pass_id, quantity=1))
    (ticket,) = await buyers.tickets(leo, paid.order.order_id)
    hold_true(ticket.event_id == series_id, f"Leo buys a pass: one ticket for all {NIGHTS} nights")


async def sell_at_the_door(bia: EventHub, ana: EventHub, event_id: str, standing: str) -> None:
    """Ends the sales online. The door still sells."""
    now = Timestamp()
    now.GetCurrentTime()
    end = catalog.UpdateEventRequest(
        event_id=event_id,
        details=nouns.EventDetails(sales_end_at=now),
        update_mask=FieldMask(paths=["details.sales_end_at"]),
    )
    await bia.catalog.UpdateEvent(end)
    try:
        await buyers.hold(ana, event_id, standing, quantity=1)
    except EventNotOnSale:
        say("The sales online end")
    else:
        raise Wrong("nobody buys online after the end of sales")
    till = await buyers.open_till(bia)
    item = SaleItem(ticket_type_id=standing, quantity=12)
    order = await buyers.sell(bia, event_id, item, "Escola Alvorada", "escola@example.com")
    hold_true(
        order.state == ORDER_STATE_PAID and len(order.lines) == item.quantity,
        f"At the door Bia sells {item.quantity} places to a school class, more than one order may have online",
    )
    await buyers.close_till(bia, till.till_id, 10_000 + order.total.minor)
