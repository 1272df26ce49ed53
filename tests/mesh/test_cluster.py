"""A mesh with two replicas of each context: the story, the call graph, faults, and a rolling restart under load."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TypeVar

import pytest
import pytest_asyncio

from eventhub import contract
from eventhub.client import EventHub, new_id
from eventhub.common.v1.feed_pb2 import Revision
from eventhub.inventory.v1.inventory_service_pb2 import HoldItem, HoldRequest
from eventhub.notifications.v1.notifications_pb2 import NOTIFICATION_KIND_ORDER_PAID
from eventhub.notifications.v1.notifications_service_pb2 import SubscribeRequest
from eventhub.orders.v1.orders_pb2 import ORDER_STATE_FAILED, ORDER_STATE_PAID
from eventhub.orders.v1.orders_service_pb2 import CheckoutRequest, GetOrderRequest
from eventhub.payments.v1.payments_service_pb2 import GetSandboxChargesRequest
from eventhub.refusals import DeadlinePassed, Draining, Overloaded, Unavailable
from eventhub.reporting.v1.reporting_service_pb2 import GetSalesReportRequest
from scripts.cluster import running, table
from scripts.story import __main__ as story
from scripts.story.stage import Stage
from services.kit.db.database import batches
from tests.mesh import devices, members, show
from tests.mesh.cluster import COMES_BACK_WITHIN_S, Cluster, cluster
from tests.mesh.show import PRICE, Show
from tests.stage import until

T = TypeVar("T")

MOVES_WITHIN_S = 10.0
BUYERS = 3
# identity asks orders which guests have bought, before it deletes old guests.
ONCE_AN_HOUR = {("identity", "orders")}
CONTEXTS = set(contract.contexts())


@dataclass
class Fair:
    """An organizer and a show on the mesh. sold: tickets that the tests have bought so far."""

    bia: EventHub
    show: Show
    sold: int = 0

    async def buy(self, buyer: EventHub) -> str:
        """Buys a ticket. Returns the order's id."""
        bought = await show.pay(buyer, await show.hold(buyer, self.show))
        self.sold += 1
        return bought.order.order_id

    async def reported(self, hub: EventHub | None = None) -> int:
        """Returns the tickets sold by the report, after a check against its revenue."""
        reporting = (hub or self.bia).reporting
        report = (await reporting.GetSalesReport(GetSalesReportRequest(event_id=self.show.event_id))).report
        assert report.revenue.minor == report.tickets_sold * PRICE
        return report.tickets_sold


@pytest.fixture(scope="module")
def mesh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with cluster(tmp_path_factory.mktemp("mesh")) as up:
        yield up


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def fair(mesh: Cluster) -> AsyncIterator[Fair]:
    bia = mesh.hub()
    yield Fair(bia, await show.open_show(bia, capacity=50_000))
    await bia.close()


async def test_the_story_plays_on_the_mesh(mesh: Cluster, tmp_path: Path) -> None:
    where, key = table.public(mesh.rows()), mesh.folder / "keys" / "operator.key"
    await story.tell(Stage(address=where, how="", folder=mesh.folder, out=tmp_path, ready_s=0.0, operator_key=key))


async def test_an_address_proven_on_one_device_cuts_no_other_off(mesh: Cluster, fair: Fair) -> None:
    await devices.play(mesh.hub, fair.bia, fair.show, mesh.folder / "mail")
    fair.sold += 3


async def test_a_removed_member_is_refused_by_every_replica(mesh: Cluster, fair: Fair) -> None:
    await members.play(lambda: [replicas(mesh, 1), replicas(mesh, 2)], fair.bia, fair.show, mesh.folder / "mail")


def replicas(mesh: Cluster, number: int) -> EventHub:
    """Returns a client of the n-th replica of each context."""
    rows = [row for row in mesh.rows() if row.name == f"{row.context}-{number}"]
    return EventHub({row.context: f"127.0.0.1:{row.ports.public}" for row in rows})


def seen(mesh: Cluster) -> set[tuple[str, str]]:
    """Returns the (caller, callee) pairs of contexts in the logs."""
    calls = {
        (str(call["caller"]), str(call["method"]).split(".")[1])
        for row in mesh.rows()
        for call in mesh.said(row.name, "call")
        if call["caller"] in CONTEXTS
    }
    return {(caller, callee) for caller, callee in calls if caller != callee}


