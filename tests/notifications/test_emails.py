"""E-mail: headers that every mail program understands, seven bits, and the organizer's name as sender."""

import base64
import email
import quopri
import re
from email.message import EmailMessage
from email.policy import default

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.kit.values.config import BadSetting, Settings
from services.notifications.channels import Message
from services.notifications.emails import Sender, assembled, sender_of
from services.notifications.notices import NoticeKind, new_notice
from services.notifications.texts import Picture, Private, Text

SENDER = Sender("EventHub", "tickets@eventhub.example")
WORDS = ("Noite", "às", "20:00", "título", "São", "a", "confirmado:", "&", "🎭", "é", "mn" * 9, "Łódź", "«")
WORD = re.compile(r"=\?utf-8\?([qb])\?([^?]*)\?=", re.IGNORECASE)
COLUMNS_MAX = 78

sentences = st.lists(st.sampled_from(WORDS), min_size=1, max_size=25).map(" ".join)


def enclosed(subject: str = "Oi", *, sender: Sender = SENDER, organizer: str = "", order_id: str = "ord_1") -> bytes:
    """The bytes of a mail."""
    message = Message(
        notice=new_notice(NoticeKind.TICKETS, dedup_key=order_id, buyer_id="gst_ana", payload="{}", at_us=0),
        address="ana@example.com",
        language="pt-BR",
        event={"organizer": organizer},
        private=Private(pictures={"tik_1": Picture(1, b"\x89PNG")}),
        now_us=0,
    )
    return assembled(message, Text(subject, "Olá!\n"), "<p>Até já — às 20:00</p>\n" * 9, sender).data


def header(mail: bytes, name: str) -> str:
    """A header, decoded by RFC 5322 and RFC 2047 without the library's parser."""
    head = re.sub(r"\r\n(?=[ \t])", "", mail.partition(b"\r\n\r\n")[0].decode("ascii"))
    (value,) = [line.partition(": ")[2] for line in head.split("\r\n") if line.startswith(f"{name}: ")]
    return WORD.sub(decoded, re.sub(r"(\?=)[ \t]+(?==\?)", r"\1", value))


def decoded(word: re.Match[str]) -> str:
    text = word[2]
    raw = base64.b64decode(text) if word[1].lower() == "b" else quopri.decodestring(text.replace("_", " "))
    return raw.decode()


@settings(deadline=None)
@given(sentences)
def test_a_subject_is_decoded_as_it_was_written(subject: str) -> None:
    mail = enclosed(subject)

    assert header(mail, "Subject") == subject
    assert email.message_from_bytes(mail, policy=default)["Subject"] == subject
    assert max(map(len, mail.partition(b"\r\n\r\n")[0].split(b"\r\n"))) <= COLUMNS_MAX


@settings(deadline=None)
@given(sentences)
def test_mail_has_the_organizer_s_name_and_our_address(organizer: str) -> None:
    mail = enclosed(organizer=organizer)

    assert header(mail, "From").replace('"', "") == f"{organizer} via EventHub <tickets@eventhub.example>"
    (sender,) = email.message_from_bytes(mail, policy=default)["From"].addresses
    assert sender.addr_spec == "tickets@eventhub.example"


@pytest.mark.parametrize("organizer", ["Casa\r\nBcc: all@example.com", 'Casa" <evil@example.com>', "a, b@example.com"])
def test_an_organizer_s_name_adds_no_sender_and_no_header(organizer: str) -> None:
    mail = email.message_from_bytes(enclosed(organizer=organizer), policy=default)

    assert [address.addr_spec for address in mail["From"].addresses] == ["tickets@eventhub.example"]
    assert mail["Bcc"] is None


def test_mail_is_seven_bits() -> None:
    mail = enclosed()
    parts = email.message_from_bytes(mail, policy=default).walk()

    assert mail.isascii()
    encodings = {part["Content-Transfer-Encoding"] for part in parts if not part.is_multipart()}
    assert encodings == {"quoted-printable", "base64"}


def test_ids_end_with_the_sender_s_domain_and_are_unique() -> None:
    ids = [email.message_from_bytes(enclosed(order_id=name), policy=default) for name in ("ord_1", "ord_2")]
    messages = [str(mail["Message-ID"]).strip("<>") for mail in ids]

    assert len(set(messages)) == len(messages)
    assert all(message.endswith("@eventhub.example") for message in messages)
    assert [content_id(mail) for mail in ids] == [f"<ticket-1.{message}>" for message in messages]


def content_id(mail: EmailMessage) -> str:
    (found,) = [str(part["Content-ID"]) for part in mail.walk() if part["Content-ID"]]
    return found


def test_answers_go_to_the_address_in_the_settings() -> None:
    given_so = Settings(mail_from="Ingressos São João <t@sj.example>", mail_reply_to="Ajuda <help@sj.example>")
    mail = email.message_from_bytes(enclosed(sender=sender_of(given_so)), policy=default)

    assert mail["Reply-To"] == "help@sj.example"
    assert mail["From"].addresses[0].display_name == "Ingressos São João"
    assert email.message_from_bytes(enclosed(), policy=default)["Reply-To"] is None


@pytest.mark.parametrize("odd", ["EventHub", "a@b, c@d", "", "EventHub <tickets@>", "Casa <a@b.example\r\nBcc: x@y>"])
def test_a_sender_that_is_no_address_is_refused_at_the_start(odd: str) -> None:
    with pytest.raises(BadSetting, match="EVENTHUB_MAIL_FROM is no address"):
        sender_of(Settings(mail_from=odd))
