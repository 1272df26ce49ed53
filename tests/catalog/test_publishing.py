"""Events go on sale, are moved, and tell so."""

from eventhub.catalog.v1 import catalog_pb2 as nouns
from tests.catalog.house import (
    VIP,
    an_id,
    half,
    opened,
    seated,
    ticket,
)
from tests.stage import Stage


async def test_a_seated_event_goes_on_sale_with_all_its_seats(stage: Stage) -> None:
    house = await opened(stage)
    await house.venue()
    plan = await house.plan()
    await house.event(seated())
    await house.type(ticket(seat_categories=["Plateia", "Balcão"]))
    await house.type(ticket(an_id("tkt", 2), kind=VIP, seat_categories=["Plateia VIP"]))
    await house.type(half(an_id("tkt", 3), seat_categories=["Plateia", "Balcão"]))
    event = await house.publish()
    assert event.state == nouns.EVENT_STATE_PUBLISHED
    assert event.capacity == plan.seat_count
    assert [kind.price.minor for kind in event.ticket_types] == [5001, 5001, 2500]
    assert set(house.stock.names()) == {"Provision", "ProvisionSeats", "OpenSales"}
