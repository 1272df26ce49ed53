"""Requests to catalog as organizers make them, and the files of small halls."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, TypeVar

from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message

from eventhub.catalog.v1 import catalog_pb2 as nouns
from eventhub.catalog.v1 import catalog_service_pb2 as pb
from eventhub.common.v1.money_pb2 import Money

PLAN = Path(__file__).parent.parent / "data" / "teatro.json"
CHUNK_BYTES = 48 * 1024
CHUNK_BYTES_MAX = 60 * 1024
ZONE = "America/Sao_Paulo"
STARTS = "2026-12-24T20:00"
LATER = "2026-12-25T21:30"
HOUR_S = 3600
URL = "https://meet.example/room"
STARTS_S = 1_798_153_200  # 2026-12-24T20:00 in São Paulo
TWO_HOURS = Duration(seconds=7200)
HALF, GENERAL, VIP = nouns.TICKET_KIND_HALF_PRICE, nouns.TICKET_KIND_GENERAL, nouns.TICKET_KIND_VIP


def an_id(prefix: str, n: int = 1) -> str:
    return f"{prefix}_{n:026d}"


M = TypeVar("M", bound=Message)
VENUE, SEATING, EVENT, TYPE = an_id("ven"), an_id("pln"), an_id("evt"), an_id("tkt")


def brl(minor: int) -> Money:
    return Money(minor=minor, currency="BRL")


def hall(seats: int = 6) -> dict[str, Any]:
    """A plan with one row of seats in two categories, with an aisle after the third seat."""
    placed = [
        {
            "seat_guid": f"A-{n}",
            "seat_number": str(n),
            "category": "VIP" if n == 1 else "Stalls",
            "position": {"x": n * 10 + (30 if n > 3 else 0), "y": 0},
        }
        for n in range(1, seats + 1)
    ]
    row = {"row_number": "A", "position": {"x": 0, "y": 40}, "seats": placed}
    return {
        "name": "Sala",
        "size": {"width": 100, "height": 100},
        "categories": [{"name": "VIP", "color": "#111111"}, {"name": "Stalls", "color": "#222222"}],
        "zones": [{"name": "Floor", "position": {"x": 0, "y": 0}, "rows": [row]}],
        "x_unknown": {"kept": True},
    }


def file_of(plan: dict[str, Any]) -> bytes:
    return json.dumps(plan).encode()


async def chunks(
    plan_id: str, venue_id: str, data: bytes, *, size: int = CHUNK_BYTES, first_size: int = 0
) -> AsyncIterator[pb.ImportSeatingPlanRequest]:
    """A file as a client sends it: the first message names the plan. first_size: bytes of the file in the first
    message."""
    yield pb.ImportSeatingPlanRequest(plan_id=plan_id, venue_id=venue_id, chunk=data[:first_size])
    for start in range(first_size, len(data), size):
        yield pb.ImportSeatingPlanRequest(chunk=data[start : start + size])


def general(event_id: str = EVENT, **other: object) -> pb.CreateEventRequest:
    """An event without numbered seats for 100 people."""
    request = pb.CreateEventRequest(
        event_id=event_id,
        title="Elza, o show",
        kind=nouns.EVENT_KIND_SHOW,
        admission=nouns.ADMISSION_GENERAL,
        venue_id=VENUE,
        starts_local=STARTS,
        duration=TWO_HOURS,
        capacity=100,
        currency="BRL",
    )
    return changed(request, other)


def online(event_id: str = EVENT, **other: object) -> pb.CreateEventRequest:
    """An online event for 50 people."""
    mode = {"admission": nouns.ADMISSION_ONLINE, "venue_id": "", "time_zone": ZONE, "online_url": URL, "capacity": 50}
    return general(event_id, **(mode | other))


def seated(event_id: str = EVENT, **other: object) -> pb.CreateEventRequest:
    """An event on the seats of the plan SEATING."""
    return general(event_id, **({"admission": nouns.ADMISSION_SEATED, "plan_id": SEATING, "capacity": 0} | other))


def ticket(ticket_type_id: str = TYPE, event_id: str = EVENT, **other: object) -> pb.AddTicketTypeRequest:
    """A full-price ticket type at 50.01, with a unique name."""
    request = pb.AddTicketTypeRequest(
        ticket_type_id=ticket_type_id,
        event_id=event_id,
        name=f"Inteira {ticket_type_id}",
        kind=GENERAL,
        price=Money(minor=5001, currency="BRL"),
    )
    return changed(request, other)


def half(ticket_type_id: str, of: str = TYPE, event_id: str = EVENT, **other: object) -> pb.AddTicketTypeRequest:
    """A half-price ticket type. of: its full-price type."""
    return ticket(ticket_type_id, event_id, kind=HALF, price=None, half_of_ticket_type_id=of, **other)


def changed(request: M, fields: dict[str, object]) -> M:
    """A request with some fields replaced. None clears a field."""
    for name, value in fields.items():
        request.ClearField(name)
        if value is not None:
            request.MergeFrom(type(request)(**{name: value}))
    return request
