"""GetOrder and ListOrders: buyers and members see their orders, page by page, and no others."""

import asyncio
import functools
from dataclasses import replace

import pytest

from eventhub import refusals
from eventhub.client import EventHub
from eventhub.common.v1.options_pb2 import ACCESS_BUYER, ROLE_VIEWER
from eventhub.common.v1.page_pb2 import PageRequest
from eventhub.identity.v1.identity_events_pb2 import AccessCodeIssued, GuestMerged
from eventhub.orders.v1 import orders_service_pb2 as pb
from eventhub.orders.v1.orders_service_pb2_grpc import OrdersMeshStub
from services.kit.rpc.call import Caller
from services.orders import numbers, store, transactions
from tests.orders.world import ANA, EVENT, ORGANIZER, RUI, World, buy, ord_, state
from tests.stage import until


async def listed(client: EventHub, event_id: str = "", size: int = 0) -> list[str]:
    """The ids of all orders, read page by page."""
    found: list[str] = []
    page = PageRequest(size=size)
    while True:
        answer = await client.orders.ListOrders(pb.ListOrdersRequest(event_id=event_id, page=page))
        assert len(answer.orders) <= (size or 50)
        found += [order.order_id for order in answer.orders]
        if not answer.next_page_token:
            return found
        page = PageRequest(size=size, token=answer.next_page_token)


async def buy_some(world: World, count: int) -> list[str]:
    """Ana buys, sometimes twice at the same moment. Returns the order ids, newest first."""
    for n in range(1, count + 1):
        world.hold(n, floor=1)
        await world.checkout(n)
        if n % 2:
            world.stage.clock.advance(1)
    rows = await world.rows("SELECT order_id FROM customer_order ORDER BY created_us DESC, order_id DESC")
    return [row[0] for row in rows]


@pytest.mark.parametrize("size", [0, 1, 2, 3, 7, 8, 500])
async def test_orders_come_newest_first_page_by_page(world: World, size: int) -> None:
    made = await buy_some(world, 7)

    assert await listed(world.ana, size=size) == made
    assert await listed(world.stage.member(ORGANIZER), EVENT, size=size) == made


async def test_orders_too_long_for_one_answer_come_in_several(world: World) -> None:
    (first,) = await buy_some(world, 1)
    made = await world.database.read(store.find, first)
    assert made is not None
    lines = tuple(replace(line, seat_label="x" * 1_500_000) for line in made.lines[:1])
    for n in (2, 3, 4):
        order = replace(made, order_id=ord_(n), hold_id=f"hld_{n}", created_us=made.created_us + n, lines=lines)
        draw = functools.partial(numbers.drawn, order.order_id)
        await world.database.write(transactions.place_order, order, draw=draw, now_us=1)

    answer = await world.ana.orders.ListOrders(pb.ListOrdersRequest())

    assert [order.order_id for order in answer.orders] == [ord_(4), ord_(3)]
    assert await listed(world.ana) == [ord_(4), ord_(3), ord_(2), first]


async def test_buyers_see_their_own(world: World) -> None:
    await buy_some(world, 1)
    world.hold(2, RUI)
    rui = world.stage.buyer(RUI)
    await rui.orders.Checkout(buy(2))

    assert await listed(world.ana) == [ord_(1)]
    assert await listed(rui) == [ord_(2)]
    assert await listed(rui, EVENT) == [ord_(2)]
    assert await listed(rui, "evt_other") == []


async def test_members_see_their_events_orders_and_no_others(world: World) -> None:
    await buy_some(world, 1)

    assert await listed(world.stage.member(ORGANIZER, ROLE_VIEWER), EVENT) == [ord_(1)]
    assert await listed(world.stage.member("org_rival"), EVENT) == []
    with pytest.raises(refusals.InvalidRequest) as refused:
        await listed(world.stage.member(ORGANIZER))
    assert list(refused.value.fields) == ["event_id"]


