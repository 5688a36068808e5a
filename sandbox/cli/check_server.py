"""`check server`: the server under test, beside the mock that knows the right answers."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from typing import ClassVar

from sandbox.check.asking import Server
from sandbox.check.failure import Failure, Kind, Report
from sandbox.check.failures import Reproduction
from sandbox.check.http_calls import Call, Reference, read_call
from sandbox.check.reproducing_server import reproduced
from sandbox.check.server import check_server, passes
from sandbox.cli.check_runs import CheckOptions
from sandbox.segment.definition import Rules
from sandbox.segment.javascript import Json


@contextmanager
def server_under_test(
    url: str, rules: Rules, *, api_key: str, timeout: float
) -> Iterator[ServerSubject]:
    """Yield the server, once it has accepted the key; raises CheckError if it does not."""
    from mock_server.reference import MockReference

    with Server(url, api_key, timeout=timeout) as server, MockReference(rules) as reference:
        server.greet()
        yield ServerSubject(server, reference, secrets.token_hex(4), count())


@dataclass(frozen=True)
class ServerSubject:
    """A server under test; `own` starts every id, so that no other check has used it."""

    check: ClassVar[Kind] = "server"
    server: Server
    reference: Reference
    own: str
    numbers: Iterator[int]

    def read(self, case: dict[str, Json]) -> tuple[Call, ...]:
        """Return the calls of a saved case."""
        return tuple(read_call(call) for call in case["calls"])

    def passes(self, case: tuple[Call, ...]) -> bool:
        """Return whether the server answers the calls right."""
        return passes(self.server, self.reference, case, own=f"{self.own}-{next(self.numbers)}")

    def report(
        self, options: CheckOptions, first: list[tuple[Call, ...]], tick: Callable[[], None]
    ) -> Report:
        """Check the server."""
        return check_server(
            self.server,
            self.reference,
            own=self.own,
            max_examples=options.max_examples,
            seed=options.seed,
            first=first,
            tick=tick,
        )

    def reproduced(self, failure: Failure) -> Reproduction:
        """Return how to show a failure again."""
        return reproduced(failure, self.server.url)
