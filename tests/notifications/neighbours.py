"""The contexts that notifications asks and follows, as tests script them."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from google.protobuf.message import Message

from eventhub.catalog.v1 import catalog_service_pb2 as catalog_pb
from eventhub.catalog.v1.catalog_events_pb2 import EventRescheduled
from eventhub.catalog.v1.catalog_pb2 import Event, Venue
from eventhub.common.v1.feed_pb2 import Fact, FactBatch
from eventhub.identity.v1 import identity_service_pb2 as identity_pb
from eventhub.refusals import CodeExpired, SubjectNotFound, TicketNotFound, Unavailable
from eventhub.ticketing.v1 import ticketing_service_pb2 as ticketing_pb
from services.kit.rpc.call import Call
from services.kit.values.clock import to_timestamp
from tests.fakes.clock import START_US

SHOW, TALK = "evt_show", "evt_talk"
ANA, RUI = "gst_ana", "gst_rui"
PNG = b"\x89PNG\r\n\x1a\nsquares of "
LINK = "https://eventhub.example/join/"
ZONE = "America/Sao_Paulo"


class Producer:
    """A neighbour's feed. It replays its facts to every reader and tells new facts at once."""

    def __init__(self, answer: Callable[..., Message]) -> None:
        self.answer = answer
        self.facts: list[Fact] = []
        self.news = asyncio.Event()

    def tell(self, *messages: Message) -> None:
        for message in messages:
            position = len(self.facts) + 1
            self.facts.append(
                Fact(
                    position=position,
                    type=message.DESCRIPTOR.full_name,
                    aggregate_id=f"agg_{position}",
                    payload=message.SerializeToString(),
                )
            )
        self.news.set()

    async def Feed(self, request: Any, call: Call) -> AsyncIterator[Message]:
        position = request.after.position
        while True:
            self.news.clear()
            fresh = self.facts[position : position + 500]
            yield self.answer(batch=FactBatch(epoch="epo_neighbour", facts=fresh))
            position += len(fresh)
            if position == len(self.facts):
                await self.news.wait()


def person(name: str, email: str, *, locale: str = "pt-BR", proven: bool = True) -> identity_pb.GetContactResponse:
    """Identity's record of a person."""
    return identity_pb.GetContactResponse(
        name=name, email=email, locale=locale, proven=proven, mailbox_key=f"mailbox:{email}"
    )


class Identity(Producer):
    """People and access codes. away: whether calls fail with Unavailable."""

    def __init__(self) -> None:
        super().__init__(identity_pb.FeedResponse)
        self.away = False
        self.people = {
            ANA: person("Ana", "ana@example.com", locale="pt-BR"),
            RUI: person("Rui", "rui@example.com", locale="en"),
        }
        self.codes: dict[str, identity_pb.GetAccessCodeResponse] = {}

    async def GetContact(self, request: identity_pb.GetContactRequest, call: Call) -> identity_pb.GetContactResponse:
        if self.away:
            raise Unavailable
        if request.subject_id not in self.people:
            raise SubjectNotFound
        return self.people[request.subject_id]

    async def GetAccessCode(
        self, request: identity_pb.GetAccessCodeRequest, call: Call
    ) -> identity_pb.GetAccessCodeResponse:
        if self.away:
            raise Unavailable
        if request.code_id not in self.codes:
            raise CodeExpired
        return self.codes[request.code_id]

    def issue_code(self, code_id: str, code: str, *, locale: str = "pt-BR") -> None:
        """Issues a code to Ana that is valid for ten minutes."""
        self.codes[code_id] = identity_pb.GetAccessCodeResponse(
            email="ana@example.com", code=code, locale=locale, expires_at=to_timestamp(START_US + 600_000_000)
        )


class Catalog(Producer):
    """Two events: a show in a theatre, and a talk online."""

    def __init__(self) -> None:
        super().__init__(catalog_pb.FeedResponse)
        venue = Venue(name="Teatro Aurora", address="Rua Um, 1", city="São Paulo", time_zone=ZONE)
        self.events = {
            SHOW: Event(
                event_id=SHOW,
                organizer_id="org_casa",
                organizer_name="Casa Aurora",
                title="Noite & Dia",
                venue=venue,
                starts_local="2026-12-01T20:00",
                time_zone=ZONE,
            ),
            TALK: Event(
                event_id=TALK,
                organizer_id="org_casa",
                organizer_name="Casa Aurora",
                title="Um papo",
                starts_local="2026-12-02T09:30",
                time_zone=ZONE,
            ),
        }

    async def BatchGetEvents(
        self, request: catalog_pb.BatchGetEventsRequest, call: Call
    ) -> catalog_pb.BatchGetEventsResponse:
        found = [self.events[event_id] for event_id in request.event_ids if event_id in self.events]
        return catalog_pb.BatchGetEventsResponse(events=found)

    def reschedule(self, event_id: str, starts_local: str, *, version: int) -> EventRescheduled:
        """Moves an event to another time. Returns the fact about it."""
        event = self.events[event_id]
        before = event.starts_local
        event.starts_local, event.version = starts_local, version
        return EventRescheduled(event=event, previous_starts_local=before, previous_time_zone=ZONE)


async def at_once() -> None:
    """Waits for nothing."""


class Ticketing(Producer):
    """Prepares tickets: with a link for the talk, with a picture for the show. before_answer: what a call awaits
    first."""

    def __init__(self) -> None:
        super().__init__(ticketing_pb.FeedResponse)
        self.before_answer: Callable[[], Awaitable[object]] = at_once

    async def PrepareTicket(
        self, request: ticketing_pb.PrepareTicketRequest, call: Call
    ) -> ticketing_pb.PrepareTicketResponse:
        await self.before_answer()
        if not request.ticket_id.startswith("tik_"):
            raise TicketNotFound
        if TALK in request.ticket_id:
            return ticketing_pb.PrepareTicketResponse(link=LINK + request.ticket_id)
        return ticketing_pb.PrepareTicketResponse(png=PNG + request.ticket_id.encode())
