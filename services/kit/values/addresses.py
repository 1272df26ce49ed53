"""Network addresses of callers, for limits per address."""

import ipaddress
from functools import lru_cache

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

ADDRESS_LENGTH_MAX = 64
NETWORK_BITS = 64


def networks(text: str) -> tuple[Network, ...]:
    """Parses networks such as "10.0.0.0/8,fd00::/8". Raises ValueError."""
    return tuple(ipaddress.ip_network(part.strip()) for part in text.split(",") if part.strip())


class Addresses:
    """Finds the address that a call counts for, also behind a proxy."""

    def __init__(self, gateways: str) -> None:
        """gateways: networks of trusted proxies. x-forwarded-for is believed only from them: any other client could
        write a new address into it with every call."""
        self._gateways = networks(gateways)

    def of(self, peer: str, forwarded: str) -> str:
        """The address that a call counts for.

        peer: gRPC's name for the remote end, such as "ipv4:10.0.0.7:51344".
        forwarded: the header x-forwarded-for; empty without one. Only its last address is used, which the proxy itself
        has added; a client can make up the others.
        """
        seen = address(peer)
        if forwarded and self._gateways and is_in(seen, self._gateways):
            return counted(forwarded.rpartition(",")[2].strip()[:ADDRESS_LENGTH_MAX])
        return counted(seen)

    def by_host(self, host: str) -> str:
        """The address that a connection from a host counts for; empty for a proxy, which forwards many clients."""
        return "" if is_in(host, self._gateways) else counted(host)


def address(peer: str) -> str:
    """The address in a gRPC peer such as "ipv4:10.0.0.7:51344"."""
    kind, _, rest = peer.partition(":")
    return rest.rpartition(":")[0] if kind in ("ipv4", "ipv6") else peer


def parsed(found: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """Parses an address, with or without gRPC's percent-encoded brackets. An IPv4 address that a dual-stack socket
    shows as "::ffff:10.0.0.7" becomes IPv4 again. Raises ValueError."""
    ip = ipaddress.ip_address(found.removeprefix("%5B").removesuffix("%5D"))
    return ip if isinstance(ip, ipaddress.IPv4Address) else ip.ipv4_mapped or ip


@lru_cache(maxsize=10_000)
def counted(found: str) -> str:
    """The text by which an address is counted. For IPv6 it is the /64 network, because a host can take any number of
    addresses inside its own. Text that is no address stays as it is."""
    try:
        ip = parsed(found)
    except ValueError:
        return found
    if isinstance(ip, ipaddress.IPv4Address):
        return str(ip)
    return str(ipaddress.ip_network((ip.packed, NETWORK_BITS), strict=False))


@lru_cache(maxsize=1_000)
def is_in(found: str, gateways: tuple[Network, ...]) -> bool:
    """Whether an address is in one of the networks; False for text that is no address."""
    try:
        ip = parsed(found)
    except ValueError:
        return False
    return any(ip in network for network in gateways)
