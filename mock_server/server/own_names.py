"""Own names: by what other machines reach a server that listens on all addresses."""

from __future__ import annotations

import socket
from contextlib import closing
from ipaddress import ip_address
from typing import Final

_ELSEWHERE: Final = ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1"))
"""Addresses of documentation (RFC 5737, RFC 3849); nothing is sent to them."""


def own_names(host: str) -> tuple[str, ...]:
    """Return what a listening address is called by clients, the best first.

    An address is itself; all addresses (`0.0.0.0`, `::`) are the ones from which this machine
    would reach others, its name, and the loopback.
    """
    try:
        is_all = ip_address(host).is_unspecified
    except ValueError:
        is_all = not host
    if not is_all:
        return (host,)
    found = [*_outward(), socket.gethostname().lower(), "127.0.0.1"]
    return tuple(dict.fromkeys(found))


def _outward() -> list[str]:
    found = []
    for family, elsewhere in _ELSEWHERE:
        with closing(socket.socket(family, socket.SOCK_DGRAM)) as probe:
            try:
                probe.connect((elsewhere, 9))
            except OSError:  # no way there
                continue
            found.append(str(probe.getsockname()[0]))
    return found
