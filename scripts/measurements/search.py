"""Measures searches among many published events."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from functools import partial

from google.protobuf.timestamp_pb2 import Timestamp

from eventhub.catalog.v1 import catalog_pb2 as nouns
from eventhub.catalog.v1.catalog_service_pb2 import (
    CreateEventRequest,
    CreateVenueRequest,
    SearchEventsRequest,
    SearchEventsResponse,
)
from eventhub.client import EventHub, new_id
from eventhub.common.v1.money_pb2 import Money
from eventhub.common.v1.page_pb2 import PageRequest
from scripts.measurements import events
from scripts.measurements.driver import Wires, closed_loop, open_loop, patiently, rate
from scripts.measurements.figures import Figures
from scripts.measurements.host import Host
from scripts.measurements.rounds import Plan, Session
from scripts.story import organizer

SEARCH = "/eventhub.catalog.v1.CatalogService/SearchEvents"
DEADLINE_S = 5.0
AT_ONCE = 24
PAGE = PageRequest(size=20)
HALF = 0.5
CITIES = ("São Paulo", "Rio de Janeiro", "Belo Horizonte", "Recife", "Porto Alegre", "Belém", "Salvador", "Brasília")
SHOWS = ("Samba", "Choro", "Ópera", "Percussão", "Forró", "Teatro", "Dança", "Circo", "Jazz", "Poesia")
SYLLABLES = ("ca", "ri", "tó", "mun", "do", "ção", "lei", "ra", "pê", "nix", "sol", "te")
# All words of three syllables.
WORDS = tuple("".join(three) for three in itertools.product(SYLLABLES, repeat=3))
DESCRIPTION_WORDS = 60


@asynccontextmanager
async def prepare(host: Host, plan: Plan) -> AsyncIterator[Session]:
    """rate, p50_ms, p99_ms: of searches by 24 callers at once. alone_p50_ms, alone_p99_ms: by one caller. half_p50_ms,
    half_p99_ms: when searches begin at half of the rate. There are --events events, and the searches take turns: words,
    beginnings of words, cities, periods, prices, and events that are not sold out."""
    async with host.platform() as platform:
        await publish(platform.owner, plan.events)
        searches = list(wanted())
        for request in searches:
            await platform.wires.call(SEARCH, request, SearchEventsResponse, ())
        await host.yardstick.teach(platform.wires.answers)
        turns = itertools.cycle(request.SerializeToString() for request in searches)

        async def search(wires: Wires) -> None:
            await wires.start(SEARCH, next(turns), (), DEADLINE_S)

        async def measure() -> Figures:
            ask = partial(search, platform.wires)
            full = await closed_loop(ask, plan.seconds, AT_ONCE)
            alone = await closed_loop(ask, plan.seconds, 1)
            half = await open_loop(ask, full.rate() * HALF, plan.seconds)
            return full.figures() | {
                "alone_p50_ms": alone.p50_ms(),
                "alone_p99_ms": alone.p99_ms(),
                "half_p50_ms": half.p50_ms(),
                "half_p99_ms": half.p99_ms(),
            }

        async def load_alone(seconds: float) -> float:
            return await rate(lambda: search(host.yardstick.wires), seconds, AT_ONCE)

        yield Session(measure, load_alone)


def wanted() -> Iterator[SearchEventsRequest]:
    """Yields the searches, which take turns."""
    in_a_month = Timestamp()
    in_a_month.FromDatetime(organizer.day_in(30))
    reais = Money(minor=3_000, currency="BRL")
    yield SearchEventsRequest(page=PAGE)
    yield SearchEventsRequest(page=PAGE, text="percussao")
    yield SearchEventsRequest(page=PAGE, text="sam")
    yield SearchEventsRequest(page=PAGE, text="opera recife")
    yield SearchEventsRequest(page=PAGE, text="c")
    yield SearchEventsRequest(page=PAGE, text=f"{WORDS[7]} {WORDS[700][:4]}")
    yield SearchEventsRequest(page=PAGE, text="nothing like it")
    yield SearchEventsRequest(page=PAGE, city="belem", from_at=in_a_month)
    yield SearchEventsRequest(page=PAGE, price_min=reais, price_max=reais, available_only=True)
    yield SearchEventsRequest(page=PAGE, free_only=True)
    yield SearchEventsRequest(page=PAGE, text="jazz", order=nouns.SEARCH_ORDER_DATE, available_only=True)


async def publish(hub: EventHub, count: int) -> None:
    """Publishes events of the organizer who has signed in."""
    venues, room = [await add_venue(hub, city) for city in CITIES], asyncio.Semaphore(AT_ONCE)

    async def one(n: int) -> None:
        async with room:
            await events.publish(hub, event(n, venues[n % len(venues)]), days=2 + n % 180, price_minor=n % 10 * 1_000)

    await asyncio.gather(*(one(n) for n in range(count)))


async def add_venue(hub: EventHub, city: str) -> str:
    """Creates a venue in a city. Returns its id."""
    venue = CreateVenueRequest(venue_id=new_id("ven"), name=f"Teatro de {city}", city=city, time_zone=organizer.ZONE)
    await patiently(lambda: hub.catalog.CreateVenue(venue))
    return venue.venue_id


def event(n: int, venue_id: str) -> CreateEventRequest:
    """Returns the n-th event. Its words follow from n."""
    described = [WORDS[(n * 31 + m * m * 7) % len(WORDS)] for m in range(DESCRIPTION_WORDS)]
    return CreateEventRequest(
        title=f"{SHOWS[n % 10]} {WORDS[n % len(WORDS)]} {SHOWS[n // 10 % 10].lower()}",
        description=" ".join(described),
        kind=nouns.EVENT_KIND_SHOW,
        admission=nouns.ADMISSION_GENERAL,
        venue_id=venue_id,
        capacity=100 + n % 1_000,
    )
