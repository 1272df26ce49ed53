"""The bytes of a mail: read back by the standard library, without a defect, as they were meant."""

import email
import re
from collections.abc import Iterator
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.policy import default
from email.utils import parseaddr

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.notifications import mime
from services.notifications.mime import Attached

HEADS = [mime.header("From", "tickets@eventhub.example"), mime.header("Subject", "Oi")]
LINE_MAX = 76
# What people type, on one line. Readers may join spaces, so these stand alone.
typed = st.text(st.characters(exclude_categories=["C", "Z"]), max_size=60)
titles = st.lists(typed, max_size=12).map(lambda words: " ".join(filter(None, words)))
texts = st.lists(st.text(st.characters(exclude_categories=["C", "Zl", "Zp"]), max_size=200), max_size=5)
pictures = st.lists(st.binary(max_size=200), max_size=3)


def read(mail: bytes) -> EmailMessage:
    message = email.message_from_bytes(mail, policy=default)
    assert isinstance(message, EmailMessage)
    assert [part.defects for part in message.walk() if part.defects] == []
    return message


def unfolded(line: bytes) -> str:
    return re.sub(rb"\r\n(?=[ \t])", b"", line).decode("ascii").removesuffix("\r\n")


def decoded(text: str) -> str:
    return str(make_header(decode_header(text)))


def text_of(message: EmailMessage, kind: str) -> str:
    body = message.get_body((kind,))
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n")


def attached(*pngs: bytes) -> list[Attached]:
    return [Attached(f"{n}.ntf_1@eventhub.example", f"ticket-{n}.png", png) for n, png in enumerate(pngs, 1)]


def lines_of(mail: bytes) -> Iterator[bytes]:
    """A mail's lines. Each ends as SMTP wants it."""
    assert mail.endswith(b"\r\n")
    for line in mail.removesuffix(b"\r\n").split(b"\r\n"):
        assert not re.search(rb"[\r\n]", line)
        yield line


@settings(deadline=None)
@given(titles)
def test_a_header_is_decoded_as_it_was_written(title: str) -> None:
    line = mime.header("Subject", title)

    assert decoded(unfolded(line)) == f"Subject: {title}"
    assert read(line + b"\r\nOi\r\n")["Subject"] == title
    assert all(len(part) <= mime.COLUMNS_MAX or b" " not in part.strip() for part in lines_of(line))


@settings(deadline=None)
@given(titles)
def test_a_person_s_name_adds_no_address(name: str) -> None:
    line = mime.person("From", name, "tickets@eventhub.example")

    (address,) = read(line + b"\r\nOi\r\n")["From"].addresses
    assert address.addr_spec == "tickets@eventhub.example"
    # The library's newer parser adds spaces between the words of a name, so its older one decodes the name.
    shown, sender = parseaddr(unfolded(line).removeprefix("From: "))
    assert (decoded(shown), sender) == (name, "tickets@eventhub.example")


@pytest.mark.parametrize("end", ["\r\n", "\r", "\n", "\r\n "])
def test_a_value_with_the_end_of_a_line_is_refused(end: str) -> None:
    with pytest.raises(ValueError, match=r"^Subject contains the end of a line$"):
        mime.header("Subject", f"Oi{end}Bcc: all@example.com")
    with pytest.raises(ValueError, match=r"^From contains the end of a line$"):
        mime.person("From", f"é{end}", "tickets@eventhub.example")
    with pytest.raises(ValueError, match=r"^From contains the end of a line$"):
        mime.person("From", "Casa", f"tickets@eventhub.example{end}")


def test_a_text_that_looks_like_an_encoded_word_is_shown_as_it_is() -> None:
    assert read(mime.header("Subject", "=?utf-8?q?evil?=") + b"\r\nOi\r\n")["Subject"] == "=?utf-8?q?evil?="


def test_words_contain_whole_characters() -> None:
    for word in mime.words("aé" + "€🎭" * 60).split():
        (part,) = decode_header(word)
        assert isinstance(part[0], bytes)
        assert part[0].decode()
        assert len(word) <= LINE_MAX - 1


@settings(deadline=None)
@given(texts, pictures)
def test_texts_and_pictures_arrive_as_they_were_written(lines: list[str], pngs: list[bytes]) -> None:
    text = "".join(f"{line}\n" for line in ["Olá!", *lines])
    mail = mime.document(HEADS, text, f"<p>{text}</p>", attached(*pngs), boundary="ntf_1")
    message = read(mail)

    assert (text_of(message, "plain"), text_of(message, "html")) == (text, f"<p>{text}</p>\n")
    assert [part.get_content() for part in message.iter_attachments() if pngs] == pngs
    assert max(map(len, lines_of(mail))) <= LINE_MAX
    assert mail.isascii()


def test_each_picture_is_shown_within_the_html_and_attached() -> None:
    message = read(
        mime.document(HEADS, "Olá!\n", "<p>Olá!</p>\n", attached(b"\x89PNG", b"\x89PNG 2"), boundary="ntf_1")
    )

    tree = [(part.get_content_type(), part.get_content_disposition(), part.get_filename()) for part in message.walk()]
    assert tree == [
        ("multipart/mixed", None, None),
        ("multipart/alternative", None, None),
        ("text/plain", None, None),
        ("multipart/related", None, None),
        ("text/html", None, None),
        ("image/png", "inline", None),
        ("image/png", "inline", None),
        ("image/png", "attachment", "ticket-1.png"),
        ("image/png", "attachment", "ticket-2.png"),
    ]
    named = [part["Content-ID"] for part in message.walk() if part["Content-ID"]]
    assert named == ["<1.ntf_1@eventhub.example>", "<2.ntf_1@eventhub.example>"]


def test_a_mail_without_pictures_has_two_texts() -> None:
    message = read(mime.document(HEADS, "Olá!\n", "<p>Olá!</p>\n", [], boundary="ntf_1"))

    assert [part.get_content_type() for part in message.walk()] == ["multipart/alternative", "text/plain", "text/html"]


def test_a_text_that_contains_a_boundary_ends_no_part() -> None:
    text = "--=_alt.ntf_1--\n--=_mix.ntf_1\n"
    message = read(mime.document(HEADS, text, text, attached(b"\x89PNG"), boundary="ntf_1"))

    assert text_of(message, "plain") == text


def test_a_repeat_has_the_same_bytes() -> None:
    first, again = (mime.document(HEADS, "Oi\n", "Oi\n", attached(b"\x89PNG"), boundary="ntf_1") for _ in range(2))

    assert first == again
