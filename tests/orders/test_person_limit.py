"""Events that limit the tickets of a person: orders asks for the person only then."""

import pytest

from eventhub import refusals
from eventhub.client import EventHub
from eventhub.common.v1.error_reason_pb2 import ERROR_REASON_CONTACT_UNVERIFIED, ERROR_REASON_PERSON_LIMIT
from eventhub.common.v1.options_pb2 import ROLE_BOX_OFFICE, ROLE_MANAGER
from eventhub.orders.v1 import orders_service_pb2 as pb
from services.kit.values import failpoints
from services.orders.saga import WAITS_S
from tests.fakes.inventory import StoredHold
from tests.orders.test_box_office import TWO_SEATS, hold_states, sale
from tests.orders.test_counter import COUNTER, GIFT, RITA, RITAS
from tests.orders.test_failpoints import around
from tests.orders.world import ANA, CLERK, EVENT, FLOOR, ORGANIZER, World, buy, hld, ord_, state
from tests.stage import outcome

KEY, RITAS_KEY = "key_ana", "key_rita"


@pytest.fixture(autouse=True)
def _limit(world: World) -> None:
    world.inventory.person_limit = 3
    world.identity.keys = {ANA: [KEY], RITAS: [RITAS_KEY], CLERK: ["key_bia"]}


@pytest.fixture
def clerk(world: World) -> EventHub:
    world.hold(1, CLERK)
    return world.stage.member(ORGANIZER, ROLE_BOX_OFFICE)


def bought(world: World, key: str, tickets: int) -> None:
    """An earlier order of a person with some tickets."""
    world.hold(9, "gst_earlier", floor=tickets)
    world.inventory.holds[hld(9)].counted_by = {key}


def counted(world: World, n: int = 1) -> set[str]:
    stored: StoredHold = world.inventory.holds[hld(n)]
    return stored.counted_by


async def nothing_is_made(world: World, n: int = 1) -> None:
    assert await world.rows("SELECT order_id FROM customer_order") == []
    assert world.inventory.state(hld(n)) == "HELD"
    assert world.payments.payments == {}


async def test_a_person_buys_up_to_the_limit(world: World) -> None:
    bought(world, KEY, 1)

    assert state(await world.checkout()) == "PAID"

    assert counted(world) == {KEY}
    assert state(await world.checkout()) == "PAID", "a repeat is no second order"


async def test_more_than_the_limit_is_refused_before_any_order(world: World) -> None:
    bought(world, KEY, 2)

    with pytest.raises(refusals.PersonLimit) as refused:
        await world.checkout()

    assert refused.value.facts == {"limit": "3", "have": "2"}
    await nothing_is_made(world)


@pytest.mark.parametrize("keys", [{}, {ANA: []}])
async def test_a_buyer_without_a_proven_contact_is_refused_before_any_order(
    world: World, keys: dict[str, list[str]]
) -> None:
    world.identity.keys = keys

    assert await outcome(world.checkout()) == "CONTACT_UNVERIFIED"

    await nothing_is_made(world)
    world.identity.keys = {ANA: [KEY]}
    assert state(await world.checkout()) == "PAID"


async def test_an_event_without_a_limit_costs_no_question(world: World) -> None:
    world.inventory.person_limit = 0
    world.identity.keys = {}

    assert state(await world.checkout()) == "PAID"

    assert world.identity.calls == ["Feed"] * len(world.identity.calls)
    assert [call for call in world.inventory.calls if call != "Feed"] == ["DescribeHold", "LockHold", "ConfirmHold"]


async def test_an_order_that_another_one_overtakes_fails_and_leaves_the_hold(world: World) -> None:
    async def overtake() -> None:
        bought(world, KEY, 2)

    world.inventory.before["LockHold"] = overtake

    order = await world.checkout()

    assert (state(order), order.failure) == ("FAILED", ERROR_REASON_PERSON_LIMIT)
    assert world.inventory.state(hld(1)) == "HELD"
    assert world.payments.charges == []
    assert counted(world) == set()


async def test_a_limit_that_comes_during_a_checkout_is_kept(world: World) -> None:
    world.inventory.person_limit = 0

    async def limit() -> None:
        world.inventory.person_limit = 2

    for n, keys, answer in ((1, [KEY], "PAID"), (2, [], "FAILED")):
        world.inventory.person_limit, world.identity.keys = 0, {ANA: keys}
        world.hold(n)
        world.inventory.before["LockHold"] = limit
        order = await world.checkout(n)
        assert state(order) == answer
    assert order.failure == ERROR_REASON_CONTACT_UNVERIFIED