async def test_an_order_is_found_by_its_number_as_it_is_typed(world: World) -> None:
    made = await world.checkout()
    typed = made.number.lower().replace("-", " ")
    request = pb.ListOrdersRequest(number=typed)

    for client in (world.ana, world.stage.member(ORGANIZER, ROLE_VIEWER)):
        assert list((await client.orders.ListOrders(request)).orders) == [made]
    elsewhere = pb.ListOrdersRequest(number=typed, event_id="evt_other")
    assert not (await world.ana.orders.ListOrders(elsewhere)).orders


async def test_a_number_opens_nothing_to_others(world: World) -> None:
    made = await world.checkout()

    for stranger in (world.stage.buyer(RUI), world.stage.member("org_rival")):
        assert not (await stranger.orders.ListOrders(pb.ListOrdersRequest(number=made.number))).orders
        with pytest.raises(refusals.OrderNotFound):
            await stranger.orders.GetOrder(pb.GetOrderRequest(order_id=made.number))


@pytest.mark.parametrize("wrong", ["K7Q4-93M", "K7Q4-93M0", "hello"])
async def test_a_wrong_number_is_refused_by_its_field(world: World, wrong: str) -> None:
    with pytest.raises(refusals.InvalidRequest) as refused:
        await world.ana.orders.ListOrders(pb.ListOrdersRequest(number=wrong))

    assert list(refused.value.fields) == ["number"]


async def test_a_page_token_is_good_for_its_own_list_only(world: World) -> None:
    await buy_some(world, 3)
    first = await world.ana.orders.ListOrders(pb.ListOrdersRequest(page=PageRequest(size=1)))
    request = pb.ListOrdersRequest(page=PageRequest(size=1, token=first.next_page_token))

    for client, other in (
        (world.stage.buyer(RUI), request),
        (world.ana, pb.ListOrdersRequest(event_id=EVENT, page=request.page)),
        (world.ana, pb.ListOrdersRequest(page=PageRequest(token="nonsense"))),
        (world.ana, pb.ListOrdersRequest(page=PageRequest(token=first.next_page_token[:-3]))),
    ):
        with pytest.raises(refusals.PageTokenInvalid):
            await client.orders.ListOrders(other)
    with pytest.raises(refusals.InvalidRequest):
        await world.ana.orders.ListOrders(pb.ListOrdersRequest(page=PageRequest(size=-1)))


async def test_an_order_is_for_its_buyer_and_its_organizer(world: World) -> None:
    made = await world.checkout()

    assert await world.order() == made
    assert await world.order(1, world.stage.member(ORGANIZER, ROLE_VIEWER)) == made


async def test_another_buyers_order_is_not_found(world: World) -> None:
    await world.checkout()

    for stranger in (world.stage.buyer(RUI), world.stage.member("org_rival"), world.stage.buyer(ORGANIZER)):
        with pytest.raises(refusals.OrderNotFound) as refused:
            await world.order(1, stranger)
        assert refused.value.facts == {}
    with pytest.raises(refusals.OrderNotFound):
        await world.order(9)


async def test_a_buyer_whose_token_names_an_organizer_is_no_member(world: World) -> None:
    await world.checkout()
    odd = world.stage.client(Caller(kind=ACCESS_BUYER, subject_id=RUI, organizer_id=ORGANIZER))

    with pytest.raises(refusals.OrderNotFound):
        await world.order(1, odd)


async def test_a_guests_orders_follow_the_guest(world: World) -> None:
    await buy_some(world, 2)
    world.payments.silent = True
    world.hold(3)
    await world.checkout(3)

    world.identity.tell(AccessCodeIssued(code_id="cod_1"))
    world.identity.tell(GuestMerged(from_subject_id=ANA, into_subject_id="acc_ana"))

    known = world.stage.buyer("acc_ana")
    await until(lambda: _moved(known, 3))
    assert len(await listed(world.ana)) == 3, "the session still sees what it bought"
    world.payments.silent = False
    cancelled = (await known.orders.CancelOrder(pb.CancelOrderRequest(order_id=ord_(3)))).order
    assert (state(cancelled), cancelled.buyer_id) == ("FAILED", "acc_ana")


