"""What facts tell of a change."""

from dataclasses import replace

from services.catalog.areas import Area
from services.catalog.differences import differences
from services.catalog.events import Admission, Event, TicketKind, TicketType

FLOOR, BOX = Area("floor", "Pista", 10), Area("box", "Camarote", 4)
STANDING = TicketType(
    ticket_type_id="tkt_1",
    name="Pista",
    kind=TicketKind.GENERAL,
    price_minor=5000,
    categories=(),
    capacity=0,
    half_of="",
    area_id="floor",
)
BEFORE = Event(
    event_id="evt_1",
    organizer_id="org_1",
    title="Show",
    description="",
    kind=1,
    admission=Admission.GENERAL,
    venue=None,
    plan_id="",
    starts_local="2026-12-01T20:00",
    time_zone="America/Sao_Paulo",
    starts_us=0,
    ends_us=1,
    capacity=14,
    currency="BRL",
    tickets_per_order_max=10,
    online_url="",
    series_id="",
    types=(STANDING,),
    areas=(FLOOR, BOX),
)


def test_the_places_of_areas_and_types_are_told() -> None:
    after = replace(
        BEFORE, capacity=16, areas=(replace(FLOOR, capacity=12), BOX), types=(replace(STANDING, capacity=11),)
    )

    told = {change.field: (change.old_value, change.new_value) for change in differences(BEFORE, after)}

    assert told == {
        "capacity": ("14", "16"),
        "areas.floor.capacity": ("10", "12"),
        "ticket_types.tkt_1.capacity": ("", "11"),
    }
    assert differences(BEFORE, BEFORE) == []
