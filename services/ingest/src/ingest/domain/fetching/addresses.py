"""Which network addresses a feed may live at: public ones, so that no feed can make us speak to our own machines.

Python's `is_global` alone is no filter: it is true for the NAT64 and 6to4 forms of 169.254.169.254, for multicast
and for fec0::1. So transition ranges are refused whole, and an IPv4 address inside a mapped one is judged itself.
"""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

_REFUSED = tuple(
    ip_network(block)
    for block in (
        "100.64.0.0/10",  # carrier-grade NAT
        "192.0.0.0/24",  # protocol assignments
        "192.88.99.0/24",  # 6to4 relays
        "198.18.0.0/15",  # benchmarks
        "240.0.0.0/4",
        "64:ff9b::/96",  # NAT64
        "64:ff9b:1::/48",  # NAT64, local use
        "2002::/16",  # 6to4
        "2001::/32",  # Teredo
        "fec0::/10",  # site-local
        "fc00::/7",
        "fe80::/10",
    )
)

PUBLIC_PORTS = frozenset({80, 443, 8080, 8443})
"""Ports a feed may be served on."""


def is_public(address: str) -> bool:
    """Tell whether an IP address, as text, belongs to the public internet."""
    try:
        parsed = ip_address(address.split("%", 1)[0])
    except ValueError:
        return False
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped is not None:
        return _is_public(parsed.ipv4_mapped)
    return _is_public(parsed)


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    if not address.is_global or address.is_multicast or address.is_reserved or address.is_unspecified:
        return False
    return not any(address in block for block in _REFUSED if block.version == address.version)