async def test_a_merged_session_sees_its_own_orders_and_no_others_of_the_account(world: World) -> None:
    phone, laptop = world.ana, world.stage.buyer("acc_ana")
    world.payments.silent = True
    await hold_and_checkout(world, 1)
    world.identity.tell(GuestMerged(from_subject_id=ANA, into_subject_id="acc_ana"))
    await until(lambda: _moved(laptop, 1))
    world.payments.silent = False

    await hold_and_checkout(world, 2)
    world.hold(3, buyer_id="acc_ana")
    await laptop.orders.Checkout(buy(3))

    assert sorted(await listed(phone)) == [ord_(1), ord_(2)]
    assert sorted(await listed(laptop)) == [ord_(1), ord_(2), ord_(3)]
    with pytest.raises(refusals.OrderNotFound):
        await world.order(3)
    with pytest.raises(refusals.OrderNotFound):
        await phone.orders.CancelOrder(pb.CancelOrderRequest(order_id=ord_(3)))
    watched = [
        answer.order.buyer_id async for answer in phone.orders.WatchOrder(pb.WatchOrderRequest(order_id=ord_(2)))
    ]
    assert watched[-1] == "acc_ana"
    assert state((await phone.orders.CancelOrder(pb.CancelOrderRequest(order_id=ord_(1)))).order) == "FAILED"


async def hold_and_checkout(world: World, n: int) -> None:
    """Ana holds two seats and checks them out."""
    world.hold(n)
    await world.checkout(n)


async def test_buyers_are_found_as_themselves_and_as_the_session_they_were(world: World) -> None:
    await buy_some(world, 1)
    world.identity.tell(GuestMerged(from_subject_id=ANA, into_subject_id="acc_ana"))
    await until(lambda: _moved(world.stage.buyer("acc_ana"), 1))
    mesh = OrdersMeshStub(world.stage.channel("identity"))

    found = await mesh.FindBuyers(pb.FindBuyersRequest(subject_ids=["gst_unknown", ANA, RUI, "acc_ana"]))

    assert list(found.subject_ids) == sorted([ANA, "acc_ana"])
    with pytest.raises(refusals.AccessDenied):
        await OrdersMeshStub(world.stage.channel("pricing")).FindBuyers(pb.FindBuyersRequest(subject_ids=[ANA]))


async def test_merges_in_a_row_end_with_the_last_person(world: World) -> None:
    await buy_some(world, 1)
    world.identity.tell(GuestMerged(from_subject_id=ANA, into_subject_id="sub_b"))
    world.identity.tell(GuestMerged(from_subject_id="sub_b", into_subject_id="sub_c"))
    await until(lambda: _moved(world.stage.buyer("sub_c"), 1))

    world.hold(2)
    await world.checkout(2)

    assert len(await listed(world.stage.buyer("sub_c"))) == 2
    assert len(await listed(world.ana)) == 2


async def _moved(client: EventHub, count: int) -> bool:
    return len(await listed(client)) == count


async def test_an_order_made_with_a_merged_guests_token_is_the_persons(world: World) -> None:
    await world.checkout(1)
    world.identity.tell(GuestMerged(from_subject_id=ANA, into_subject_id="acc_ana"))
    known = world.stage.buyer("acc_ana")
    await until(lambda: _moved(known, 1))

    world.hold(2)
    made = await world.checkout(2)

    assert made.buyer_id == "acc_ana"
    assert state(await world.order(2, known)) == "PAID"


async def test_an_order_of_a_merged_guest_still_has_the_guests_hold(world: World) -> None:
    gate = asyncio.Event()
    world.pricing.before["QuoteOrder"] = gate.wait
    call = asyncio.create_task(world.checkout())
    await until(lambda: not world.pricing.before)
    world.inventory.away = True
    gate.set()
    assert state(await call) == "PAYMENT_PENDING"
    world.identity.tell(GuestMerged(from_subject_id=ANA, into_subject_id="acc_ana"))
    known = world.stage.buyer("acc_ana")
    await until(lambda: _moved(known, 1))
    world.inventory.away = False

    world.advance(15)

    async def paid() -> bool:
        return state(await world.order(1, known)) == "PAID"

    await until(paid)
