"""Calls are counted by network address, and only a trusted proxy may name the address of its client."""

import pytest

from services.kit.values.addresses import Addresses
from services.kit.values.config import from_environment

GATEWAYS = "10.0.0.0/8, 2001:db8::/32"


@pytest.mark.parametrize(
    ("peer", "whose"),
    [
        ("ipv4:10.0.0.7:51344", "10.0.0.7"),
        ("ipv6:%5B2001:db8::1%5D:443", "2001:db8::/64"),
        ("ipv6:%5B::ffff:10.0.0.7%5D:443", "10.0.0.7"),
        ("unix:/tmp/eventhub", "unix:/tmp/eventhub"),
    ],
)
def test_a_caller_without_a_token_is_counted_by_address(peer: str, whose: str) -> None:
    assert Addresses("").of(peer, "") == whose
    assert Addresses("").of(peer, "203.0.113.9") == whose, "nobody is believed"
    assert Addresses(GATEWAYS).of(peer, "") == whose


@pytest.mark.parametrize(
    "peer", ["ipv4:10.0.0.7:51344", "ipv6:%5B2001:db8::1%5D:443", "ipv6:%5B::ffff:10.0.0.7%5D:443"]
)
def test_a_proxy_is_believed_only_for_the_address_it_has_seen(peer: str) -> None:
    assert Addresses(GATEWAYS).of(peer, "made up, 203.0.113.9") == "203.0.113.9"


def test_a_host_that_chooses_its_own_addresses_is_counted_as_one() -> None:
    seen = {Addresses(GATEWAYS).of("ipv4:10.0.0.7:443", f"2001:db8:1:2:{n:x}::{n:x}") for n in range(1, 17)}

    assert seen == {"2001:db8:1:2::/64"}
    assert Addresses(GATEWAYS).of("ipv4:10.0.0.7:443", "2001:db8:1:3::1") not in seen


@pytest.mark.parametrize("peer", ["ipv4:203.0.113.7:51344", "ipv6:%5Bfe80::1%5D:443", "unix:/tmp/eventhub"])
def test_others_are_not(peer: str) -> None:
    assert Addresses(GATEWAYS).of(peer, "198.51.100.1") == Addresses("").of(peer, "")


def test_a_malformed_network_ends_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EVENTHUB_GATEWAYS", "10.0.0.0/8, the gateway")

    with pytest.raises(ValueError, match="the gateway"):
        from_environment()
