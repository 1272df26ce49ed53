"""Chapters 1 and 3: three events go on sale, and two buyers race for a seat."""

import asyncio

from eventhub.catalog.v1 import catalog_service_pb2 as catalog
from eventhub.client import EventHub
from eventhub.inventory.v1 import inventory_service_pb2 as inventory
from eventhub.refusals import SeatTaken
from scripts.story import buyers, organizer
from scripts.story.organizer import Programme
from scripts.story.stage import Wrong, aside, hold_true, say

Holds = tuple[str, str]


async def publish(bia: EventHub) -> Programme:
    """Registers the organizer, imports the plan and publishes three events."""
    await organizer.register(bia)
    say("Bia registers Casa de Shows and signs in")
    venue_id, plan = await organizer.import_plan(bia)
    categories = ", ".join(f"{category.name} {category.seat_count}" for category in plan.categories)
    say(f"Teatro São Pedro has a plan of {plan.seat_count} numbered seats ({categories})")
    starts = organizer.in_days(30, 20)
    show_id, general, vip, half = await organizer.publish_show(bia, venue_id, plan.plan_id, starts)
    say("“Elza, o show” is published: Geral R$ 120, VIP R$ 300, Meia-entrada R$ 60 by law")
    workshop_id, listener, conference_id = await organizer.publish_unseated(bia, venue_id)
    say("An online workshop of 50 places (“Ouvinte com pandeiro”) and a conference of 5,000 places are published")
    found = await bia.catalog.SearchEvents(catalog.SearchEventsRequest())
    hold_true(len(found.events) == 3, "Every visitor finds all three")  # noqa: PLR2004 - show, workshop, conference
    show = (await bia.catalog.GetEvent(catalog.GetEventRequest(event_id=show_id))).event
    hold_true(
        show.organizer.site == organizer.SITE, f"Each shows its organizer: {show.organizer.name}, {organizer.SITE}"
    )
    request = inventory.GetAvailabilityRequest(event_id=show_id)
    left = {one.ticket_type_id: one.available for one in (await bia.inventory.GetAvailability(request)).types}
    aside(f"on sale for the show: Geral {left[general]}, VIP {left[vip]}, Meia-entrada {left[half]} (40 % reserve)")
    return Programme(
        show_id=show_id,
        show_general=general,
        show_vip=vip,
        show_half=half,
        workshop_id=workshop_id,
        workshop_seat=listener,
        conference_id=conference_id,
        starts_local=starts,
    )


async def race(programme: Programme, hubs: dict[str, EventHub]) -> tuple[EventHub, EventHub, Holds]:
    """Lets two buyers hold the same seat at once. Returns the winner, the loser, who then holds other seats, and their
    holds."""
    names, clients = list(hubs), list(hubs.values())
    seat = (await buyers.best_seats(clients[0], programme.show_id, programme.show_general, 1))[0]
    both = [buyers.hold(hub, programme.show_id, programme.show_general, seat) for hub in clients]
    answers = await asyncio.gather(*both, return_exceptions=True)
    taken = [answer for answer in answers if isinstance(answer, SeatTaken)]
    held = [answer for answer in answers if isinstance(answer, str)]
    if len(taken) != 1 or len(held) != 1:
        raise Wrong(f"exactly one of two holds a seat, the other gets SEAT_TAKEN: {answers}")
    first = next(n for n, answer in enumerate(answers) if isinstance(answer, str))
    say(f"{names[first]} holds seat {seat}")
    hold_true(taken[0].seat_id == seat, f"{names[1 - first]} gets SEAT_TAKEN for seat {taken[0].seat_id}")
    other = await buyers.best_seats(clients[1 - first], programme.show_id, programme.show_general, 2)
    second = await buyers.hold(clients[1 - first], programme.show_id, programme.show_general, *other)
    say(f"{names[1 - first]} asks for the best two side by side and holds {' and '.join(other)}")
    return clients[first], clients[1 - first], (held[0], second)
