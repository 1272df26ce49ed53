"""Serves online links over HTTP: GET /join/<token> redirects the holder of a link to the event."""

import string
from typing import TYPE_CHECKING
from urllib.parse import quote

from eventhub.refusal import Refusal
from eventhub.refusals import InvalidRequest, JoinClosed, LinkInvalid, TicketRevoked
from eventhub.ticketing.v1.ticketing_service_pb2 import JoinOnlineRequest
from services.kit.language import ENGLISH, PORTUGUESE, moment
from services.kit.process import Answer, Request, Route
from services.ticketing import links
from services.ticketing.page import STYLE_SOURCE, page

if TYPE_CHECKING:
    from eventhub.ticketing.v1.ticketing_service_pb2_grpc import TicketingServiceAsyncStub

BELOW = "/join/"
RETRY_AFTER_S = 5
# No cache or search engine keeps the link, and the event's site does not learn it.
HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
    "Content-Security-Policy": f"default-src 'none'; style-src {STYLE_SOURCE}; frame-ancestors 'none'",
}
UNKNOWN = page(
    title="Este link não abre nenhum evento",
    text="Confira se o endereço está completo, ou abra de novo o link do seu ingresso.",
    title_en="This link opens no event",
    text_en="Check that the address is complete, or open the link of your ticket again.",
)
AWAY = page(
    title="Um momento, por favor",
    text="Não conseguimos abrir o evento agora. Tente de novo em alguns segundos; o seu link continua valendo.",
    title_en="One moment, please",
    text_en="We cannot open the event right now. Try again in a few seconds; your link stays valid.",
)


class Join:
    """The routes of online links."""

    def __init__(self, ticketing: "TicketingServiceAsyncStub") -> None:
        """ticketing: this context's own RPCs. A link opened over HTTP is then a call like any other."""
        self.ticketing = ticketing

    def routes(self) -> list[Route]:
        """GET opens the event. HEAD does not: mail scanners send it to check links, and must not use up a ticket."""
        return [Route("GET", BELOW, self.open), Route("HEAD", BELOW, self.head)]

    async def open(self, request: Request) -> Answer:
        """Redirects the holder to the event, or shows a page that says why not."""
        token = request.rest
        if not links.has_shape(token):
            return html(404, UNKNOWN)
        try:
            answer = await self.ticketing.JoinOnline(JoinOnlineRequest(token=token))
        except JoinClosed as closed:
            return html(403, closed_page(closed))
        except (InvalidRequest, LinkInvalid, TicketRevoked):
            return html(404, UNKNOWN)
        except Refusal:
            return html(503, AWAY, {"Retry-After": str(RETRY_AFTER_S)})
        # A header is ASCII: escape the other letters, and leave ASCII as the organizer wrote it.
        location = quote(answer.online_url, safe=string.punctuation)
        return Answer(302, {**HEADERS, "Location": location})

    async def head(self, request: Request) -> Answer:
        """Answers 200 for every link, valid or not."""
        return Answer(200, HEADERS)


def closed_page(closed: JoinClosed) -> str:
    """The page for an event that cannot be joined now, with its hours in the event's time zone."""
    portuguese, english = (
        [moment(closed.facts[name], closed.facts["time_zone"], language) for name in ("opens_at", "closes_at")]
        for language in (PORTUGUESE, ENGLISH)
    )
    return page(
        title=closed.facts["title"] or "A sala está fechada",
        text=f"A sala fica aberta de {portuguese[0]} até {portuguese[1]}. Seu link vale nesse horário.",
        title_en="The room is not open now",
        text_en=f"It is open from {english[0]} to {english[1]}. Your link is good for that time.",
    )


def html(status: int, text: str, headers: dict[str, str] | None = None) -> Answer:
    """An answer with a page. headers: added to HEADERS."""
    all_headers = {**HEADERS, "Content-Type": "text/html; charset=utf-8", **(headers or {})}
    return Answer(status, all_headers, text.encode())
