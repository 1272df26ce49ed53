"""The typed Python client: all public services of EventHub, on one channel or one for each context.

    async with EventHub("localhost:7070") as hub:
        await hub.sign_in(email, password)
        await hub.catalog.PublishEvent(PublishEventRequest(event_id=event_id))
        async for news in hub.watch(hub.inventory.WatchOccupancy, WatchOccupancyRequest(event_id=event_id)):
            print(news.stocks)

Calls raise the refusals of eventhub.refusals: except SeatTaken as taken: print(taken.seat_id)
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Self

import grpc

from eventhub.channel import Channel
from eventhub.identity.v1.identity_pb2 import Tokens
from eventhub.identity.v1.identity_service_pb2 import IssueTokenRequest, RefreshTokenRequest, StartGuestRequest
from eventhub.ids import new_guest_id, new_id
from eventhub.refusals import Draining, TokenExpired, TokenRevoked
from eventhub.stubs import Stubs
from eventhub.watching import Answered, Asked, Watch, resumed

__all__ = ["EventHub", "new_guest_id", "new_id"]


class EventHub(Stubs):
    """All public services, called as the person, device or operator that has signed in. tokens: the caller's; the
    client exchanges them for new ones when the server reports that they have expired."""

    def __init__(
        self,
        target: str | Mapping[str, str],
        *,
        language: str = "",
        credentials: grpc.ChannelCredentials | None = None,
    ) -> None:
        """target: the "host:port" of all services, or one for each context by name ("orders"). language: the language
        of refusals for people, "pt-BR" or "en"; empty: the caller's own. credentials: TLS; None: plain text."""
        self.tokens = Tokens()
        self._target = target
        self._language = language
        self._credentials = credentials
        self._channels: dict[str, Channel] = {}
        self._renewing = asyncio.Lock()
        self._again: IssueTokenRequest | None = None

    def _channel(self, context: str) -> Channel:
        target = self._target if isinstance(self._target, str) else self._target[context]
        if target not in self._channels:
            self._channels[target] = Channel(
                target,
                token=lambda: self.tokens.access_token,
                renew=self._renew,
                language=self._language,
                credentials=self._credentials,
            )
        return self._channels[target]

    async def start_guest(self, name: str, email: str, *, locale: str = "") -> str:
        """Starts a buyer's session. Returns the buyer's subject id. locale: "pt-BR" or "en"; empty: "pt-BR"."""
        guest = StartGuestRequest(guest_id=new_guest_id(), name=name, email=email, locale=locale)
        self.tokens, self._again = (await self.identity.StartGuest(guest)).tokens, None
        return self.tokens.subject_id

    async def sign_in(self, email: str, password: str) -> None:
        """Signs in a member of an organizer. Raises CredentialsWrong."""
        grant = IssueTokenRequest.Password(email=email, password=password)
        self.tokens = (await self.identity.IssueToken(IssueTokenRequest(password=grant))).tokens
        self._again = None

    async def sign_in_gate(self, device_id: str, secret: str) -> None:
        """Signs in a gate device. Raises CredentialsWrong."""
        await self._sign_in_with(IssueTokenRequest(gate=IssueTokenRequest.Gate(device_id=device_id, secret=secret)))

    async def sign_in_operator(self, secret: str) -> None:
        """Signs in the operator of the installation. Raises CredentialsWrong."""
        await self._sign_in_with(IssueTokenRequest(operator=IssueTokenRequest.Operator(secret=secret)))

    async def _sign_in_with(self, request: IssueTokenRequest) -> None:
        """Signs in with a lasting secret. The server issues no refresh token, so refresh() sends the same secret
        again."""
        self.tokens, self._again = (await self.identity.IssueToken(request)).tokens, request

    async def refresh(self) -> None:
        """Exchanges the tokens for new ones. Raises TokenInvalid, TokenExpired, or CredentialsWrong for a revoked
        device."""
        if self._again is not None:
            await self._sign_in_with(self._again)
            return
        request = RefreshTokenRequest(refresh_token=self.tokens.refresh_token)
        self.tokens = (await self.identity.RefreshToken(request)).tokens

    async def _renew(self, expired: str) -> bool:
        """Gets a new access token and tells whether there is one. expired: the old token. All calls that meet the same
        expiry wait for one exchange, because a refresh token works only once."""
        async with self._renewing:
            if self.tokens.access_token == expired and (self.tokens.refresh_token or self._again):
                await self.refresh()
            return self.tokens.access_token != expired

    async def watch(self, call: Watch[Asked, Answered], request: Asked) -> AsyncIterator[Answered]:
        """Yields the answers of a watch, such as hub.orders.WatchOrder, and reconnects by itself. When a stream breaks
        off, the next one starts after the last revision seen, with new tokens if needed. Ends when the server ends the
        stream; WatchOrder ends after PAID, for example. Raises RevisionUnknown if the server's history was replaced,
        after a restore for example, and SeatMapChanged if the event has moved to another plan: the caller must then
        watch from the beginning."""

        async def begun(asked: Asked) -> AsyncIterator[Answered]:
            sent = self.tokens.access_token
            try:
                async for answer in call(asked):
                    yield answer
            except (TokenExpired, TokenRevoked) as expired:
                if not await self._renew(sent):
                    raise
                raise Draining(retry_after_s=0.0) from expired

        async for answer in resumed(begun, request):
            yield answer

    async def close(self) -> None:
        """Closes the client's channels."""
        for channel in self._channels.values():
            await channel.close()

    async def __aenter__(self) -> Self:
        """Returns the client itself."""
        return self

    async def __aexit__(self, *exception: object) -> None:
        """Closes the client's channels."""
        await self.close()