async def test_work_continues_when_the_replica_that_follows_is_killed(mesh: Cluster, fair: Fair) -> None:
    buyer = mesh.hub()
    await show.come(buyer)
    await fair.buy(buyer)
    await until(lambda: mesh.takers("reporting", "orders"))
    takers = mesh.takers("reporting", "orders")
    old = takers[-1]
    alive = one_replica(mesh, fair, "reporting", besides=old)
    was = mesh.pid(old)

    mesh.order("kill", old)
    await fair.buy(buyer)

    async def told() -> bool:
        return await fair.reported(alive) == fair.sold

    await until(told, MOVES_WITHIN_S)
    # The other replica takes the shard, or this one's next process if it started before the lease expired.
    await until(lambda: len(mesh.takers("reporting", "orders")) > len(takers), MOVES_WITHIN_S)
    await mesh.back(old, was)
    await alive.close()
    await buyer.close()


async def test_a_stalled_replica_does_no_harm_when_it_wakes(mesh: Cluster, fair: Fair) -> None:
    buyer = mesh.hub()
    await show.come(buyer)
    old = mesh.takers("reporting", "orders")[-1]
    alive = one_replica(mesh, fair, "reporting", besides=old)

    mesh.order("stop", old)
    await fair.buy(buyer)

    async def told() -> bool:
        return await fair.reported(alive) == fair.sold

    await until(told, MOVES_WITHIN_S)
    mesh.order("cont", old)
    await fair.buy(buyer)
    await until(told, MOVES_WITHIN_S)
    await until(lambda: mesh.said(old, "shards lost"), MOVES_WITHIN_S)

    assert await fair.reported(alive) == fair.sold
    await alive.close()
    await buyer.close()


def one_replica(mesh: Cluster, fair: Fair, context: str, *, besides: str) -> EventHub:
    """Returns a client with the organizer's tokens that calls only one replica of a context."""
    row = next(row for row in mesh.rows() if row.context == context and row.name != besides)
    alone = EventHub({**table.public(mesh.rows()), context: f"127.0.0.1:{row.ports.public}"})
    alone.tokens = fair.bia.tokens
    return alone


@dataclass
class Customer:
    """Buys tickets one after the other, and listens to the mesh's news about them."""

    hub: EventHub
    bought: list[str] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    breaks: int = 0

    async def buy(self, fair: Fair, stop: asyncio.Event) -> None:
        """Buys until the event is set. Raises the refusals of its calls."""
        while not stop.is_set():
            self.bought.append(await fair.buy(self.hub))

    async def listen(self) -> None:
        """Listens for ever; after a stream ends, it continues from the last revision."""
        last = Revision()
        while True:
            try:
                async for news in self.hub.notifications.Subscribe(SubscribeRequest(start_revision=last)):
                    last = news.revision
                    if news.notification.kind == NOTIFICATION_KIND_ORDER_PAID:
                        self.told.append(news.notification.order_id)
            except (Draining, Unavailable):
                self.breaks += 1


@pytest.mark.timeout(300)
async def test_a_rolling_restart_under_load_loses_no_call_and_no_news(mesh: Cluster, fair: Fair) -> None:
    customers = [Customer(mesh.hub()) for _ in range(BUYERS)]
    stop = asyncio.Event()
    for n, customer in enumerate(customers):
        await show.come(customer.hub, f"customer{n}@example.com")
    listening = [asyncio.create_task(customer.listen()) for customer in customers]
    buying = [asyncio.create_task(customer.buy(fair, stop)) for customer in customers]

    for n in (1, 2):
        for contexts in batches(table.in_order(), 3):
            ended = {f"{context}-{n}": mesh.end(f"{context}-{n}") for context in contexts}
            for name, was in ended.items():
                await mesh.back(name, was)
            assert not [task for task in buying if task.done()], "all customers still buy"
    stop.set()
    await asyncio.gather(*buying)

    async def all_told() -> bool:
        return all(set(customer.told) == set(customer.bought) for customer in customers)

    await until(all_told, MOVES_WITHIN_S)
    assert all(len(customer.told) == len(set(customer.told)) for customer in customers)
    assert all(customer.breaks for customer in customers), "each stream ended at least once and was resumed"
    assert min(len(customer.bought) for customer in customers) > 1

    async def told() -> bool:
        return await fair.reported() == fair.sold

    await until(told, MOVES_WITHIN_S)
    for task in listening:
        task.cancel()
    await asyncio.gather(*listening, return_exceptions=True)
    for customer in customers:
        await customer.hub.close()


