"""Puts orders together from its parts."""

from pathlib import Path

from eventhub.identity.v1.identity_events_pb2 import (
    AccessCodeIssued,
    AddressClaimed,
    ContactProven,
    GuestMerged,
    MemberInvited,
    TokensRevoked,
)
from eventhub.orders.v1 import orders_service_pb2
from eventhub.payments.v1.payments_events_pb2 import PaymentSettled, ProviderHealthChanged
from services.kit.feeds import ignore, ignoring
from services.kit.process import Context, Runtime
from services.kit.work import Runner
from services.orders import following
from services.orders.customers import CustomerSearch
from services.orders.mesh import OrdersMesh
from services.orders.neighbours import CheckoutQuestions
from services.orders.placing import Placing
from services.orders.selling import Selling
from services.orders.servicer import OrdersService
from services.orders.worker import Cashier

NAME = "orders"


async def build(runtime: Runtime) -> Context:
    """The context orders on its own database, ready to serve."""
    database = await runtime.database(NAME, Path(__file__).parent / "schema")
    channel = runtime.channel(NAME)
    cashier = Cashier(database, runtime.clock, channel)
    questions = CheckoutQuestions(channel)
    placing = Placing(database, runtime.clock, runtime.ids, questions)
    customers = CustomerSearch(database, questions)
    selling = Selling(database, runtime.clock, questions, placing)
    runner = Runner(NAME, runtime.clock, database.shards, due=cashier.due, do=cashier.advance)
    settled = runtime.follow(
        database,
        "payments",
        takes={PaymentSettled: following.take_settled, ProviderHealthChanged: ignore},
        then=runner.wake,
    )
    merged = runtime.follow(
        database,
        "identity",
        takes={
            GuestMerged: following.take_merged,
            **ignoring(AccessCodeIssued, ContactProven, TokensRevoked, MemberInvited, AddressClaimed),
        },
    )
    services = orders_service_pb2.DESCRIPTOR.services_by_name
    return Context(
        name=NAME,
        own_database=database,
        servicers={
            services["OrdersService"]: OrdersService(
                database, runtime.clock, placing=placing, selling=selling, customers=customers, saga=runner
            ),
            services["OrdersMesh"]: OrdersMesh(database),
        },
        loops=[settled.loop, merged.loop],
        everywhere=[runner.run],
        gauges=[runner.gauges, settled.lag.gauges, merged.lag.gauges, cashier.gauges],
        stop=runner.stop,
    )
