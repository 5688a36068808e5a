"""This process: catch the calls it makes itself, and those of the children it starts."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from mock_server.intercept.environment import GIVEN_BACK
from mock_server.intercept.interception import Interception, catching_server
from mock_server.intercept.preload import Preload

if TYPE_CHECKING:
    from mock_server.server.socket_server import MockServer


@contextmanager
def intercepted(**choices: Any) -> Iterator[MockServer]:
    """Catch what is sent to the hosts, for the time of a `with`; `choices` are MockServer's.

    Where pytest-socket lets no socket be made, sockets may be made meanwhile, and reach this
    machine only.
    """
    guard = sys.modules.get("pytest_socket")
    is_guarded = guard is not None and socket.socket.__module__ == "pytest_socket"
    if guard is not None and is_guarded:
        guard.enable_socket()
    with (
        catching_server(**choices) as server,
        Interception(server, os.environ, deny_others=is_guarded) as caught,
    ):
        preload = Preload(**caught.preload)
        before = {name: os.environ.get(name) for name in caught.variables}
        os.environ.update({n: v for n, v in caught.variables.items() if n not in GIVEN_BACK})
        preload.install()
        try:
            yield server
        finally:
            preload.remove()
            for name, value in before.items():
                if value is None:
                    os.environ.pop(name, None)
                else:
                    os.environ[name] = value
