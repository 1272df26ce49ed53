"""A step of chapter 8: a night with numbered seats, some of them sold, moves to another hall."""

from google.protobuf.duration_pb2 import Duration

from eventhub.catalog.v1 import catalog_pb2 as nouns
from eventhub.catalog.v1 import catalog_service_pb2 as catalog
from eventhub.client import EventHub, new_id
from eventhub.refusals import RelocationIncomplete
from eventhub.ticketing.v1.ticketing_pb2 import TICKET_FORMAT_TERMINAL, Ticket
from eventhub.ticketing.v1.ticketing_service_pb2 import RenderTicketRequest
from scripts.make_hall import plain_hall, written
from scripts.story import buyers, organizer
from scripts.story.stage import Wrong, hold_true, say, soon

# The new hall has narrower rows, and more of them.
OLD_HALL, NEW_HALL = (2, 3), (4, 2)
KEPT, LOST, GIVEN = "1-2", "1-3", "1-1"


async def relocate(bia: EventHub, ana: EventHub) -> None:
    """Moves a night of which Ana has two seats. One of them is not in the new hall until Bia gives it another."""
    event_id, type_id = await publish(bia)
    order = (await buyers.pay(ana, await buyers.hold(ana, event_id, type_id, KEPT, LOST))).order
    before = {ticket.seat_id: ticket for ticket in await buyers.tickets(ana, order.order_id)}
    codes = {ticket.ticket_id: await code(ana, ticket) for ticket in before.values()}
    target = await another_hall(bia, event_id)
    preview = await bia.catalog.PreviewRelocation(catalog.PreviewRelocationRequest(target=target))
    (stuck,) = preview.stuck
    say(f"The hall is flooded; in the new one {stuck.seat_label}, one of {preview.taken} sold seats, has no place")
    try:
        await bia.catalog.RelocateEvent(catalog.RelocateEventRequest(relocation_id=new_id("rel"), target=target))
    except RelocationIncomplete as refused:
        say(f"“Noite de choro” does not move as long as {refused.seats} sold seat would be lost")
    else:
        raise Wrong("an event moves only with all its taken seats")
    target.seats.add(from_seat_id=LOST, to_seat_id=GIVEN)
    await move(bia, target)

    async def moved() -> list[Ticket]:
        found = await buyers.tickets(ana, order.order_id)
        return found if {ticket.seat_id for ticket in found} == {KEPT, GIVEN} else []

    after = await soon(moved, "the tickets name the new seats")
    hold_true(
        {ticket.ticket_id: await code(ana, ticket) for ticket in after} == codes,
        f"Bia gives it a place, and the night moves: {before[LOST].seat_label} is now "
        f"{next(ticket.seat_label for ticket in after if ticket.seat_id == GIVEN)}, and Ana's codes stay the same",
    )


async def publish(bia: EventHub) -> tuple[str, str]:
    """Publishes the night. Returns its id and that of its ticket type."""
    event_id, venue_id, plan_id = new_id("evt"), new_id("ven"), new_id("pln")
    venue = catalog.CreateVenueRequest(venue_id=venue_id, name="Porão", city="São Paulo", time_zone=organizer.ZONE)
    await organizer.import_hall(bia, venue, plan_id, written(plain_hall(*OLD_HALL)))
    night = catalog.CreateEventRequest(
        event_id=event_id,
        title="Noite de choro",
        kind=nouns.EVENT_KIND_SHOW,
        admission=nouns.ADMISSION_SEATED,
        venue_id=venue_id,
        plan_id=plan_id,
        starts_local=organizer.in_days(12, 20),
        duration=Duration(seconds=2 * 3600),
        currency="BRL",
    )
    await bia.catalog.CreateEvent(night)
    type_id = await organizer.add_type(bia, event_id, "Mesa", nouns.TICKET_KIND_GENERAL, 9_000)
    await bia.catalog.PublishEvent(catalog.PublishEventRequest(event_id=event_id))
    return event_id, type_id


async def another_hall(bia: EventHub, event_id: str) -> catalog.RelocationTarget:
    """Imports another hall. Returns it as the target of the night."""
    venue_id, plan_id = new_id("ven"), new_id("pln")
    venue = catalog.CreateVenueRequest(venue_id=venue_id, name="Sótão", city="São Paulo", time_zone=organizer.ZONE)
    await organizer.import_hall(bia, venue, plan_id, written(plain_hall(*NEW_HALL)))
    return catalog.RelocationTarget(event_id=event_id, venue_id=venue_id, plan_id=plan_id)


async def move(bia: EventHub, target: catalog.RelocationTarget) -> None:
    """Moves the night, and waits for the end."""
    relocation_id = new_id("rel")
    await bia.catalog.RelocateEvent(catalog.RelocateEventRequest(relocation_id=relocation_id, target=target))

    async def done() -> bool:
        request = catalog.GetRelocationRequest(relocation_id=relocation_id)
        return (await bia.catalog.GetRelocation(request)).relocation.state == catalog.RELOCATION_STATE_DONE

    await soon(done, "the night moves")


async def code(hub: EventHub, ticket: Ticket) -> str:
    """Returns the code of a ticket."""
    request = RenderTicketRequest(ticket_id=ticket.ticket_id, format=TICKET_FORMAT_TERMINAL)
    return (await hub.ticketing.RenderTicket(request)).code
