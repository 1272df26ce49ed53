"""A stranger types a victim's address: the victim's inbox stays empty, and the victim gets everything after proving
it."""

import re
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

from eventhub.client import EventHub, new_id
from eventhub.identity.v1.identity_service_pb2 import RedeemAccessCodeRequest, SendAccessCodeRequest
from eventhub.notifications.v1.notifications_service_pb2 import ListNotificationsRequest
from eventhub.orders.v1.orders_service_pb2 import CheckoutRequest
from eventhub.ticketing.v1.ticketing_service_pb2 import ListTicketsRequest
from tests.mesh import show as shows
from tests.mesh.platform_process import PlatformProcess, platform_process
from tests.stage import until

ORDERS = 12
VICTIM = "victim@example.com"


def mails(platform: PlatformProcess) -> list[EmailMessage]:
    """Returns all mails written so far."""
    found = [
        message_from_bytes(path.read_bytes(), policy=policy.default) for path in platform.folder.glob("mail/*.eml")
    ]
    return [mail for mail in found if isinstance(mail, EmailMessage)]


async def take(hub: EventHub, show: shows.Show) -> None:
    """Takes a free ticket."""
    request = CheckoutRequest(order_id=new_id("ord"), hold_id=await shows.hold(hub, show), free=CheckoutRequest.Free())
    await hub.orders.Checkout(request)


async def told(hub: EventHub, count: int) -> bool:
    """Tells whether a session has this many notifications."""
    return len((await hub.notifications.ListNotifications(ListNotificationsRequest())).notifications) == count


async def test_free_tickets_for_a_strangers_address_send_nothing_until_it_is_proven(tmp_path: Path) -> None:
    with platform_process(tmp_path) as platform:
        async with EventHub(platform.address) as hub, EventHub(platform.address) as guest:
            show = await shows.open_show(hub, price=0)
            await shows.come(guest, VICTIM)
            for _ in range(ORDERS):
                await take(guest, show)
            await until(lambda: told(guest, 2 * ORDERS), 20)
            assert len((await guest.ticketing.ListTickets(ListTicketsRequest())).tickets) == ORDERS
            assert mails(platform) == []

            await hub.identity.SendAccessCode(SendAccessCodeRequest(email=VICTIM))
            await until(lambda: len(mails(platform)) == 1, 10)
            (code,) = re.findall(r"\b\d{6}\b", mails(platform)[0].as_string())[:1]
            await guest.identity.RedeemAccessCode(RedeemAccessCodeRequest(email=VICTIM, code=code))
            await until(lambda: len(mails(platform)) == 1 + ORDERS, 20)
            subjects = {str(mail["Subject"]) for mail in mails(platform)}
            assert subjects == {"Seu código de acesso", "Seus ingressos: Show"}


async def test_paid_tickets_are_mailed_at_once(tmp_path: Path) -> None:
    with platform_process(tmp_path) as platform:
        async with EventHub(platform.address) as hub, EventHub(platform.address) as guest:
            show = await shows.open_show(hub)
            await shows.come(guest, VICTIM)
            await shows.pay(guest, await shows.hold(guest, show))
            await until(lambda: mails(platform), 20)

            (tickets,) = mails(platform)
            assert str(tickets["Subject"]).startswith("Seus ingressos")
            assert str(tickets["From"]) == "Casa via EventHub <tickets@eventhub.example>"
            assert "Ana" not in tickets.as_string()
