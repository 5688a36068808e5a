"""Upstream: connections to hosts that are not caught, through the user's proxy if there is one."""

import asyncio
import ssl
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import unquote, urlsplit

from mock_server.intercept.relay import Streams

SECONDS_TO_CONNECT: Final = 30.0
PROXIES: Final = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


class InvalidProxy(ValueError):
    """One of the user's proxies cannot be used. The message says why."""


class Proxy(NamedTuple):
    """A proxy: its address, and its Proxy-Authorization line, empty without a user."""

    host: str
    port: int
    authorization: bytes


@dataclass(frozen=True, slots=True)
class Upstream:
    """How other hosts are reached, according to the user's environment.

    `proxies` has the values of the variables PROXIES. `bundle` has the certificates for checking an
    https host if a client leaves the encryption to its proxy.
    """

    proxies: Mapping[str, str]
    bundle: Path

    def proxy_for(self, host: str, *, tls: bool) -> Proxy | None:
        """Return the user's proxy for a host, or None if it is reached without one."""
        name = "https_proxy" if tls else "http_proxy"
        url = self.proxies.get(name) or self.proxies.get("all_proxy")
        if not url or bypasses(self.proxies.get("no_proxy", ""), host):
            return None
        return proxy_of(url)

    async def connect(self, host: str, port: int, *, tls: bool = False) -> Streams:
        """Open a connection. Raises OSError."""
        context = ssl.create_default_context(cafile=self.bundle) if tls else None
        async with asyncio.timeout(SECONDS_TO_CONNECT):
            return await asyncio.open_connection(host, port, ssl=context)


def proxies_of(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the user's proxy variables by their names in lower case, which take precedence.

    Raises InvalidProxy for a proxy that does not speak HTTP.
    """
    given = {name: environment.get(name) or environment.get(name.upper(), "") for name in PROXIES}
    found = {name: value for name, value in given.items() if value}
    for name, value in found.items():
        if name != "no_proxy":
            try:
                proxy_of(value)
            except ValueError:
                raise InvalidProxy(
                    f"{name.upper()} is {_without_password(value)!r}, but only proxies like"
                    " http://host:port are supported. Unset it, or use --deny-others"
                ) from None
    return found


def bypasses(no_proxy: str, host: str) -> bool:
    """Return whether a host is reached without a proxy, according to a value of NO_PROXY.

    Its entries are names, which include their subdomains, addresses, networks, or `*`.
    """
    return any(_covers(entry.strip().lower(), host) for entry in no_proxy.split(","))


def _covers(entry: str, host: str) -> bool:
    if not entry or entry == "*":
        return bool(entry)
    try:
        return ip_address(host) in ip_network(entry, strict=False)
    except ValueError:
        name = entry.partition(":")[0].lstrip("*").lstrip(".")
        return host == name or host.endswith(f".{name}")


def proxy_of(url: str) -> Proxy:
    """Return the proxy at a URL. Raises ValueError if it does not speak HTTP."""
    parts = urlsplit(url if "://" in url else f"http://{url}")
    if parts.scheme != "http" or not parts.hostname:
        raise ValueError(url)
    line = b""
    if parts.username is not None:
        user = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        line = b"Proxy-Authorization: Basic " + b64encode(user.encode())
    return Proxy(parts.hostname, parts.port or 80, line)


def _without_password(url: str) -> str:
    return url if "@" not in url else f"…@{url.rpartition('@')[2]}"
