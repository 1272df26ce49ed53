"""The organizer's side: venue, seating plan, events, coupons, gate, rescheduling, reports."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from google.protobuf.duration_pb2 import Duration
from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.timestamp_pb2 import Timestamp

from eventhub.catalog.v1 import catalog_pb2 as nouns
from eventhub.catalog.v1 import catalog_service_pb2 as catalog
from eventhub.client import EventHub, new_id
from eventhub.common.v1.money_pb2 import Money
from eventhub.identity.v1.identity_service_pb2 import RegisterOrganizerRequest, UpdateOrganizerProfileRequest
from eventhub.pricing.v1.pricing_service_pb2 import CreateCouponRequest

PLAN = Path(__file__).parent.parent.parent / "tests" / "data" / "teatro.json"
CHUNK_BYTES = 48 * 1024
ZONE = "America/Sao_Paulo"
EMAIL, PASSWORD = "bia@casadeshows.example", "correct horse battery"
SITE = "https://casadeshows.example"
DAY_S = 24 * 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Programme:
    """The published events. show_*: the seated show's ticket types."""

    show_id: str
    show_general: str
    show_vip: str
    show_half: str
    workshop_id: str
    workshop_seat: str
    conference_id: str
    starts_local: str


def in_days(days: int, hour: int) -> str:
    """Returns an hour of a coming day as wall clock time in São Paulo."""
    return day_in(days).replace(hour=hour, minute=0).strftime("%Y-%m-%dT%H:%M")


def day_in(days: int) -> datetime:
    """Returns this time of a coming day in São Paulo."""
    return datetime.now(ZoneInfo(ZONE)) + timedelta(days=days)


