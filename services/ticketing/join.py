"""The HTTP side of online links: GET /join/<token> sends the holder of a link to the event."""

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
# Nobody on the way keeps the address, and where the holder goes next does not learn it.
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
    """Serves online links."""

    def __init__(self, ticketing: "TicketingServiceAsyncStub") -> None:
        """ticketing: this context's own RPCs, so that a link opened over HTTP is a call like any other."""
        self.ticketing = ticketing

    def routes(self) -> list[Route]:
        """GET opens the event. HEAD does not: those who check links in mails send it, and use up no ticket."""
        return [Route("GET", BELOW, self.open), Route("HEAD", BELOW, self.look)]

    async def open(self, request: Request) -> Answer:
        """Sends the holder to the event."""
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
        # A header is ASCII; everything ASCII stays as the organizer wrote it.
        location = quote(answer.online_url, safe=string.punctuation)
        return Answer(302, {**HEADERS, "Location": location})

    async def look(self, request: Request) -> Answer:
        """Says nothing about the link."""
        return Answer(200, HEADERS)


def closed_page(closed: JoinClosed) -> str:
    """When the event can be joined, by its own clock."""
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
    """A page."""
    said = {**HEADERS, "Content-Type": "text/html; charset=utf-8", **(headers or {})}
    return Answer(status, said, text.encode())