async def test_a_named_customer_counts_and_an_unnamed_one_does_not(world: World, clerk: EventHub) -> None:
    bought(world, RITAS_KEY, 2)
    assert await outcome(clerk.orders.Checkout(buy(box_office=COUNTER, customer=RITA))) == "PERSON_LIMIT"
    await nothing_is_made(world)

    order = (await clerk.orders.Checkout(buy(box_office=COUNTER))).order

    assert (state(order), counted(world)) == ("PAID", set())
    world.hold(2, CLERK)
    world.inventory.person_limit = 4
    world.identity.keys[f"gst_of_{ord_(2)}"] = [RITAS_KEY]
    order = (await clerk.orders.Checkout(buy(2, box_office=COUNTER, customer=RITA))).order
    assert (state(order), counted(world, 2)) == ("PAID", {RITAS_KEY})


async def test_a_customer_with_a_name_only_cannot_be_counted(world: World, clerk: EventHub) -> None:
    world.identity.keys[RITAS] = []
    named = pb.CheckoutRequest.Customer(name="Rita Melo")

    assert await outcome(clerk.orders.Checkout(buy(box_office=COUNTER, customer=named))) == "CONTACT_UNVERIFIED"

    await nothing_is_made(world)


async def test_gifts_count_for_the_named_guest(world: World) -> None:
    manager = world.stage.member(ORGANIZER, ROLE_MANAGER)
    world.hold(1, CLERK)
    world.hold(2, CLERK)

    await manager.orders.Checkout(buy(complimentary=GIFT, customer=RITA))
    await manager.orders.Checkout(buy(2, complimentary=GIFT))

    assert (counted(world), counted(world, 2)) == ({RITAS_KEY}, set())


async def test_a_member_with_a_card_counts_like_any_buyer(world: World, clerk: EventHub) -> None:
    assert state((await clerk.orders.Checkout(buy())).order) == "PAID"

    assert counted(world) == {"key_bia"}


async def test_a_sale_in_one_call_counts_and_frees_its_places_if_it_is_refused(world: World, clerk: EventHub) -> None:
    bought(world, RITAS_KEY, 2)

    assert await outcome(clerk.orders.SellAtBoxOffice(sale(customer=RITA))) == "PERSON_LIMIT"

    assert hold_states(world)[1:] == ["RELEASED"]
    more = [pb.SaleItem(ticket_type_id=FLOOR, quantity=4)]
    assert state((await clerk.orders.SellAtBoxOffice(sale(items=more))).order) == "PAID", "an unnamed customer"
    named = sale(2, customer=RITA, items=TWO_SEATS)
    world.identity.keys[f"gst_of_{ord_(2)}"] = ["key_new"]
    assert state((await clerk.orders.SellAtBoxOffice(named)).order) == "PAID"
    assert [hold.counted_by for hold in world.inventory.holds.values() if hold.event_id == EVENT][-1] == {"key_new"}


async def test_identity_that_is_away_delays_an_order_and_does_not_fail_it(world: World) -> None:
    world.identity.away = True
    assert await outcome(world.checkout()) == "UNAVAILABLE"
    await nothing_is_made(world)
    world.identity.away = False

    async def away() -> None:
        world.identity.away = True

    world.inventory.before["LockHold"] = away
    assert state(await world.checkout()) == "PAYMENT_PENDING"
    world.identity.away = False
    world.advance(WAITS_S[1])

    await world.becomes("PAID")
    assert counted(world) == {KEY}


@pytest.mark.parametrize("point", around("orders>identity.GetParticipant", "orders>inventory.LockHold"))
async def test_a_mistake_between_the_steps_counts_once(world: World, point: str) -> None:
    failpoints.arm(f"{point}=raise")

    try:
        await world.checkout()
    except refusals.Internal:
        await nothing_is_made(world)
        await world.checkout()
    finally:
        failpoints.arm("")
    world.advance(5)

    await world.becomes("PAID")
    assert counted(world) == {KEY}
    assert world.payments.charges == [(ord_(1), 10_000)]


@pytest.mark.parametrize("point", around("orders.give_up", "orders>inventory.UnlockHold", "orders.mark_failed"))
async def test_an_order_that_fails_counts_for_nobody_whatever_breaks(world: World, point: str) -> None:
    world.payments.declines = True
    failpoints.arm(f"{point}=raise")
    await world.checkout()
    failpoints.arm("")
    world.advance(5)

    await world.becomes("FAILED")
    assert counted(world) == set()
