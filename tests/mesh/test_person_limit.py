"""A limit of the tickets of a person, on the whole platform: over all sessions and orders, whatever dies meanwhile."""

import asyncio
from pathlib import Path

import pytest
import pytest_asyncio
from google.protobuf.field_mask_pb2 import FieldMask

from eventhub import refusals
from eventhub.catalog.v1.catalog_service_pb2 import UpdateEventRequest
from eventhub.client import EventHub, new_id
from eventhub.common.v1.error_reason_pb2 import ERROR_REASON_PERSON_LIMIT
from eventhub.identity.v1.identity_service_pb2 import RedeemAccessCodeRequest
from eventhub.orders.v1.orders_pb2 import ORDER_STATE_FAILED, ORDER_STATE_PAID, Order
from tests.mesh import show as shows
from tests.mesh.devices import code_of
from tests.mesh.platform_process import PlatformProcess, copied, platform_process
from tests.mesh.test_kill import Evening, buy_and_be_cut, settled

ANA, LIMIT = "ana@example.com", 2


async def sign_in(platform: PlatformProcess, buyer: EventHub) -> None:
    """Proves Ana's address from a new session."""
    mail = platform.folder / "mail"
    for old in mail.glob("*"):
        old.unlink()
    await shows.come(buyer, ANA)
    code = await code_of(buyer, mail, ANA)
    buyer.tokens = (await buyer.identity.RedeemAccessCode(RedeemAccessCodeRequest(email=ANA, code=code))).tokens


@pytest_asyncio.fixture(scope="module")
async def evening(tmp_path_factory: pytest.TempPathFactory) -> Evening:
    folder = tmp_path_factory.mktemp("evening")
    with platform_process(folder, log_level="error") as platform:
        async with EventHub(platform.address) as hub, EventHub(platform.address) as buyer:
            show = await shows.open_show(hub, capacity=20)
            mask = FieldMask(paths=["tickets_per_person_max"])
            request = UpdateEventRequest(event_id=show.event_id, update_mask=mask, tickets_per_person_max=LIMIT)
            assert (await hub.catalog.UpdateEvent(request)).event.tickets_per_person_max == LIMIT
            await sign_in(platform, buyer)
            return Evening(folder, show, buyer.tokens)


async def try_to_pay(buyer: EventHub, hold_id: str) -> Order | None:
    """The order of a hold; None if the limit does not allow one."""
    try:
        return (await shows.pay(buyer, hold_id)).order
    except refusals.PersonLimit:
        return None


async def test_orders_of_one_person_at_once_stay_within_the_limit(tmp_path: Path, evening: Evening) -> None:
    folder = copied(evening.folder, tmp_path / "platform")
    with platform_process(folder, log_level="error") as platform:
        async with EventHub(platform.address) as ana, EventHub(platform.address) as guest:
            ana.tokens = evening.tokens
            await shows.come(guest, "leo@example.com")
            unproven = await shows.hold(guest, evening.show)
            with pytest.raises(refusals.ContactUnverified):
                await shows.pay(guest, unproven)
            with pytest.raises(refusals.HeldPlacesLimit):
                await shows.hold(ana, evening.show, LIMIT + 1)
            holds = [await shows.hold(ana, evening.show) for _ in range(LIMIT)]
            await shows.pay(ana, holds.pop())
            # What is bought is no longer held, so more places can be held than bought.
            holds += [await shows.hold(ana, evening.show) for _ in range(LIMIT - len(holds))]

            ends = await asyncio.gather(*(try_to_pay(ana, hold_id) for hold_id in holds))

            paid = [order for order in ends if order is not None and order.state == ORDER_STATE_PAID]
            failed = [order.failure for order in ends if order is not None and order.state == ORDER_STATE_FAILED]
            assert len(paid) == LIMIT - 1
            assert set(failed) <= {ERROR_REASON_PERSON_LIMIT}
            await sign_in(platform, guest)
            assert await try_to_pay(guest, await shows.hold(guest, evening.show)) is None, "another device"


@pytest.mark.parametrize(
    "point",
    [
        "inventory.lock_hold.before",
        "inventory.lock_hold.after",
        "orders>inventory.LockHold.after",
    ],
)
async def test_a_purchase_that_dies_counts_once(tmp_path: Path, evening: Evening, point: str) -> None:
    order_id, show = new_id("ord"), evening.show
    folder = copied(evening.folder, tmp_path / "platform")
    with platform_process(folder, failpoints=f"{point}=kill", log_level="error") as platform:
        async with EventHub(platform.address) as ana:
            ana.tokens = evening.tokens
            hold_id = await buy_and_be_cut(platform, show, ana, order_id)
        assert platform.wait_dead() == -9, f"{point} was not passed"

    with platform_process(folder, log_level="error") as platform:
        async with EventHub(platform.address) as ana:
            ana.tokens = evening.tokens
            order = await settled(ana, order_id) or (await shows.pay(ana, hold_id, order_id)).order
            assert order.state == ORDER_STATE_PAID
            await buys_so_many_more(ana, show, LIMIT - 1)


@pytest.mark.parametrize(
    "point",
    [
        "inventory.unlock_hold.before",
        "inventory.unlock_hold.after",
    ],
)
async def test_a_declined_purchase_that_dies_counts_for_nobody(tmp_path: Path, evening: Evening, point: str) -> None:
    order_id, show = new_id("ord"), evening.show
    folder = copied(evening.folder, tmp_path / "platform")
    with platform_process(folder, failpoints=f"{point}=kill", log_level="error") as platform:
        async with EventHub(platform.address) as ana:
            ana.tokens = evening.tokens
            hold_id = await buy_and_be_cut(platform, show, ana, order_id, "tok_declined")
        assert platform.wait_dead() == -9, f"{point} was not passed"

    with platform_process(folder, log_level="error") as platform:
        async with EventHub(platform.address) as ana:
            ana.tokens = evening.tokens
            order = await settled(ana, order_id)
            assert order is not None
            assert order.state == ORDER_STATE_FAILED
            assert (await shows.pay(ana, hold_id)).order.state == ORDER_STATE_PAID
            await buys_so_many_more(ana, show, LIMIT - 1)


async def buys_so_many_more(buyer: EventHub, show: shows.Show, tickets: int) -> None:
    """Buys tickets one by one, until the limit refuses one."""
    for _ in range(tickets):
        assert (await shows.pay(buyer, await shows.hold(buyer, show))).order.state == ORDER_STATE_PAID
    with pytest.raises(refusals.PersonLimit) as refused:
        await shows.pay(buyer, await shows.hold(buyer, show))
    assert refused.value.facts == {"limit": str(LIMIT), "have": str(LIMIT)}
