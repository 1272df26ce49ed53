"""Clerks find an event's orders by their customer."""

import pytest

from eventhub import refusals
from eventhub.client import EventHub
from eventhub.common.v1.options_pb2 import ROLE_BOX_OFFICE, ROLE_FINANCE, ROLE_VIEWER
from eventhub.common.v1.page_pb2 import PageRequest
from eventhub.identity.v1.identity_service_pb2 import GetContactResponse
from eventhub.orders.v1 import orders_service_pb2 as pb
from services.orders import customers
from tests.orders.world import ANA, EVENT, ORGANIZER, RUI, World, buy, ord_
from tests.stage import outcome

RITA = "gst_rita"


@pytest.fixture
def clerk(world: World) -> EventHub:
    world.identity.people = {
        ANA: GetContactResponse(name="Ana Souza", email="ana@example.com"),
        RUI: GetContactResponse(name="Rui Souza", email="rui@example.com"),
        RITA: GetContactResponse(name="Rita", email="rita@example.com"),
    }
    return world.stage.member(ORGANIZER, ROLE_BOX_OFFICE)


async def sell(world: World, n: int, buyer_id: str, event_id: str = EVENT) -> None:
    """The n-th order, of a buyer."""
    world.hold(n, buyer_id, floor=1)
    world.inventory.holds[f"hld_{n:026d}"].event_id = event_id
    await world.stage.buyer(buyer_id).orders.Checkout(buy(n))
    world.stage.clock.advance(1)


async def pages(clerk: EventHub, customer: str, size: int = 50) -> list[list[str]]:
    """The ids of the orders of a customer, page by page."""
    found, page = [], PageRequest(size=size)
    while True:
        request = pb.ListOrdersRequest(event_id=EVENT, customer=customer, page=page)
        answer = await clerk.orders.ListOrders(request)
        found.append([order.order_id for order in answer.orders])
        if not answer.next_page_token:
            return found
        page = PageRequest(size=size, token=answer.next_page_token)


@pytest.mark.parametrize(
    ("customer", "orders"),
    [
        ("souza", [3, 2, 1]),
        ("rui", [2]),
        ("ana@example.com", [3, 1]),
        ("ANA@example.com", [3, 1]),
        ("nobody@example.com", []),
        ("nobody", []),
        ("rita", []),
    ],
)
async def test_a_clerk_finds_orders_of_the_event_newest_first(
    world: World, clerk: EventHub, customer: str, orders: list[int]
) -> None:
    for n, buyer_id in enumerate((ANA, RUI, ANA), 1):
        await sell(world, n, buyer_id)
    await sell(world, 4, RITA, "evt_other")
    await sell(world, 5, ANA, "evt_other")

    assert await pages(clerk, customer) == [[ord_(n) for n in orders]]


@pytest.mark.parametrize("customer", ["ana", "ana@example.com"])
@pytest.mark.parametrize("size", [1, 2, 3, 50])
async def test_pages_lose_and_repeat_nothing(
    world: World, clerk: EventHub, monkeypatch: pytest.MonkeyPatch, customer: str, size: int
) -> None:
    monkeypatch.setattr(customers, "LOOKED_AT_ONCE", 3)
    for n in range(1, 8):
        await sell(world, n, RUI if n in (2, 3, 5) else ANA)

    found = await pages(clerk, customer, size)

    assert [order_id for page in found for order_id in page] == [ord_(n) for n in (7, 6, 4, 1)]
    assert max(map(len, found)) <= size


async def test_one_call_looks_at_a_bounded_number_of_orders(
    world: World, clerk: EventHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(customers, "LOOKED_AT_ONCE", 1)
    for n in range(1, 7):
        await sell(world, n, ANA if n == 1 else RUI)

    assert await pages(clerk, "ana") == [[], [ord_(1)]]
    assert world.identity.calls.count("FindCustomers") == 6


async def test_only_those_who_sell_find_customers_and_only_in_their_own_event(world: World, clerk: EventHub) -> None:
    await sell(world, 1, ANA)
    request = pb.ListOrdersRequest(event_id=EVENT, customer="ana")

    for stranger in (
        world.stage.member(ORGANIZER, ROLE_FINANCE),
        world.stage.member(ORGANIZER, ROLE_VIEWER),
        world.stage.buyer(ANA),
    ):
        assert await outcome(stranger.orders.ListOrders(request)) == "ACCESS_DENIED"
    for customer in ("ana", "ana@example.com"):
        assert await pages(world.stage.member("org_rival"), customer) == [[]]
    with pytest.raises(refusals.InvalidRequest) as refused:
        await clerk.orders.ListOrders(pb.ListOrdersRequest(customer="ana"))
    assert list(refused.value.fields) == ["event_id"]
