"""From a fact to a real mail server: refused mail waits and is logged in the server's words, accepted mail is whole."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog

from eventhub.orders.v1.orders_events_pb2 import OrderPaid, OrderPaymentPending
from services.kit.values.config import Settings
from services.notifications.notices import WAITS_S
from services.notifications.smtp import Smtp
from tests.notifications.mail_server import MailServer, certified, listening, read
from tests.notifications.world import World, issued, order, part
from tests.stage import until


@pytest.fixture
def relay(tmp_path: Path) -> Iterator[MailServer]:
    """A relay with a certificate of a private authority. It takes seven bits only, and only after a sign-in."""
    server = MailServer()
    server.eight_bits = False
    with listening(server, tls_context=certified(tmp_path), require_starttls=True, auth_required=True):
        yield server


def outlet(relay: MailServer, folder: Path, **more: Any) -> Smtp:
    """An outlet that sends to the relay."""
    given = {
        "smtp_host": "localhost",
        "smtp_port": relay.port,
        "smtp_user": "hub",
        "smtp_password_file": str(folder / "password"),
        "smtp_ca_file": str(folder / "ca.crt"),
    }
    return Smtp(Settings(**{**given, **more}))


async def test_mail_waits_until_a_wrong_password_is_corrected(world: World, relay: MailServer, tmp_path: Path) -> None:
    (tmp_path / "password").write_text("wrong")
    world.outlet.target = outlet(relay, tmp_path)
    with structlog.testing.capture_logs() as journal:
        world.orders.tell(OrderPaid(order=order(discount=1_000)))
        world.ticketing.tell(issued(count=2, bought=order(discount=1_000)))
        await world.idle()
    (error,) = [line for line in journal if line["log_level"] == "error"]
    assert (error["event"], error["said"][:4]) == ("mail cannot leave", "535 ")
    assert "example.com" not in str(journal)

    (tmp_path / "password").write_text("right")
    world.advance(WAITS_S[0])
    await until(lambda: relay.got)
    await world.rested()
    (data,) = relay.got
    assert data.isascii()
    mail = read(data)
    assert mail["Subject"] == "Seus ingressos: Noite & Dia"
    assert "R$ 90,00" in part(mail, "html")
    assert len(list(mail.iter_attachments())) == 2


async def test_a_server_with_an_unknown_authority_gets_no_password_and_no_mail(
    world: World, relay: MailServer, tmp_path: Path
) -> None:
    (tmp_path / "password").write_text("right")
    world.outlet.target = outlet(relay, tmp_path, smtp_ca_file="")
    with structlog.testing.capture_logs() as journal:
        world.orders.tell(OrderPaymentPending(order=order()))
        await world.idle()

    (error,) = [line for line in journal if line["log_level"] == "error"]
    assert "certificate verify failed" in error["said"].lower()
    assert (relay.logins, relay.got) == ([], [])
