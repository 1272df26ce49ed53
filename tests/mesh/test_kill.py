"""kill -9 at every point of a purchase: after the next start each order is settled, charged once, or never existed."""

from dataclasses import dataclass
from email import message_from_bytes, policy
from pathlib import Path

import pytest
import pytest_asyncio

from eventhub.client import EventHub, new_id
from eventhub.identity.v1.identity_pb2 import Tokens
from eventhub.orders.v1.orders_pb2 import ORDER_STATE_FAILED, ORDER_STATE_PAID, Order
from eventhub.orders.v1.orders_service_pb2 import GetOrderRequest
from eventhub.payments.v1.payments_service_pb2 import GetSandboxChargesRequest
from eventhub.refusal import Refusal
from eventhub.refusals import OrderNotFound, Overloaded
from eventhub.ticketing.v1.ticketing_service_pb2 import ListTicketsRequest
from tests import databases
from tests.mesh import show as shows
from tests.mesh.platform_process import PlatformProcess, copied, platform_process
from tests.sources import SERVICES
from tests.stage import until

# On a database that several processes may share, unfinished work waits until the killed process's lease expires.
PATIENCE_S = 20.0
SCHEMA = SERVICES / "notifications" / "schema"
# Every commit and every call to a neighbour in a purchase by card without a coupon.
POINTS = [
    "inventory.place_hold.before",
    "inventory.place_hold.after",
    "orders>inventory.DescribeHold.before",
    "orders>inventory.DescribeHold.after",
    "orders>pricing.QuoteOrder.before",
    "orders>pricing.QuoteOrder.after",
    "orders.place_order.before",
    "orders.place_order.after",
    "orders>inventory.LockHold.before",
    "inventory.lock_hold.before",
    "inventory.lock_hold.after",
    "orders>inventory.LockHold.after",
    "orders>payments.Authorize.before",
    "payments.begin_payment.before",
    "payments.begin_payment.after",
    "payments.provider.authorize.before_send",
    "sandbox.open_charge.after",
    "payments.provider.authorize.after_answer",
    "payments.save_authorized.before",
    "payments.save_authorized.after",
    "orders>payments.Authorize.after",
    "orders>inventory.ConfirmHold.before",
    "inventory.confirm_hold.before",
    "inventory.confirm_hold.after",
    "orders>inventory.ConfirmHold.after",
    "orders>payments.Capture.before",
    "payments.provider.capture.before_send",
    "sandbox.capture_charge.after",
    "payments.provider.capture.after_answer",
    "payments.save_captured.before",
    "payments.save_captured.after",
    "orders>payments.Capture.after",
    "orders.mark_paid.before",
    "orders.mark_paid.after",
]

# Every commit and every call to a neighbour that undoes a purchase after a declined card.
BACK = [
    "payments.save_declined.after",
    "orders.give_up.before",
    "orders.give_up.after",
    "orders>inventory.UnlockHold.before",
    "inventory.unlock_hold.before",
    "inventory.unlock_hold.after",
    "orders>inventory.UnlockHold.after",
    "orders.mark_failed.before",
    "orders.mark_failed.after",
]

# Every commit of the mail of a purchase.
MAIL = [
    "notifications.write_down.before",
    "notifications.write_down.after",
    "notifications.admit.before",
    "notifications.admit.after",
    "notifications.settle.before",
    "notifications.settle.after",
]


async def buy_and_be_cut(
    platform: PlatformProcess, show: shows.Show, buyer: EventHub, order_id: str, token: str = "tok_ok"
) -> str:
    """Buys a ticket on a platform that is killed meanwhile. Returns the hold's id; empty if there is none."""
    try:
        hold_id = await shows.hold(buyer, show)
    except Refusal:
        return ""
    try:
        await shows.pay(buyer, hold_id, order_id, token)
    except Refusal:
        return hold_id
    return hold_id


async def settled(buyer: EventHub, order_id: str) -> Order | None:
    """Returns the order when it is settled; None if it does not exist."""
    found: list[Order] = []

    async def look() -> bool:
        try:
            order = (await buyer.orders.GetOrder(GetOrderRequest(order_id=order_id))).order
        except OrderNotFound:
            return True
        found[:] = [order]
        return order.state in (ORDER_STATE_PAID, ORDER_STATE_FAILED)

    await until(look, patience_s=PATIENCE_S)
    return found[0] if found else None


async def charges(platform: PlatformProcess, order_id: str) -> list[str]:
    """Returns the states of the order's charges in the provider's own book."""
    states: list[str] = []

    async def told() -> bool:
        try:
            book = await operator.sandbox.GetSandboxCharges(GetSandboxChargesRequest(order_id=order_id))
        except Overloaded:  # a platform that just started on a busy machine
            return False
        states[:] = [charge.state for charge in book.charges]
        return True

    async with EventHub(platform.address) as operator:
        await operator.sign_in_operator((platform.folder / "operator.key").read_text().strip())
        await until(told, patience_s=PATIENCE_S)
    return states


