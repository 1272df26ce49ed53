"""Puts orders together from its parts."""

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import grpc

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
from eventhub.payments.v1.payments_events_pb2 import (
    PaymentDisputed,
    PaymentSettled,
    ProviderHealthChanged,
    RefundSettled,
)
from services.kit.db import Database
from services.kit.feeds import Follower, ignore, ignoring
from services.kit.process import Context, Runtime
from services.kit.work import Runner
from services.orders import following
from services.orders.customers import CustomerSearch
from services.orders.mesh import OrdersMesh
from services.orders.neighbours import CheckoutQuestions
from services.orders.orders import Order
from services.orders.placing import Placing
from services.orders.refunds.neighbours import RefundSteps
from services.orders.refunds.servicer import RefundsService
from services.orders.refunds.worker import RefundWorker
from services.orders.selling import Selling
from services.orders.servicer import OrdersService
from services.orders.worker import Cashier

NAME = "orders"


async def build(runtime: Runtime) -> Context:
    """The context orders on its own database, ready to serve."""
    database = await runtime.database(NAME, Path(__file__).parent / "schema")
    clock, channel = runtime.clock, runtime.channel(NAME)
    cashier, steps = Cashier(database, clock, channel), RefundSteps(channel)
    refunder = RefundWorker(database, clock, steps)
    saga = Runner(NAME, clock, database.shards, due=cashier.due, do=cashier.advance)
    refunds = Runner(f"{NAME}.refunds", clock, database.shards, due=refunder.due, do=refunder.advance)
    followers = followers_of(partial(runtime.follow, database), [saga, refunds])

    async def stop() -> None:
        await asyncio.gather(saga.stop(), refunds.stop())

    services = orders_service_pb2.DESCRIPTOR.services_by_name
    return Context(
        name=NAME,
        own_database=database,
        servicers={
            services["OrdersService"]: orders_service(database, runtime, channel, saga),
            services["RefundsService"]: RefundsService(database, clock, steps=steps, saga=refunds),
            services["OrdersMesh"]: OrdersMesh(database),
        },
        loops=[follower.loop for follower in followers],
        everywhere=[saga.run, refunds.run],
        gauges=[
            saga.gauges,
            refunds.gauges,
            cashier.gauges,
            refunder.gauges,
            *(follower.lag.gauges for follower in followers),
        ],
        stop=stop,
    )


def orders_service(
    database: Database, runtime: Runtime, channel: grpc.aio.Channel, saga: Runner[Order]
) -> OrdersService:
    """What serves buyers and clerks."""
    questions = CheckoutQuestions(channel)
    placing = Placing(database, runtime.clock, runtime.ids, questions)
    selling = Selling(database, runtime.clock, questions, placing)
    customers = CustomerSearch(database, questions)
    return OrdersService(database, runtime.clock, placing=placing, selling=selling, customers=customers, saga=saga)


def followers_of(follow: Callable[..., Follower], runners: Sequence[Runner[Order]]) -> list[Follower]:
    """The followers of the other contexts' facts. runners: go on after facts of payments."""

    def wake() -> None:
        for runner in runners:
            runner.wake()

    return [
        follow(
            "payments",
            takes={
                PaymentSettled: following.take_settled,
                RefundSettled: following.take_refund_settled,
                PaymentDisputed: following.take_disputed,
                ProviderHealthChanged: ignore,
            },
            then=wake,
        ),
        follow(
            "identity",
            takes={
                GuestMerged: following.take_merged,
                **ignoring(AccessCodeIssued, ContactProven, TokensRevoked, MemberInvited, AddressClaimed),
            },
        ),
        follow(
            "inventory",
            takes={
                PlacesMoved: following.take_moved,
                **ignoring(StockOpened, StockChanged, WaitingOffered, WaitingOfferLapsed),
            },
            only_taken=True,
        ),
    ]
