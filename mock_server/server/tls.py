"""TLS: what a server shows its clients, and the file that makes them trust it."""

import ssl
from collections.abc import Iterable
from contextlib import ExitStack
from typing import Final

from mock_server.server.certificates import Authority

_LOOPBACK: Final = ("localhost", "127.0.0.1", "::1")


class Tls:
    """The certificates of one server; `ca_file` is the path of the one that clients must trust."""

    def __init__(self, hosts: Iterable[str]) -> None:
        """Make them for these names and addresses, and those of this machine's loopback."""
        authority = Authority()
        names = dict.fromkeys((*_LOOPBACK, *(host.strip("[]").lower() for host in hosts)))
        self.context = authority.server_context(names)
        self._folder = ExitStack()
        self.ca_file = str(self._folder.enter_context(authority.written()))

    def client_context(self) -> ssl.SSLContext:
        """Return what a client needs to trust this server and no other."""
        return ssl.create_default_context(cafile=self.ca_file)

    def close(self) -> None:
        """Remove the file; again does nothing."""
        self._folder.close()
