"""A small show for tests of the whole platform: an organizer, a general event, a buyer."""

from dataclasses import dataclass

from google.protobuf.duration_pb2 import Duration

from eventhub.catalog.v1 import catalog_pb2, catalog_service_pb2
from eventhub.client import EventHub, new_guest_id, new_id
from eventhub.common.v1.money_pb2 import Money
from eventhub.identity.v1.identity_service_pb2 import RegisterOrganizerRequest, StartGuestRequest
from eventhub.inventory.v1.inventory_service_pb2 import GetAvailabilityRequest, HoldItem, HoldRequest
from eventhub.orders.v1.orders_service_pb2 import CheckoutRequest, CheckoutResponse

EMAIL, PASSWORD = "bia@casa.example", "correct horse battery"
PRICE = 8_000


@dataclass(frozen=True, slots=True)
class Show:
    """The event on sale and its only ticket type."""

    event_id: str
    ticket_type_id: str


async def open_show(hub: EventHub, *, capacity: int = 100, price: int = PRICE) -> Show:
    """Registers an organizer, signs in its owner and puts an event on sale."""
    register = RegisterOrganizerRequest(
        organizer_id=new_id("org"),
        account_id=new_id("acc"),
        name="Casa",
        owner_name="Bia",
        email=EMAIL,
        password=PASSWORD,
    )
    await hub.identity.RegisterOrganizer(register)
    await hub.sign_in(EMAIL, PASSWORD)
    show = Show(new_id("evt"), new_id("tkt"))
    event = catalog_service_pb2.CreateEventRequest(
        event_id=show.event_id,
        title="Show",
        kind=catalog_pb2.EVENT_KIND_SHOW,
        admission=catalog_pb2.ADMISSION_ONLINE,
        starts_local="2036-05-04T19:00",
        time_zone="America/Sao_Paulo",
        duration=Duration(seconds=7200),
        capacity=capacity,
        currency="BRL",
        online_url="https://meet.example.com/show",
    )
    await hub.catalog.CreateEvent(event)
    ticket_type = catalog_service_pb2.AddTicketTypeRequest(
        ticket_type_id=show.ticket_type_id,
        event_id=show.event_id,
        name="Geral",
        kind=catalog_pb2.TICKET_KIND_GENERAL,
        price=Money(minor=price, currency="BRL"),
    )
    await hub.catalog.AddTicketType(ticket_type)
    await hub.catalog.PublishEvent(catalog_service_pb2.PublishEventRequest(event_id=show.event_id))
    return show


async def come(hub: EventHub, email: str = "ana@example.com") -> None:
    """Starts a guest session."""
    guest = StartGuestRequest(guest_id=new_guest_id(), name="Ana", email=email)
    hub.tokens = (await hub.identity.StartGuest(guest)).tokens


async def hold(hub: EventHub, show: Show, quantity: int = 1) -> str:
    """Holds places. Returns the hold's id."""
    hold_id = new_id("hld")
    items = [HoldItem(ticket_type_id=show.ticket_type_id, quantity=quantity)]
    await hub.inventory.Hold(HoldRequest(hold_id=hold_id, event_id=show.event_id, items=items))
    return hold_id


async def pay(hub: EventHub, hold_id: str, order_id: str = "", token: str = "tok_ok") -> CheckoutResponse:
    """Checks a hold out by card."""
    card = CheckoutRequest.Card(token=token)
    request = CheckoutRequest(order_id=order_id or new_id("ord"), hold_id=hold_id, card=card)
    return await hub.orders.Checkout(request)


async def left(hub: EventHub, show: Show) -> int:
    """Returns the number of free places."""
    answer = await hub.inventory.GetAvailability(GetAvailabilityRequest(event_id=show.event_id))
    return answer.types[0].available
