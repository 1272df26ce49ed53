"""Codes and tokens: a signed one is read back, and every other text is refused."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from eventhub.refusals import LinkInvalid, TicketForged
from services.ticketing import base45, codes, links
from services.ticketing.codes import Keyring
from services.ticketing.tickets import derive_id

TICKET = derive_id("ord_1", "1")
LINKS_KEY = b"k" * 32


def keyring(*key_ids: int) -> Keyring:
    private = {key_id: Ed25519PrivateKey.from_private_bytes(key_id.to_bytes(32, "big")) for key_id in key_ids}
    return Keyring(max(key_ids), private, {key_id: key.public_key() for key_id, key in private.items()})


KEYS = keyring(7)
CODE = codes.sign(KEYS, event_id="evt_show", ticket_id=TICKET, generation=3)
TOKEN = links.make(LINKS_KEY, ticket_id=TICKET, generation=3)


def resigned(body: bytes, ring: Keyring = KEYS) -> str:
    return base45.encode(body + ring.private[ring.newest].sign(body))


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"AB", "BB8"),
        (b"Hello!!", "%69 VD92EX0"),
        (b"base-45", "UJCLQE7W581"),
        (b"ietf!", "QED8WEX0"),
        (b"", ""),
        (b"\xff\xff", "FGW"),
    ],
)
def test_base45_is_the_rfcs(data: bytes, text: str) -> None:
    assert base45.encode(data) == text
    assert base45.decode(text) == data


@given(st.binary(max_size=200))
def test_base45_reads_what_it_wrote(data: bytes) -> None:
    assert base45.decode(base45.encode(data)) == data


@given(st.text(base45.ALPHABET, max_size=12))
def test_base45_accepts_one_text_for_each_bytes(text: str) -> None:
    try:
        data = base45.decode(text)
    except ValueError:
        return
    assert base45.encode(data) == text


@pytest.mark.parametrize("text", ["A", "BB8A", "GGW", ":::", "V5", "::", "bb8", "BB8\n", "BB\u0668", "BBé"])
def test_base45_refuses_texts_it_never_writes(text: str) -> None:
    with pytest.raises(ValueError, match="base45"):
        base45.decode(text)


def test_a_code_says_which_ticket_of_which_event() -> None:
    code = codes.read(KEYS, CODE)

    assert (code.ticket_id, code.generation) == (TICKET, 3)
    assert code.is_for("evt_show")
    assert not code.is_for("evt_shox")


def test_a_ticket_has_the_same_code_always() -> None:
    assert codes.sign(KEYS, event_id="evt_show", ticket_id=TICKET, generation=3) == CODE


@given(st.integers(0, len(CODE) - 1), st.sampled_from(base45.ALPHABET))
def test_a_code_with_one_letter_changed_is_forged(place: int, letter: str) -> None:
    changed = CODE[:place] + letter + CODE[place + 1 :]
    if changed == CODE:
        return
    with pytest.raises(TicketForged):
        codes.read(KEYS, changed)


@given(st.one_of(st.text(max_size=200), st.text(base45.ALPHABET, min_size=143, max_size=143)))
def test_no_text_but_ours_is_a_code(text: str) -> None:
    with pytest.raises(TicketForged):
        codes.read(KEYS, text)


@pytest.mark.parametrize("text", ["", CODE[:-1], CODE + "0", CODE + " ", CODE.lower(), CODE[:-3], CODE + "000"])
def test_a_code_cut_or_lengthened_is_forged(text: str) -> None:
    with pytest.raises(TicketForged):
        codes.read(KEYS, text)


def test_a_signed_body_of_another_version_or_length_is_forged() -> None:
    body = base45.decode(CODE)[:31]
    for wrong in (b"\x02" + body[1:], body[:-1], body + b"\0", b""):
        with pytest.raises(TicketForged):
            codes.read(KEYS, resigned(wrong))


def test_a_foreign_key_signs_nothing_for_us() -> None:
    body = base45.decode(CODE)[:31]
    stranger = keyring(8)

    with pytest.raises(TicketForged):
        codes.read(KEYS, resigned(body, stranger))
    with pytest.raises(TicketForged):
        codes.read(KEYS, codes.sign(stranger, event_id="evt_show", ticket_id=TICKET, generation=3))


def test_codes_of_an_older_key_stay_good_and_the_newest_signs() -> None:
    both = keyring(7, 9)

    assert codes.read(both, CODE).ticket_id == TICKET
    fresh = codes.sign(both, event_id="evt_show", ticket_id=TICKET, generation=3)
    assert codes.read(keyring(9), fresh).ticket_id == TICKET


def test_a_token_says_which_ticket() -> None:
    assert links.read(LINKS_KEY, TOKEN) == (TICKET, 3)
    assert links.make(LINKS_KEY, ticket_id=TICKET, generation=3) == TOKEN


@given(st.integers(0, len(TOKEN) - 1), st.sampled_from("ABCZabcz019-_"))
def test_a_token_with_one_letter_changed_is_invalid(place: int, letter: str) -> None:
    changed = TOKEN[:place] + letter + TOKEN[place + 1 :]
    if changed == TOKEN:
        return
    with pytest.raises(LinkInvalid):
        links.read(LINKS_KEY, changed)


@pytest.mark.parametrize(
    "token", ["", "x", TOKEN[:-1], TOKEN + "A", TOKEN + "==", f"{TOKEN}\n", "é" * 46, "\udc80" * 46]
)
def test_a_text_that_is_no_token_is_invalid(token: str) -> None:
    with pytest.raises(LinkInvalid):
        links.read(LINKS_KEY, token)


def test_the_last_letter_has_one_spelling() -> None:
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    read = []
    for letter in alphabet:
        try:
            links.read(LINKS_KEY, TOKEN[:-1] + letter)
        except LinkInvalid:
            continue
        read.append(letter)

    assert read == [TOKEN[-1]]


def test_a_token_of_another_installation_is_invalid() -> None:
    with pytest.raises(LinkInvalid):
        links.read(b"j" * 32, TOKEN)
