"""One suite for every channel and outlet: messages arrive whole, a repeat has the same id, errors are told apart."""

import asyncio
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from email.message import EmailMessage
from pathlib import Path

import pytest

from services.kit.values.config import Settings
from services.notifications.channels import (
    AddressInvalid,
    Channel,
    DeliveryBlocked,
    DeliveryDelayed,
    DeliveryRefused,
    Message,
)
from services.notifications.convert import tickets_payload
from services.notifications.email_channel import EmailChannel
from services.notifications.emails import Mail, sender_of
from services.notifications.mail_folder import MailFolder
from services.notifications.notices import NoticeKind, new_notice
from services.notifications.smtp import Smtp
from services.notifications.texts import Picture, Private
from services.notifications.wiring import outlet_for
from tests.fakes.clock import START_US
from tests.fakes.ticketing import PNG
from tests.notifications.mail_server import MailServer, free_port, listening, mail, read
from tests.notifications.world import ANA, issued

SENDER = sender_of(Settings())
EVENT = {"title": "Noite", "place": "", "starts_local": "2035-05-04T19:00", "time_zone": "America/Sao_Paulo"}
PAYLOAD = tickets_payload(issued())


@dataclass(frozen=True, slots=True)
class Way:
    """A channel with an outlet. arrived: the mails on the other side. away: the channel with an outlet that cannot be
    reached."""

    channel: Channel[Mail]
    arrived: Callable[[], list[EmailMessage]]
    away: Channel[Mail]


@pytest.fixture(params=["folder", "smtp"])
def way(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Way]:
    if request.param == "smtp":
        with listening(MailServer()) as server:
            here = Smtp(Settings(smtp_host="127.0.0.1", smtp_port=server.port))
            away = Smtp(Settings(smtp_host="127.0.0.1", smtp_port=free_port()))
            yield Way(
                EmailChannel(here, SENDER), lambda: [read(data) for data in server.got], EmailChannel(away, SENDER)
            )
        return
    folder, file = tmp_path / "mail", tmp_path / "file"
    file.write_text("in the way")
    yield Way(
        EmailChannel(MailFolder(folder), SENDER),
        lambda: [read(path.read_bytes()) for path in sorted(folder.glob("*.eml"))],
        EmailChannel(MailFolder(file), SENDER),
    )


def message(address: str = "ana@example.com") -> Message:
    """A message about a ticket, with its picture."""
    notice = new_notice(NoticeKind.TICKETS, dedup_key="ord_1", buyer_id=ANA, payload=PAYLOAD, at_us=START_US)
    private = Private(name="Ana", pictures={issued().tickets[0].ticket_id: Picture(1, PNG)})
    return Message(notice=notice, address=address, language="pt-BR", event=EVENT, private=private, now_us=START_US)


async def test_a_message_arrives_whole(way: Way) -> None:
    await way.channel.send(await way.channel.compose(message()))

    (arrived,) = way.arrived()
    assert arrived["To"] == "ana@example.com"
    assert arrived["Subject"] == "Seus ingressos: Noite"
    body = arrived.get_body(("plain",))
    assert body is not None
    assert "Olá, Ana!" in body.get_content()
    assert [each.get_content() for each in arrived.iter_attachments()] == [PNG]


async def test_a_repeat_has_the_same_message_id(way: Way) -> None:
    for _ in range(2):
        await way.channel.send(await way.channel.compose(message()))

    expected = f"<{message().notice.notification_id}@eventhub.example>"
    assert {arrived["Message-ID"] for arrived in way.arrived()} == {expected}


async def test_an_invalid_address_is_a_permanent_error(way: Way) -> None:
    with pytest.raises(AddressInvalid):
        await way.channel.compose(message("ana@example.com, all@example.com"))
    assert issubclass(AddressInvalid, DeliveryRefused)


async def test_an_outlet_that_cannot_be_reached_is_a_temporary_error(way: Way) -> None:
    composed = await way.away.compose(message())

    with pytest.raises(DeliveryDelayed) as error:
        await way.away.send(composed)
    assert "ana@example.com" not in str(error.value)


async def test_mail_in_quoted_printable_arrives_whole(way: Way) -> None:
    await way.channel.send(mail())

    (arrived,) = way.arrived()
    assert arrived["To"] == "ana@example.com"
    assert arrived["Subject"] == "Seus ingressos: Noite às 20:00"
    body = arrived.get_body(("plain",))
    assert body is not None
    assert body.get_content().splitlines() == ["Olá!", "Até lá."]
    assert [each.get_content() for each in arrived.iter_attachments()] == [b"\x89PNG"]


async def test_a_folder_has_one_file_for_each_mail_and_no_half_written_file(tmp_path: Path) -> None:
    outlet = MailFolder(tmp_path / "mail")
    await outlet.send(mail())
    await outlet.send(mail())

    assert [path.name for path in (tmp_path / "mail").iterdir()] == ["ntf_1.eml"]
    assert b"\r\nTo: ana@example.com\r\n" in (tmp_path / "mail" / "ntf_1.eml").read_bytes()


async def test_a_folder_that_cannot_be_written_takes_no_mail(tmp_path: Path) -> None:
    (tmp_path / "mail").write_text("in the way")
    with pytest.raises(DeliveryBlocked, match="folder of mail"):
        await MailFolder(tmp_path / "mail").send(mail())


async def test_mails_that_are_sent_together_are_written_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flushed, flush = [], os.fsync

    def seen(file: int) -> None:
        flushed.append(file)
        flush(file)

    monkeypatch.setattr(os, "fsync", seen)
    folder = MailFolder(tmp_path / "mail")
    mails = [replace(mail(), mail_id=f"ntf_{n}") for n in range(16)]
    await asyncio.gather(*(folder.send(each) for each in mails))

    assert {path.name for path in (tmp_path / "mail").iterdir()} == {f"ntf_{n}.eml" for n in range(16)}
    assert len(flushed) == 16 + 1, "each mail, and the folder once"


async def test_a_group_is_written_even_if_its_first_sender_is_cancelled(tmp_path: Path) -> None:
    folder = MailFolder(tmp_path / "mail")
    first = asyncio.create_task(folder.send(mail()))
    await asyncio.sleep(0)
    first.cancel()
    await folder.send(replace(mail(), mail_id="ntf_2"))

    assert {path.name for path in (tmp_path / "mail").iterdir()} == {"ntf_1.eml", "ntf_2.eml"}
    with pytest.raises(asyncio.CancelledError):
        await first


async def test_a_group_that_cannot_be_written_is_refused_to_each_sender(tmp_path: Path) -> None:
    (tmp_path / "mail").write_text("in the way")
    folder = MailFolder(tmp_path / "mail")
    ends = await asyncio.gather(folder.send(mail()), folder.send(mail()), return_exceptions=True)
    assert [type(end) for end in ends] == [DeliveryBlocked, DeliveryBlocked]

    (tmp_path / "mail").unlink()
    await folder.send(mail())
    assert [path.name for path in (tmp_path / "mail").iterdir()] == ["ntf_1.eml"]


def test_settings_choose_the_outlet(tmp_path: Path) -> None:
    assert isinstance(outlet_for(Settings(data_dir=tmp_path)), MailFolder)
    assert isinstance(outlet_for(Settings(data_dir=tmp_path, smtp_host="mail.example")), Smtp)
