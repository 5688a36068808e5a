"""Guard: which Host and Origin may call this server.

Any web page can make a browser send requests to a port of the user's own machine. Such a request
has a foreign Origin or, after DNS rebinding, a foreign Host. Both are refused.
"""

from collections.abc import Iterable
from functools import lru_cache
from typing import Final
from urllib.parse import urlsplit

from mock_server.exchange import Received, broken
from sandbox.loopback import is_loopback
from sandbox.values import Problem

RULE: Final = "own-host"
_OWN: Final = frozenset({"localhost", "127.0.0.1"})


class Guard:
    """The names a server answers to."""

    def __init__(self, hosts: Iterable[str] = ()) -> None:
        """Answer to the names of this machine and to `hosts`, on any port."""
        self._names = _OWN | {name.strip("[]").lower() for name in hosts}

    def refusal(
        self, received: Received, *, any_origin: bool = False, any_host: bool = False
    ) -> Problem | None:
        """Return why a request is refused, or None.

        A request without Host is allowed: no browser sends one. `any_origin` is for paths that
        pages of other sites are meant to call.
        """
        named = received.headers.by_name
        hosts = named.get("host", ())
        for host in hosts:
            if not any_host and not _is_among(self._names, host):
                return _foreign(host, ", ".join(sorted(self._names)))

        if "origin" not in named or any_origin:
            return None
        origin = ",".join(named["origin"])
        own = {f"{scheme}://{host.lower()}" for scheme in ("http", "https") for host in hosts}
        if origin.lower() not in own:
            return broken(
                RULE,
                f"The Origin {origin[:100]!r} is another site. Pages of other sites may not call"
                " this server.",
                found=origin[:100],
                expected="no Origin, or the server's own",
            )
        return None


@lru_cache(maxsize=100)  # bounded: a Host may name any port
def _is_among(names: frozenset[str], host: str) -> bool:
    name = _name_of(host)
    return name is not None and (is_loopback(name) or name.removesuffix(".") in names)


def _foreign(host: str, names: str) -> Problem:
    found = host[:100]
    allowed = _name_of(found) or "NAME"
    return broken(
        RULE,
        f"The Host {found!r} is not a name of this server ({names}). Start it with"
        f" `--allow-host {allowed}`, or allowed_hosts={[allowed]!r} in Python, to allow it.",
        found=found,
        expected=f"one of {names}",
    )


def is_to_this_machine(received: Received) -> bool:
    """Return whether a request names a loopback host, not a host that the server impersonates."""
    return all(is_loopback(_name_of(host) or "") for host in received.header_values("host"))


def _name_of(host: str) -> str | None:
    try:
        return urlsplit(f"//{host}").hostname
    except ValueError:
        return None