async def for_sure(call: Callable[[], Awaitable[T]]) -> T:
    """Repeats a call, which must be idempotent, while its server is unavailable. Returns the answer."""
    while True:
        try:
            return await call()
        except (Unavailable, DeadlinePassed, Overloaded):
            await asyncio.sleep(0.1)


async def buy_for_sure(hub: EventHub, fair: Fair, stop: asyncio.Event, orders: list[str]) -> None:
    """Buys one ticket after the other, repeats each call until it is answered, and collects the order ids."""
    while not stop.is_set():
        item = HoldItem(ticket_type_id=fair.show.ticket_type_id, quantity=1)
        hold = HoldRequest(hold_id=new_id("hld"), event_id=fair.show.event_id, items=[item])
        await for_sure(partial(hub.inventory.Hold, hold))
        card = CheckoutRequest.Card(token="tok_ok")
        wanted = CheckoutRequest(order_id=new_id("ord"), hold_id=hold.hold_id, card=card)
        orders.append(wanted.order_id)
        await for_sure(partial(hub.orders.Checkout, wanted))


@pytest.mark.timeout(300)
async def test_sellers_that_are_killed_under_load_charge_each_order_once(mesh: Cluster, fair: Fair) -> None:
    buyers, orders, stop = [mesh.hub() for _ in range(BUYERS)], [list[str]() for _ in range(BUYERS)], asyncio.Event()
    for n, buyer in enumerate(buyers):
        await show.come(buyer, f"patient{n}@example.com")
    buying = [
        asyncio.create_task(buy_for_sure(buyer, fair, stop, mine)) for buyer, mine in zip(buyers, orders, strict=True)
    ]
    for n in (1, 2):
        killed = {f"{context}-{n}": mesh.pid(f"{context}-{n}") for context in ("orders", "payments", "inventory")}
        for name in killed:
            mesh.order("kill", name)
        for name, was in killed.items():
            await mesh.back(name, was)
    stop.set()
    await asyncio.gather(*buying)

    operator = mesh.hub()
    await operator.sign_in_operator((mesh.folder / "keys" / "operator.key").read_text().strip())
    for buyer, mine in zip(buyers, orders, strict=True):
        assert mine
        for order_id in mine:
            await until(partial(is_paid, buyer, order_id), MOVES_WITHIN_S)
            charges = (await operator.sandbox.GetSandboxCharges(GetSandboxChargesRequest(order_id=order_id))).charges
            assert [(charge.state, charge.amount.minor) for charge in charges] == [("captured", PRICE)]
            fair.sold += 1

    async def told() -> bool:
        return await fair.reported() == fair.sold

    await until(told, MOVES_WITHIN_S)
    for hub in (*buyers, operator):
        await hub.close()


async def is_paid(buyer: EventHub, order_id: str) -> bool:
    """Tells whether an order is paid. A failed order fails the test, because places and money suffice."""
    order = (await for_sure(lambda: buyer.orders.GetOrder(GetOrderRequest(order_id=order_id)))).order
    assert order.state != ORDER_STATE_FAILED
    return order.state == ORDER_STATE_PAID


async def test_the_logged_calls_are_the_declared_ones(mesh: Cluster) -> None:
    """Runs after the story, which makes every call, and after the restarts: a stream is logged when it ends."""
    await until(lambda: seen(mesh) >= contract.edges() - ONCE_AN_HOUR, COMES_BACK_WITHIN_S)  # parsing logs takes time
    assert seen(mesh) <= contract.edges()


async def test_every_replica_is_alive_and_ready_at_the_end(mesh: Cluster) -> None:
    for row in mesh.rows():
        assert await running.health(row.ports.health, "readiness") == "SERVING"
        assert await running.health(row.ports.health, "liveness") == "SERVING"
