"""The stubs of all public services. Generated from the contract by scripts/gen."""

from abc import ABC, abstractmethod
from functools import cached_property

from eventhub.catalog.v1 import catalog_service_pb2_grpc
from eventhub.channel import Channel
from eventhub.identity.v1 import identity_service_pb2_grpc
from eventhub.inventory.v1 import inventory_service_pb2_grpc
from eventhub.notifications.v1 import notifications_service_pb2_grpc
from eventhub.orders.v1 import orders_service_pb2_grpc
from eventhub.payments.v1 import payments_service_pb2_grpc
from eventhub.pricing.v1 import pricing_service_pb2_grpc
from eventhub.reporting.v1 import reporting_service_pb2_grpc
from eventhub.ticketing.v1 import ticketing_service_pb2_grpc


class Stubs(ABC):
    """A stub for each public service, by its name: OrdersService is `orders`. A stub is made when it is first used."""

    @abstractmethod
    def _channel(self, context: str) -> Channel:
        """The channel to a context, by its name."""

    @cached_property
    def catalog(self) -> "catalog_service_pb2_grpc.CatalogServiceAsyncStub":
        """Calls the RPCs of CatalogService."""
        return catalog_service_pb2_grpc.CatalogServiceStub(self._channel("catalog"))

    @cached_property
    def identity(self) -> "identity_service_pb2_grpc.IdentityServiceAsyncStub":
        """Calls the RPCs of IdentityService."""
        return identity_service_pb2_grpc.IdentityServiceStub(self._channel("identity"))

    @cached_property
    def inventory(self) -> "inventory_service_pb2_grpc.InventoryServiceAsyncStub":
        """Calls the RPCs of InventoryService."""
        return inventory_service_pb2_grpc.InventoryServiceStub(self._channel("inventory"))

    @cached_property
    def notifications(self) -> "notifications_service_pb2_grpc.NotificationsServiceAsyncStub":
        """Calls the RPCs of NotificationsService."""
        return notifications_service_pb2_grpc.NotificationsServiceStub(self._channel("notifications"))

    @cached_property
    def orders(self) -> "orders_service_pb2_grpc.OrdersServiceAsyncStub":
        """Calls the RPCs of OrdersService."""
        return orders_service_pb2_grpc.OrdersServiceStub(self._channel("orders"))

    @cached_property
    def refunds(self) -> "orders_service_pb2_grpc.RefundsServiceAsyncStub":
        """Calls the RPCs of RefundsService."""
        return orders_service_pb2_grpc.RefundsServiceStub(self._channel("orders"))

    @cached_property
    def books(self) -> "payments_service_pb2_grpc.BooksServiceAsyncStub":
        """Calls the RPCs of BooksService."""
        return payments_service_pb2_grpc.BooksServiceStub(self._channel("payments"))

    @cached_property
    def payments(self) -> "payments_service_pb2_grpc.PaymentsServiceAsyncStub":
        """Calls the RPCs of PaymentsService."""
        return payments_service_pb2_grpc.PaymentsServiceStub(self._channel("payments"))

    @cached_property
    def sandbox(self) -> "payments_service_pb2_grpc.SandboxServiceAsyncStub":
        """Calls the RPCs of SandboxService."""
        return payments_service_pb2_grpc.SandboxServiceStub(self._channel("payments"))

    @cached_property
    def tills(self) -> "payments_service_pb2_grpc.TillsServiceAsyncStub":
        """Calls the RPCs of TillsService."""
        return payments_service_pb2_grpc.TillsServiceStub(self._channel("payments"))

    @cached_property
    def pricing(self) -> "pricing_service_pb2_grpc.PricingServiceAsyncStub":
        """Calls the RPCs of PricingService."""
        return pricing_service_pb2_grpc.PricingServiceStub(self._channel("pricing"))

    @cached_property
    def reporting(self) -> "reporting_service_pb2_grpc.ReportingServiceAsyncStub":
        """Calls the RPCs of ReportingService."""
        return reporting_service_pb2_grpc.ReportingServiceStub(self._channel("reporting"))

    @cached_property
    def ticketing(self) -> "ticketing_service_pb2_grpc.TicketingServiceAsyncStub":
        """Calls the RPCs of TicketingService."""
        return ticketing_service_pb2_grpc.TicketingServiceStub(self._channel("ticketing"))
