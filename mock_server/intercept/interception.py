"""Interception: the gateway, files and variables of one run, from its start to its end."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

from mock_server.intercept.bundles import bundle_of
from mock_server.intercept.environment import GIVEN_BACK, CommandVariables, RunFolder
from mock_server.intercept.gateway import Gateway
from mock_server.intercept.preload import RUN, Preload, set_variables
from mock_server.intercept.upstream import Upstream, proxies_of
from mock_server.server.certificates import Authority

if TYPE_CHECKING:
    from mock_server.server.socket_server import MockServer

HOSTS: Final = ("api.toplyne.io", "api.segment.io", "cdn.segment.com", "events.eu1.segmentapis.com")
"""The hosts that are always caught: Toplyne's, and those of Segment's SDKs."""

_WATCHDOG: Final = Path(__file__).parent / "watchdog.py"


def catching_server(
    hosts: tuple[str, ...] = HOSTS, *, any_key: bool = True, **choices: Any
) -> MockServer:
    """Return a mock that also answers for `hosts`. `choices` are the arguments of MockServer.

    With `any_key` every unknown API token counts as the default tenant's, and every unknown write
    key as the first source's.
    """
    from mock_server.segment.segment_choices import SegmentChoices  # noqa: PLC0415 - as below
    from mock_server.server.socket_server import MockServer  # noqa: PLC0415 - not needed if the caller has a server

    segment = SegmentChoices(any_write_key=any_key)
    server = MockServer(allowed_hosts=hosts, segment=segment, **choices)
    if any_key:
        server.mock.tokens.for_unknown = server.mock.default
    return server


class Interception:
    """Catches the calls to some hosts. A context manager.

    A process with `variables` in its environment is caught. `preload` has the arguments of the
    Preload for this process. The server must answer for the hosts:
    MockServer(allowed_hosts=hosts).
    """

    def __init__(
        self,
        server: MockServer,
        environment: Mapping[str, str],
        *,
        hosts: tuple[str, ...] = HOSTS,
        deny_others: bool = False,
        java: bool = True,
    ) -> None:
        """Catch `hosts` for a running server. `environment` is that of the process to catch.

        Raises InvalidProxy and NoBundle if the environment names a proxy or certificates that
        cannot be used, and OSError if a folder cannot be made.
        """
        self.hosts = hosts
        self.loaded: Counter[str] = Counter()
        self.outlived: tuple[str, ...] = ()
        self.folder = RunFolder.temporary()
        with ExitStack() as undo:
            self._watchdog = _watchdog_of(self.folder.path)
            undo.callback(self.end_children)
            self.folder.make()
            self.authority = authority = Authority(hosts)
            bundle = self.folder.write("others.pem", bundle_of(environment, "SSL_CERT_FILE"))
            upstream = None if deny_others else Upstream(proxies_of(environment), bundle)
            context = authority.server_context(hosts, folder=self.folder.path)
            self.gateway = Gateway(server.serving, hosts, context, upstream)
            undo.callback(self.gateway.stop)
            port, pem = self.gateway.port, authority.pem
            variables = CommandVariables(environment, self.folder, pem, hosts, port)
            own = {
                "TOPLYNE_API_URL": server.api_url,
                "TOPLYNE_API_KEY": server.token,
                "SEGMENT_WRITE_KEY": server.write_key,
            }
            self.variables = variables.all(own, java=java)
            self.preload: dict[str, Any] = {
                "hosts": hosts,
                "port": port,
                "certificate": pem.decode("ascii"),
                "deny": deny_others,
                "variables": self.variables,
            }
            self.folder.write_preloads(self.preload, environment)
            self._undo = undo.pop_all()

    def watch(self, what: str, value: object) -> None:
        """Tell the watchdog which processes belong to the run, by `command` or `network`."""
        print(what, value, file=self._watchdog.stdin, flush=True)

    def end_children(self) -> None:
        """End the processes that outlived the command, remove the folder, and fill `outlived`."""
        if self._watchdog.returncode is None:
            if self._watchdog.poll() is not None:  # the command has killed it
                self._watchdog = _watchdog_of(self.folder.path)
            self.watch("command", 0)  # another process may have the same number by now
            self.loaded.update(self.folder.loaded)
            told, _ = self._watchdog.communicate()
            self.outlived = tuple(line.partition(" ")[2] for line in told.splitlines())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with self._undo:
            self.end_children()


def _watchdog_of(folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-I", "-S", str(_WATCHDOG), str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={RUN: ""},  # so that the watchdog of an outer run does not end it
        start_new_session=True,
        encoding="utf-8",
    )


@contextmanager
def intercepted(**choices: Any) -> Iterator[MockServer]:
    """Catch what this process sends to the hosts. `choices` are the arguments of MockServer.

    If pytest-socket forbids sockets, they are allowed meanwhile, but only to this machine.
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
            set_variables(before)
