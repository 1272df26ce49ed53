"""Where calls come from: callers without a name are counted by their address."""

import ipaddress
from functools import lru_cache

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

ADDRESS_LENGTH_MAX = 64
NETWORK_BITS = 64


def networks(text: str) -> tuple[Network, ...]:
    """Networks such as "10.0.0.0/8,fd00::/8". Raises ValueError."""
    return tuple(ipaddress.ip_network(part.strip()) for part in text.split(",") if part.strip())


class Addresses:
    """Finds a caller's address, behind a gateway too."""

    def __init__(self, gateways: str) -> None:
        """gateways: the networks of what stands in front and says in x-forwarded-for whom it calls for. Others are not
        believed: they would count as somebody new with every call."""
        self._gateways = networks(gateways)

    def of(self, peer: str, forwarded: str) -> str:
        """A caller's address, as it is counted. peer: gRPC's name for the other end. forwarded: x-forwarded-for, empty
        without; the last address in it is the one that the gateway itself has seen."""
        seen = address(peer)
        if forwarded and self._gateways and is_in(seen, self._gateways):
            return counted(forwarded.rpartition(",")[2].strip()[:ADDRESS_LENGTH_MAX])
        return counted(seen)

    def by_host(self, host: str) -> str:
        """What a connection from a host is counted by; empty for a gateway, which stands for many."""
        return "" if is_in(host, self._gateways) else counted(host)


def address(peer: str) -> str:
    """The address in a gRPC peer such as "ipv4:10.0.0.7:51344"."""
    kind, _, rest = peer.partition(":")
    return rest.rpartition(":")[0] if kind in ("ipv4", "ipv6") else peer


def parsed(found: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """An address from its text, gRPC's percent-encoded brackets included. A socket for both kinds shows addresses of
    IPv4 as "::ffff:10.0.0.7": they are IPv4. Raises ValueError."""
    ip = ipaddress.ip_address(found.removeprefix("%5B").removesuffix("%5D"))
    return ip if isinstance(ip, ipaddress.IPv4Address) else ip.ipv4_mapped or ip


@lru_cache(maxsize=10_000)
def counted(found: str) -> str:
    """What an address is counted as: one of IPv6 as its network of 64 bits, in which a host chooses its own address as
    often as it likes. Text that is no address stays as it is."""
    try:
        ip = parsed(found)
    except ValueError:
        return found
    if isinstance(ip, ipaddress.IPv4Address):
        return str(ip)
    return str(ipaddress.ip_network((ip.packed, NETWORK_BITS), strict=False))


@lru_cache(maxsize=1_000)
def is_in(found: str, gateways: tuple[Network, ...]) -> bool:
    """Whether an address is in one of some networks; what is no address is not."""
    try:
        ip = parsed(found)
    except ValueError:
        return False
    return any(ip in network for network in gateways)
