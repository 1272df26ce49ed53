"""One suite for every outlet: what is handed over is there, to the byte, and is there once however often it is sent."""

from collections.abc import Callable, Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest

from services.kit.values.config import Settings
from services.notifications.mailbox import Folder, MailBlocked, Outlet
from services.notifications.smtp import Smtp, outlet_for
from tests.notifications.mail_server import MailServer, listening, mail, read

Got = Callable[[], list[EmailMessage]]


@pytest.fixture(params=["folder", "smtp"])
def outlet(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Outlet, Got]]:
    """Each outlet, and what has arrived there."""
    if request.param == "smtp":
        with listening(MailServer()) as server:
            settings = Settings(smtp_host="127.0.0.1", smtp_port=server.port)
            yield Smtp(settings), lambda: [read(data) for data in server.got]
        return
    folder = tmp_path / "mail"
    yield Folder(folder), lambda: [read(path.read_bytes()) for path in sorted(folder.glob("*.eml"))]


async def test_mail_arrives_whole(outlet: tuple[Outlet, Got]) -> None:
    out, got = outlet
    await out.send(mail())

    (arrived,) = got()
    assert arrived["To"] == "ana@example.com"
    assert arrived["Subject"] == "Seus ingressos: Noite às 20:00"
    body = arrived.get_body(("plain",))
    assert body is not None
    assert body.get_content().splitlines() == ["Olá!", "Até lá."]
    assert [each.get_content() for each in arrived.iter_attachments()] == [b"\x89PNG"]


async def test_a_repeat_has_the_same_message_id(outlet: tuple[Outlet, Got]) -> None:
    out, got = outlet
    await out.send(mail())
    await out.send(mail())

    assert {arrived["Message-ID"] for arrived in got()} == {"<ntf_1@eventhub.example>"}


async def test_a_folder_keeps_one_file_a_mail_and_nothing_half_written(tmp_path: Path) -> None:
    out = Folder(tmp_path / "mail")
    await out.send(mail())
    await out.send(mail())

    assert [path.name for path in (tmp_path / "mail").iterdir()] == ["ntf_1.eml"]
    assert b"\r\nTo: ana@example.com\r\n" in (tmp_path / "mail" / "ntf_1.eml").read_bytes()


async def test_a_folder_that_cannot_be_written_takes_no_mail(tmp_path: Path) -> None:
    (tmp_path / "mail").write_text("in the way")
    with pytest.raises(MailBlocked, match="folder of mail"):
        await Folder(tmp_path / "mail").send(mail())


def test_settings_choose_the_outlet(tmp_path: Path) -> None:
    assert isinstance(outlet_for(Settings(data_dir=tmp_path)), Folder)
    assert isinstance(outlet_for(Settings(data_dir=tmp_path, smtp_host="mail.example")), Smtp)
