"""The pytest plugin: fixtures that give every test a Toplyne of its own.

Nothing heavy is imported before a fixture is used: a project that has the sandbox installed and
does not use it pays nothing, and coverage that starts later sees all.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    import httpx

    from mock_server.server.socket_server import MockServer
    from mock_server.testing.isolated_tenant import Segment, Toplyne
    from sandbox.segment.definition import Rules
    from sandbox.workspace import Workspace

MARKER = (
    'toplyne(rules="documented", allow_refused=False, allow_dropped=False, allow_suspicious=True): '
    "by which rules the mock checks, and whether refused calls, dropped messages, and requests "
    "that are accepted and surely wrong fail the test"
)
COVERAGE = "toplyne-coverage"
_OPTIONS = {
    "rules": "documented",
    "allow_refused": False,
    "allow_dropped": False,
    "allow_suspicious": True,
}


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the options of rule coverage; each of them turns it on."""
    group = parser.getgroup("toplyne", "rule coverage of the mappings behind the fixture `segment`")
    group.addoption(
        "--toplyne-coverage",
        action="store_true",
        help="tell which clauses and fields of each mapping were seen, and how to see the rest",
    )
    group.addoption(
        "--toplyne-coverage-fail-under",
        type=float,
        metavar="PERCENT",
        help="fail where less of the mappings was seen",
    )
    group.addoption(
        "--toplyne-coverage-json", metavar="FILE", help="write the rule coverage there, as JSON"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Declare the marker, and start rule coverage where it is asked for."""
    config.addinivalue_line("markers", MARKER)
    option = config.option
    asked = (option.toplyne_coverage_fail_under is not None, option.toplyne_coverage_json)
    if option.toplyne_coverage or any(asked):
        from mock_server.testing.coverage_plugin import RuleCoverage

        config.pluginmanager.register(RuleCoverage(config), COVERAGE)


class Servers:
    """The mock servers of one process, one for each word of the rules, started when asked for."""

    def __init__(self) -> None:
        """Start none."""
        self._open = ExitStack()
        self._by_rules: dict[Rules, MockServer] = {}

    def by(self, rules: Rules) -> MockServer:
        """Return the running server that checks by these rules."""
        from mock_server.server.socket_server import MockServer

        if rules not in self._by_rules:
            self._by_rules[rules] = self._open.enter_context(MockServer(rules=rules))
        return self._by_rules[rules]

    def tenant(self, *, rules: Rules = "documented") -> AbstractContextManager[Toplyne]:
        """Return a tenant of its own for the time of a `with`: for tests with `@given`.

        >>> @settings(deadline=None)  # an example is a real call
        ... @given(event=events(type="track"))
        ... def test_every_event_arrives(toplyne_servers, event):
        ...     with toplyne_servers.tenant() as toplyne:
        ...         send(event, toplyne.api_url, toplyne.token)
        ...         assert len(toplyne.events) == 1
        """
        from mock_server.testing.isolated_tenant import tenant

        return tenant(self.by(rules))

    def close(self) -> None:
        """Stop all."""
        self._open.close()


@pytest.fixture(scope="session")
def toplyne_servers() -> Iterator[Servers]:
    """The mock servers of this process; `.tenant()` gives a Toplyne per generated example."""
    servers = Servers()
    yield servers
    servers.close()


@pytest.fixture
def toplyne(request: pytest.FixtureRequest, toplyne_servers: Servers) -> Iterator[Toplyne]:
    """A Toplyne of the test's own: url, api_url, token, client, profiles, accounts, events.

    A refused call fails the test when it ends, and says why, unless the marker allows it.
    """
    options = _options(request)
    with toplyne_servers.tenant(rules=options["rules"]) as own:
        yield own
        refused = own.refused()
        if refused and not options["allow_refused"]:
            pytest.fail(_complaint("Toplyne refused", "call", refused, "refused"), pytrace=False)
        if not options["allow_suspicious"] and (odd := own.suspicious()):
            pytest.fail(_suspicious(odd), pytrace=False)


@pytest.fixture
def toplyne_workspace() -> Workspace | None:
    """The workspace `segment` serves; override it with your own. None is the three presets."""
    return None


@pytest.fixture
def segment(
    request: pytest.FixtureRequest, toplyne_workspace: Workspace | None
) -> Iterator[Segment]:
    """Segment's Tracking API with a workspace, and a Toplyne behind it, both the test's own.

    Point an SDK at `segment.url` with `segment.write_key`, call `segment.flush()`, and look at
    `segment.toplyne` and `segment.ledger`. A dropped message or a refused call fails the test when
    it ends, and says why, unless the marker allows it.
    """
    from mock_server.server.socket_server import MockServer
    from mock_server.testing.isolated_tenant import Segment

    options = _options(request)
    with MockServer(rules=options["rules"], workspace=toplyne_workspace) as server:
        own = Segment(server)
        yield own
        own.flush()
        if coverage := request.config.pluginmanager.get_plugin(COVERAGE):
            coverage.look_at(server, options["rules"])
        _judge(own, options)


@pytest.fixture
def toplyne_intercepted(
    request: pytest.FixtureRequest, toplyne_workspace: Workspace | None
) -> Iterator[MockServer]:
    """A mock that code with the hosts written into it reaches, in this process and its children.

    What is sent to https://api.toplyne.io or https://api.segment.io, with whatever key, ends here;
    `toplyne-sandbox run` says how. A dropped message or a refused call fails the test as in
    `segment`.
    """
    from mock_server.intercept.this_process import intercepted
    from mock_server.testing.isolated_tenant import Segment

    options = _options(request)
    with intercepted(rules=options["rules"], workspace=toplyne_workspace) as server:
        yield server
        server.flush()
        _judge(Segment(server), options)


def _judge(own: Segment, options: dict[str, Any]) -> None:
    """Fail the test for what was dropped, refused or suspicious, unless it allows that."""
    if not options["allow_dropped"] and (dropped := own.dropped()):
        pytest.fail(_complaint("Segment dropped", "message", dropped, "dropped"), pytrace=False)
    if not options["allow_refused"] and (refused := own.refused()):
        pytest.fail(_complaint("Toplyne refused", "call", refused, "refused"), pytrace=False)
    if not options["allow_suspicious"] and (odd := own.suspicious()):
        pytest.fail(_suspicious(odd), pytrace=False)


@pytest.fixture
def toplyne_transport(toplyne: Toplyne) -> httpx.BaseTransport:
    """The same Toplyne in process, for `httpx.Client(transport=…)`; it needs the token as well."""
    from mock_server.testing.transport import MockTransport

    return MockTransport(toplyne._server.mock)


def _options(request: pytest.FixtureRequest) -> dict[str, Any]:
    options = dict(_OPTIONS)
    marker = request.node.get_closest_marker("toplyne")
    given = marker.kwargs if marker else {}
    unknown = [name for name in given if name not in options]
    if unknown or (marker and marker.args):
        known = ", ".join(options)
        raise pytest.UsageError(
            f"@pytest.mark.toplyne takes {known} by name; {request.node.nodeid} gives it "
            f"{', '.join(unknown) or 'values without a name'}."
        )
    return {**options, **given}


def _suspicious(listed: list[str]) -> str:
    return "Toplyne accepted what is surely wrong:\n" + "\n".join(listed)


def _complaint(what: str, noun: str, listed: list[str], word: str) -> str:
    number = f"1 {noun}" if len(listed) == 1 else f"{len(listed)} {noun}s"
    lines = "\n".join(listed)
    return (
        f"{what} {number}:\n{lines}\n"
        f"Where that is what the test wants: @pytest.mark.toplyne(allow_{word}=True)."
    )
