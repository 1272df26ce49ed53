"""Keys are made once, readable by one user, and found again at the next start."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from services.ticketing import codes, keys
from services.ticketing.tickets import derive_id

TICKET = derive_id("ord_1", "1")


def code(ring: codes.Keyring) -> str:
    return codes.sign(ring, event_id="evt_show", ticket_id=TICKET, generation=1)


def test_the_first_start_makes_keys_that_only_this_user_reads(tmp_path: Path) -> None:
    keys.load_keyring(tmp_path / "keys", now_s=0x6A000000)
    keys.load_links_key(tmp_path / "keys", fresh="secret")

    made = sorted((tmp_path / "keys").iterdir())
    assert [path.name for path in made] == ["links.key", "ticket-6a000000.key"]
    assert [path.stat().st_mode & 0o777 for path in made] == [0o600, 0o600]
    assert (tmp_path / "keys").stat().st_mode & 0o777 == 0o700


def test_the_next_start_finds_the_same_keys(tmp_path: Path) -> None:
    first = keys.load_keyring(tmp_path, now_s=1)
    secret = keys.load_links_key(tmp_path, fresh="first")

    again = keys.load_keyring(tmp_path, now_s=2)

    assert code(again) == code(first)
    assert keys.load_links_key(tmp_path, fresh="second") == secret == b"first"


def test_a_newer_key_signs_and_the_older_verifies(tmp_path: Path) -> None:
    old = keys.load_keyring(tmp_path / "old", now_s=1)
    new = keys.load_keyring(tmp_path / "new", now_s=2)
    (tmp_path / "new" / "ticket-00000002.key").rename(tmp_path / "old" / "ticket-00000002.key")

    both = keys.load_keyring(tmp_path / "old", now_s=3)

    assert code(both) == code(new)
    assert codes.read(both, code(old)).ticket_id == TICKET


def test_a_broken_key_file_stops_the_start_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "ticket-00000001.key").write_text("nonsense")
    with pytest.raises(ValueError, match="ticket-00000001"):
        keys.load_keyring(tmp_path, now_s=1)


def test_a_key_of_another_kind_stops_the_start(tmp_path: Path) -> None:
    pem = X25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (tmp_path / "ticket-00000001.key").write_bytes(pem)
    with pytest.raises(ValueError, match="no Ed25519 key"):
        keys.load_keyring(tmp_path, now_s=1)


def test_a_file_that_a_crash_left_unfinished_is_no_key(tmp_path: Path) -> None:
    (tmp_path / ".ticket-00000001.key.new").write_text("half a")
    (tmp_path / ".links.key.new").write_text("half a")

    keys.load_keyring(tmp_path, now_s=1)

    assert keys.load_links_key(tmp_path, fresh="whole") == b"whole"
    assert not list(tmp_path.glob(".*.new"))
