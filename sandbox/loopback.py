"""Loopback: which hosts are this machine itself."""

from ipaddress import IPv6Address, ip_address


def is_loopback(host: str) -> bool:
    """Return whether the host name or address is this machine's loopback."""
    try:
        address = ip_address(host)
    except ValueError:
        name = host.lower().removesuffix(".")
        return name == "localhost" or name.endswith(".localhost")  # RFC 6761, 6.3
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return (mapped or address).is_loopback
