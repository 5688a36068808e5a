"""`check server`: the server under test, beside the mock that knows the right answers."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager

from sandbox.check.asking import Server
from sandbox.check.server import ServerSubject
from sandbox.segment.definition import Rules


@contextmanager
def server_under_test(
    url: str, rules: Rules, *, api_key: str, timeout: float
) -> Iterator[ServerSubject]:
    """Yield the server, once it has accepted the key; raises CheckError if it does not."""
    from mock_server.reference import MockReference

    with Server(url, api_key, timeout=timeout) as server, MockReference(rules) as reference:
        server.greet()
        yield ServerSubject(server, reference, secrets.token_hex(4))