def soon(minutes: int) -> str:
    """Returns the wall clock time in São Paulo some minutes from now."""
    return (datetime.now(ZoneInfo(ZONE)) + timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M")


def reais(minor: int) -> Money:
    """Returns an amount of reais, given in centavos."""
    return Money(minor=minor, currency="BRL")


async def register(hub: EventHub) -> None:
    """Registers the organizer, signs its owner in and writes its public profile."""
    request = RegisterOrganizerRequest(
        organizer_id=new_id("org"),
        account_id=new_id("acc"),
        name="Casa de Shows",
        owner_name="Bia Lima",
        email=EMAIL,
        password=PASSWORD,
    )
    await hub.identity.RegisterOrganizer(request)
    await hub.sign_in(EMAIL, PASSWORD)
    profile = UpdateOrganizerProfileRequest(
        about="Música ao vivo em São Paulo desde 1987.",
        email="contato@casadeshows.example",
        site=SITE,
        update_mask=FieldMask(paths=["about", "email", "site"]),
    )
    await hub.identity.UpdateOrganizerProfile(profile)


async def import_plan(hub: EventHub) -> tuple[str, nouns.SeatingPlan]:
    """Creates the theatre and imports its seating plan. Returns the venue's id and the plan."""
    venue_id, plan_id = new_id("ven"), new_id("pln")
    venue = catalog.CreateVenueRequest(
        venue_id=venue_id, name="Teatro São Pedro", address="Rua Barra Funda 171", city="São Paulo", time_zone=ZONE
    )
    return venue_id, await import_hall(hub, venue, plan_id, PLAN.read_bytes())


async def import_hall(hub: EventHub, venue: catalog.CreateVenueRequest, plan_id: str, data: bytes) -> nouns.SeatingPlan:
    """Creates a venue and imports its seating plan."""
    await hub.catalog.CreateVenue(venue)

    async def chunks() -> AsyncIterator[catalog.ImportSeatingPlanRequest]:
        for start in range(0, len(data), CHUNK_BYTES):
            part = data[start : start + CHUNK_BYTES]
            yield catalog.ImportSeatingPlanRequest(plan_id=plan_id, venue_id=venue.venue_id, chunk=part)

    return (await hub.catalog.ImportSeatingPlan(chunks())).plan


async def add_type(
    hub: EventHub, event_id: str, name: str, kind: nouns.TicketKind.ValueType, minor: int | None, **more: object
) -> str:
    """Adds a ticket type. Returns its id."""
    ticket_type_id = new_id("tkt")
    request = catalog.AddTicketTypeRequest(ticket_type_id=ticket_type_id, event_id=event_id, name=name, kind=kind)
    if minor is not None:
        request.price.CopyFrom(reais(minor))
    request.MergeFrom(catalog.AddTicketTypeRequest(**more))  # type: ignore[arg-type]  # fields by their names
    await hub.catalog.AddTicketType(request)
    return ticket_type_id


async def publish_show(hub: EventHub, venue_id: str, plan_id: str, starts: str) -> tuple[str, str, str, str]:
    """Publishes a seated show with general, VIP and half-price tickets. Returns its id and theirs, in this order."""
    event_id = new_id("evt")
    show = catalog.CreateEventRequest(
        event_id=event_id,
        title="Elza, o show",
        description="Uma noite no teatro.",
        kind=nouns.EVENT_KIND_SHOW,
        admission=nouns.ADMISSION_SEATED,
        venue_id=venue_id,
        plan_id=plan_id,
        starts_local=starts,
        duration=Duration(seconds=2 * 3600),
        currency="BRL",
    )
    await hub.catalog.CreateEvent(show)
    stalls, vip = ["Plateia", "Balcão"], ["Plateia VIP", "Camarote"]
    general = await add_type(hub, event_id, "Geral", nouns.TICKET_KIND_GENERAL, 12_000, seat_categories=stalls)
    special = await add_type(hub, event_id, "VIP", nouns.TICKET_KIND_VIP, 30_000, seat_categories=vip)
    half = await add_type(
        hub,
        event_id,
        "Meia-entrada",
        nouns.TICKET_KIND_HALF_PRICE,
        None,
        seat_categories=stalls,
        half_of_ticket_type_id=general,
    )
    await hub.catalog.PublishEvent(catalog.PublishEventRequest(event_id=event_id))
    return event_id, general, special, half


async def publish_unseated(hub: EventHub, venue_id: str) -> tuple[str, str, str]:
    """Publishes an online workshop and a conference. Returns the workshop's id, its ticket type and the conference's
    id."""
    workshop_id, conference_id = new_id("evt"), new_id("evt")
    common = {"duration": Duration(seconds=8 * 3600), "currency": "BRL"}
    workshop = catalog.CreateEventRequest(
        event_id=workshop_id,
        title="Oficina de percussão",
        kind=nouns.EVENT_KIND_WORKSHOP,
        admission=nouns.ADMISSION_ONLINE,
        starts_local=soon(20),
        time_zone=ZONE,
        capacity=50,
        online_url="https://meet.casadeshows.example/percussao",
        **common,  # type: ignore[arg-type]  # fields by their names
    )
    conference = catalog.CreateEventRequest(
        event_id=conference_id,
        title="Conferência do Palco",
        kind=nouns.EVENT_KIND_CONFERENCE,
        admission=nouns.ADMISSION_GENERAL,
        venue_id=venue_id,
        starts_local=in_days(40, 9),
        capacity=5_000,
        **common,  # type: ignore[arg-type]  # fields by their names
    )
    await hub.catalog.CreateEvent(workshop)
    await hub.catalog.CreateEvent(conference)
    listener = await add_type(hub, workshop_id, "Ouvinte com pandeiro", nouns.TICKET_KIND_OTHER, 8_000)
    await add_type(hub, conference_id, "Passe", nouns.TICKET_KIND_GENERAL, 45_000)
    for event_id in (workshop_id, conference_id):
        await hub.catalog.PublishEvent(catalog.PublishEventRequest(event_id=event_id))
    return workshop_id, listener, conference_id


async def make_coupons(hub: EventHub, programme: Programme) -> None:
    """Creates DESCONTO10 for general tickets and VIP50 for VIP tickets, valid for thirty days, once for each
    participant."""
    until = Timestamp()
    until.GetCurrentTime()
    until.seconds += 30 * DAY_S
    percent = CreateCouponRequest(
        coupon_id=new_id("cpn"),
        event_id=programme.show_id,
        code="DESCONTO10",
        basis_points=1_000,
        ticket_type_ids=[programme.show_general],
        expires_at=until,
        uses_per_participant_max=1,
    )
    fixed = CreateCouponRequest(
        coupon_id=new_id("cpn"),
        event_id=programme.show_id,
        code="VIP50",
        amount=reais(5_000),
        ticket_type_ids=[programme.show_vip],
        expires_at=until,
        uses_per_participant_max=1,
    )
    for coupon in (percent, fixed):
        await hub.pricing.CreateCoupon(coupon)
