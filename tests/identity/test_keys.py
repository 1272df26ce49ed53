"""Keys are in files that only their owner can read."""

import stat
from pathlib import Path

import pytest

from services.identity.keys import KEYS_SHOWN_MAX, HashedKind, open_ring


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def secret() -> str:
    return "operator secret"


def test_keys_are_made_once_and_only_their_owner_can_read_them(tmp_path: Path) -> None:
    first = open_ring(tmp_path / "keys", tmp_path / "operator.key", secret)
    again = open_ring(tmp_path / "keys", tmp_path / "operator.key", lambda: "another")

    names = {path.name: mode(path) for path in (tmp_path / "keys").iterdir()}
    assert names == {"token-1.key": 0o600, "contact.key": 0o600, "codes.key": 0o600}
    assert mode(tmp_path / "keys") == 0o700
    assert mode(tmp_path / "operator.key") == 0o600
    assert (tmp_path / "operator.key").read_text().strip() == "operator secret"
    assert (again.signing[0].x, again.contact, again.operator_hash) == (
        first.signing[0].x,
        first.contact,
        first.operator_hash,
    )


def test_a_new_key_is_added_as_a_file(tmp_path: Path) -> None:
    old = open_ring(tmp_path / "keys", tmp_path / "operator.key", secret).signing[0]
    (tmp_path / "keys" / "token-2.key").write_bytes(bytes(range(32)))

    new, before = open_ring(tmp_path / "keys", tmp_path / "operator.key", secret).signing

    assert before.key_id == old.key_id
    assert new.key_id != old.key_id


def test_only_the_ten_newest_keys_are_read(tmp_path: Path) -> None:
    open_ring(tmp_path / "keys", tmp_path / "operator.key", secret)
    for number in range(2, 13):
        (tmp_path / "keys" / f"token-{number}.key").write_bytes(bytes([number]) * 32)

    signing = open_ring(tmp_path / "keys", tmp_path / "operator.key", secret).signing

    assert len(signing) == KEYS_SHOWN_MAX
    assert signing[0].private.private_bytes_raw() == bytes([12]) * 32
    assert signing[-1].private.private_bytes_raw() == bytes([3]) * 32


def test_a_file_that_a_crash_left_half_written_is_written_again(tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir(mode=0o700)
    (tmp_path / "keys" / "contact.new").write_bytes(b"half")

    assert len(open_ring(tmp_path / "keys", tmp_path / "operator.key", secret).contact) == 32


def test_a_damaged_key_stops_the_start(tmp_path: Path) -> None:
    open_ring(tmp_path / "keys", tmp_path / "operator.key", secret)
    (tmp_path / "keys" / "token-1.key").write_bytes(b"short")

    with pytest.raises(ValueError, match="32"):
        open_ring(tmp_path / "keys", tmp_path / "operator.key", secret)


def test_hashes_and_codes_depend_on_the_key(tmp_path: Path) -> None:
    one, other = (open_ring(tmp_path / name, tmp_path / "operator.key", secret) for name in ("one", "other"))

    assert one.keyed_hash(HashedKind.EMAIL, "ana@example.com") != other.keyed_hash(HashedKind.EMAIL, "ana@example.com")
    assert one.keyed_hash(HashedKind.EMAIL, "1") != one.keyed_hash(HashedKind.PHONE, "1")
    assert one.code_digits("cod_1", "ana@example.com", 6) != one.code_digits("cod_2", "ana@example.com", 6)
