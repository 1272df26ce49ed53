"""The stubs of all public services. Generated from the contract by scripts/gen."""

from collections.abc import Callable

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


class Stubs:
    """A stub for each public service, by its name: OrdersService is `orders`."""

    def __init__(self, channel: Callable[[str], Channel]) -> None:
        """channel: returns the channel to a context, by the context's name."""
        self.catalog = catalog_service_pb2_grpc.CatalogServiceStub(channel("catalog"))
        self.identity = identity_service_pb2_grpc.IdentityServiceStub(channel("identity"))
        self.inventory = inventory_service_pb2_grpc.InventoryServiceStub(channel("inventory"))
        self.notifications = notifications_service_pb2_grpc.NotificationsServiceStub(channel("notifications"))
        self.orders = orders_service_pb2_grpc.OrdersServiceStub(channel("orders"))
        self.payments = payments_service_pb2_grpc.PaymentsServiceStub(channel("payments"))
        self.sandbox = payments_service_pb2_grpc.SandboxServiceStub(channel("payments"))
        self.pricing = pricing_service_pb2_grpc.PricingServiceStub(channel("pricing"))
        self.reporting = reporting_service_pb2_grpc.ReportingServiceStub(channel("reporting"))
        self.ticketing = ticketing_service_pb2_grpc.TicketingServiceStub(channel("ticketing"))