@dataclass(frozen=True, slots=True)
class Evening:
    """A platform's data folder with a show on sale, and a buyer who has signed in."""

    folder: Path
    show: shows.Show
    tokens: Tokens


@pytest_asyncio.fixture(scope="module")
async def evening(tmp_path_factory: pytest.TempPathFactory) -> Evening:
    folder = tmp_path_factory.mktemp("evening")
    with platform_process(folder, log_level="error") as platform:
        async with EventHub(platform.address) as hub, EventHub(platform.address) as buyer:
            show = await shows.open_show(hub, capacity=10)
            await shows.come(buyer)
            return Evening(folder, show, buyer.tokens)


@pytest.mark.parametrize("point", POINTS)
async def test_a_purchase_survives_kill_9(tmp_path: Path, evening: Evening, point: str) -> None:
    order_id = new_id("ord")
    show, tokens = evening.show, evening.tokens
    tmp_path = copied(evening.folder, tmp_path / "platform")
    with platform_process(tmp_path, failpoints=f"{point}=kill", log_level="error") as platform:
        async with EventHub(platform.address) as buyer:
            buyer.tokens = tokens
            hold_id = await buy_and_be_cut(platform, show, buyer, order_id)
        assert platform.wait_dead() == -9, f"{point} was not passed"

    with platform_process(tmp_path, log_level="error") as platform:
        async with EventHub(platform.address) as buyer:
            buyer.tokens = tokens
            order = await settled(buyer, order_id)
            if order is None and hold_id:
                order = (await shows.pay(buyer, hold_id, order_id)).order
            book = await charges(platform, order_id)
            if order is None:
                assert book == []
                assert await shows.left(buyer, show) >= 9
                return
            assert order.state == ORDER_STATE_PAID
            assert book == ["captured"]
            assert await shows.left(buyer, show) == 9

            async def ticket() -> bool:
                listed = await buyer.ticketing.ListTickets(ListTicketsRequest(order_id=order_id))
                return len(listed.tickets) == 1

            await until(ticket, patience_s=PATIENCE_S)


@pytest.mark.parametrize("point", BACK)
async def test_after_a_declined_card_and_kill_9_another_card_pays_the_hold(
    tmp_path: Path, evening: Evening, point: str
) -> None:
    declined, paid = new_id("ord"), new_id("ord")
    show, tokens = evening.show, evening.tokens
    tmp_path = copied(evening.folder, tmp_path / "platform")
    with platform_process(tmp_path, failpoints=f"{point}=kill", log_level="error") as platform:
        async with EventHub(platform.address) as buyer:
            buyer.tokens = tokens
            hold_id = await buy_and_be_cut(platform, show, buyer, declined, "tok_declined")
        assert platform.wait_dead() == -9, f"{point} was not passed"

    with platform_process(tmp_path, log_level="error") as platform:
        async with EventHub(platform.address) as buyer:
            buyer.tokens = tokens
            order = await settled(buyer, declined)
            assert order is not None
            assert order.state == ORDER_STATE_FAILED
            assert (await shows.pay(buyer, hold_id, paid)).order.state == ORDER_STATE_PAID
            assert await charges(platform, declined) == ["declined"]
            assert await charges(platform, paid) == ["captured"]
            assert await shows.left(buyer, show) == 9


async def deliveries(folder: Path) -> dict[str, str]:
    """Returns the states of the deliveries about the only order, by the kind of their notice."""
    database = await databases.opened("notifications", folder, SCHEMA)
    try:
        return dict(
            await database.read(
                lambda tx: tx.all(
                    """
                    SELECT kind, delivery.state FROM notification JOIN delivery USING (notification_id)
                    WHERE order_id <> ''
                    """
                )
            )
        )
    finally:
        await database.close()


@pytest.mark.parametrize("point", MAIL)
async def test_after_kill_9_a_purchase_has_its_tickets_mail_and_at_most_one_more(
    tmp_path: Path, evening: Evening, point: str
) -> None:
    tmp_path = copied(evening.folder, tmp_path / "platform")
    with platform_process(tmp_path, failpoints=f"{point}=kill", log_level="error") as platform:
        async with EventHub(platform.address) as buyer:
            buyer.tokens = evening.tokens
            await buy_and_be_cut(platform, evening.show, buyer, new_id("ord"))
        assert platform.wait_dead() == -9, f"{point} was not passed"

    with platform_process(tmp_path, log_level="error"):
        found: dict[str, str] = {}

        async def ended() -> bool:
            found.update(await deliveries(tmp_path))
            return len(found) == 2 and "PENDING" not in found.values()

        await until(ended, patience_s=2 * PATIENCE_S)
    subjects = sorted(subject(path) for path in (tmp_path / "mail").glob("*.eml"))
    confirmed = ["Pagamento confirmado: Show"] if found["ORDER_PAID"] == "SENT" else []
    assert (subjects, found["TICKETS"]) == ([*confirmed, "Seus ingressos: Show"], "SENT")


def subject(path: Path) -> str:
    """Returns a mail's subject."""
    return str(message_from_bytes(path.read_bytes(), policy=policy.default)["Subject"])
