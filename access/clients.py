"""Whom an address counts for, wherever requests, connections or guesses are counted."""

from ipaddress import IPv6Address, ip_address, ip_network


def client_behind(address: str) -> str:
    """Whom an address counts for: by IPv6 a client has a whole /64, and a new address a request."""
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if not isinstance(parsed, IPv6Address):
        return address
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ip_network((parsed, 64), strict=False))
