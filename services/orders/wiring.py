"""Puts orders together from its parts."""

from collections.abc import Callable
from pathlib import Path

from eventhub.identity.v1.identity_events_pb2 import (
    AccessCodeIssued,
    AddressClaimed,
    ContactProven,
    GuestMerged,
    MemberInvited,
    TokensRevoked,
)
from eventhub.inventory.v1.inventory_events_pb2 import (
    PlacesMoved,
    StockChanged,
    StockOpened,
    WaitingOffered,
    WaitingOfferLapsed,
)
from eventhub.orders.v1 import orders_service_pb2
from eventhub.payments.v1.payments_events_pb2 import PaymentSettled, ProviderHealthChanged
from services.kit.db import Database
from services.kit.feeds import Follower, ignore, ignoring
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
    followers = followers_of(runtime, database, wake=runner.wake)
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
        loops=[follower.loop for follower in followers],
        everywhere=[runner.run],
        gauges=[runner.gauges, cashier.gauges, *(follower.lag.gauges for follower in followers)],
        stop=runner.stop,
    )


def followers_of(runtime: Runtime, database: Database, *, wake: Callable[[], None]) -> list[Follower]:
    """The followers of the other contexts' facts. wake: called after facts that let sagas go on."""
    return [
        runtime.follow(
            database,
            "payments",
            takes={PaymentSettled: following.take_settled, ProviderHealthChanged: ignore},
            then=wake,
        ),
        runtime.follow(
            database,
            "identity",
            takes={
                GuestMerged: following.take_merged,
                **ignoring(AccessCodeIssued, ContactProven, TokensRevoked, MemberInvited, AddressClaimed),
            },
        ),
        runtime.follow(
            database,
            "inventory",
            takes={
                PlacesMoved: following.take_moved,
                **ignoring(StockOpened, StockChanged, WaitingOffered, WaitingOfferLapsed),
            },
            only_taken=True,
        ),
    ]
