"""The typed Python client: every public service of EventHub, on one channel or one a context.

    async with EventHub("localhost:7070") as hub:
        await hub.sign_in(email, password)
        await hub.catalog.PublishEvent(PublishEventRequest(event_id=event_id))

Calls raise the refusals of eventhub.refusals: except SeatTaken as taken: print(taken.seat_id)
"""

from collections.abc import Mapping
from typing import Self

import grpc

from eventhub.catalog.v1.catalog_service_pb2_grpc import CatalogServiceStub
from eventhub.channel import Channel
from eventhub.identity.v1.identity_pb2 import Tokens
from eventhub.identity.v1.identity_service_pb2 import IssueTokenRequest, RefreshTokenRequest
from eventhub.identity.v1.identity_service_pb2_grpc import IdentityServiceStub
from eventhub.ids import new_guest_id, new_id
from eventhub.inventory.v1.inventory_service_pb2_grpc import InventoryServiceStub
from eventhub.notifications.v1.notifications_service_pb2_grpc import NotificationsServiceStub
from eventhub.orders.v1.orders_service_pb2_grpc import OrdersServiceStub
from eventhub.payments.v1.payments_service_pb2_grpc import PaymentsServiceStub, SandboxServiceStub
from eventhub.pricing.v1.pricing_service_pb2_grpc import PricingServiceStub
from eventhub.reporting.v1.reporting_service_pb2_grpc import ReportingServiceStub
from eventhub.ticketing.v1.ticketing_service_pb2_grpc import TicketingServiceStub

__all__ = ["EventHub", "new_guest_id", "new_id"]


class EventHub:
    """All public services, called as whoever has signed in."""

    def __init__(self, target: str | Mapping[str, str], *, credentials: grpc.ChannelCredentials | None = None) -> None:
        """target: "host:port" where all services are, or where each context's are, by its name ("orders").
        credentials: TLS; None: plain text."""
        self.tokens = Tokens()
        self._target = target
        self._credentials = credentials
        self._channels: dict[str, Channel] = {}
        self.identity = IdentityServiceStub(self._channel("identity"))
        self.catalog = CatalogServiceStub(self._channel("catalog"))
        self.inventory = InventoryServiceStub(self._channel("inventory"))
        self.pricing = PricingServiceStub(self._channel("pricing"))
        self.orders = OrdersServiceStub(self._channel("orders"))
        self.payments = PaymentsServiceStub(self._channel("payments"))
        self.sandbox = SandboxServiceStub(self._channel("payments"))
        self.ticketing = TicketingServiceStub(self._channel("ticketing"))
        self.notifications = NotificationsServiceStub(self._channel("notifications"))
        self.reporting = ReportingServiceStub(self._channel("reporting"))

    def _channel(self, context: str) -> Channel:
        target = self._target if isinstance(self._target, str) else self._target[context]
        if target not in self._channels:
            self._channels[target] = Channel(
                target, token=lambda: self.tokens.access_token, credentials=self._credentials
            )
        return self._channels[target]

    async def sign_in(self, email: str, password: str) -> None:
        """Signs a member in. Raises CredentialsWrong."""
        grant = IssueTokenRequest.Password(email=email, password=password)
        self.tokens = (await self.identity.IssueToken(IssueTokenRequest(password=grant))).tokens

    async def sign_in_gate(self, device_id: str, secret: str) -> None:
        """Signs a gate device in. Raises CredentialsWrong."""
        grant = IssueTokenRequest.Gate(device_id=device_id, secret=secret)
        self.tokens = (await self.identity.IssueToken(IssueTokenRequest(gate=grant))).tokens

    async def sign_in_operator(self, secret: str) -> None:
        """Signs whoever runs the installation in. Raises CredentialsWrong."""
        grant = IssueTokenRequest.Operator(secret=secret)
        self.tokens = (await self.identity.IssueToken(IssueTokenRequest(operator=grant))).tokens

    async def refresh(self) -> None:
        """Exchanges the refresh token for new tokens. Raises TokenInvalid or TokenExpired."""
        request = RefreshTokenRequest(refresh_token=self.tokens.refresh_token)
        self.tokens = (await self.identity.RefreshToken(request)).tokens

    async def close(self) -> None:
        """Closes its channels."""
        for channel in self._channels.values():
            await channel.close()

    async def __aenter__(self) -> Self:
        """The client itself."""
        return self

    async def __aexit__(self, *exception: object) -> None:
        """Closes it."""
        await self.close()
