"""The pytest plugin: fixtures that give every test its own mock of Toplyne.

It imports nothing of the sandbox before a fixture is used. So it does not slow down a project that
has it installed but does not use it, such a project may have its own folder `sandbox` or
`mock_server`, and coverage that starts later measures everything.
"""

from __future__ import annotations

import os
import re
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from toplyne_sandbox import loaded, shadowed

if TYPE_CHECKING:
    from mock_server.server.socket_server import MockServer
    from mock_server.testing.isolated_tenant import Segment, Toplyne
    from mock_server.testing.requests_adapter import MockAdapter
    from mock_server.testing.transport import MockTransport
    from sandbox.segment.definition import Rules
    from sandbox.workspace import Workspace

MARKER = (
    'toplyne(rules="documented", allow_refused=False, allow_dropped=False, suspicious="warn", '
    'unmet="fail", time_scale=1, synchronous=False): the rules of the mock; whether refused calls, '
    "dropped messages, surely wrong but accepted requests and unmet faults fail the test; how fast "
    "`segment` retries, and whether it answers after it has delivered"
)
COVERAGE = "toplyne-coverage"
_WIDER = (
    "A fixture of toplyne-sandbox belongs to one test. For a fixture of a wider scope, use"
    " `toplyne_servers.tenant()` (Toplyne) or `mock_server.MockServer()` (Toplyne and Segment)."
)
_CHECKS = "mock_server.testing.fixture_checks"
_SERVERS = pytest.StashKey["Servers"]()
_OWN = pytest.StashKey["Toplyne"]()
_running: list[pytest.Item] = []
"""The current test: it is being set up, run or torn down.

A fixture with the argument `request` would make pytest inspect two signatures for every test.
"""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the options of rule coverage. Each of them turns it on."""
    group = parser.getgroup("toplyne", "rule coverage of the mappings of the fixture `segment`")
    group.addoption(
        "--toplyne-coverage",
        action="store_true",
        help="report which clauses and fields of each mapping the tests covered, how to cover the "
        "rest, and which calls and answers occurred",
    )
    group.addoption(
        "--toplyne-coverage-fail-under",
        type=float,
        metavar="PERCENT",
        help="fail if less of the mappings was covered",
    )
    group.addoption(
        "--toplyne-coverage-json", metavar="FILE", help="write the rule coverage to FILE, as JSON"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Declare the marker, and start rule coverage if an option turns it on."""
    config.addinivalue_line("markers", MARKER)
    option = config.option
    asked = (option.toplyne_coverage_fail_under is not None, option.toplyne_coverage_json)
    if option.toplyne_coverage or any(asked):
        if sentence := _hidden():
            raise pytest.UsageError(sentence)

        from mock_server.testing.coverage_plugin import RuleCoverage

        config.pluginmanager.register(RuleCoverage(config), COVERAGE)


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Report mistakes in the markers, each once and before any test runs."""
    report = yield
    items = [each for each in report.result or () if isinstance(each, pytest.Item)]
    if any(item.get_closest_marker("toplyne") for item in items) and not _hidden():
        from mock_server.testing.fixture_checks import mistakes_in

        if mistakes := mistakes_in(items):
            report.outcome, report.longrepr, report.result = "failed", "\n".join(mistakes), []
    return report


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None]:
    """Note the current test, and say more in the report of a set-up that fails."""
    _running[:] = [item]
    try:
        yield
    except BaseException as error:
        if re.search("ScopeMismatch(?s:.)*mock_server.testing.pytest_plugin.py", str(error)):
            raise pytest.fail.Exception(f"{error}\n\n{_WIDER}", pytrace=False) from None
        _tell(item, "setup")
        raise


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None]:
    """Check a test's calls as a part of the test, so that it fails once and says why."""
    try:
        yield
    except BaseException:
        _tell(item, "call")
        raise
    if checks := loaded.get(_CHECKS):
        checks.judge(item)


def _tell(item: pytest.Item, when: str) -> None:
    if checks := loaded.get(_CHECKS):
        checks.tell(item, when)


def _hidden() -> str:
    """Return a sentence about the folder that hides one of our packages, or an empty string."""
    if not (sentence := shadowed()):
        return ""
    return f"{sentence} If this project does not use our fixtures: pytest -p no:toplyne."


def _need_ours() -> None:
    if sentence := _hidden():
        pytest.fail(sentence, pytrace=False)


class Servers:
    """The mock servers, one for each process and each of the rules, started on first use."""

    def __init__(self) -> None:
        """Start with no server."""
        self._there: dict[tuple[Rules, int], MockServer] = {}

    def new_tenant(self, rules: Rules = "documented", test: str = "") -> Toplyne:
        """Return a new tenant. Its server starts when its URL is read."""
        import mock_server.testing.isolated_tenant as tenants  # for each test; `from` takes longer

        here = rules, os.getpid()  # a process that was forked has none of the server's threads
        if here not in self._there:
            from mock_server.server.socket_server import MockServer

            self._there[here] = MockServer(rules=rules)
        return tenants.Toplyne(self._there[here], test=test)

    @contextmanager
    def tenant(self, *, rules: Rules = "documented") -> Iterator[Toplyne]:
        """Return a context manager of a new tenant, for tests with `@given`.

        >>> @settings(deadline=None)  # an example is a real call
        ... @given(event=events(type="track"))
        ... def test_every_event_arrives(toplyne_servers, event):
        ...     with toplyne_servers.tenant() as toplyne:
        ...         send(event, toplyne.api_url, toplyne.token)
        ...         assert len(toplyne.events) == 1
        """
        toplyne = self.new_tenant(rules)
        try:
            yield toplyne
        finally:
            toplyne.clear_faults()

    def close(self) -> None:
        """Stop all servers."""
        while self._there:
            self._there.popitem()[1].stop()


def _servers_of(config: pytest.Config) -> Servers:
    servers = config.stash.get(_SERVERS, None)
    if servers is None:
        _need_ours()
        servers = config.stash[_SERVERS] = Servers()
        config.add_cleanup(servers.close)
    return servers


@pytest.fixture(scope="session")
def toplyne_servers(pytestconfig: pytest.Config) -> Servers:
    """The mock servers of this process. `.tenant()` gives each generated example its own tenant."""
    return _servers_of(pytestconfig)


def _tenant() -> Toplyne:
    """Return the test's tenant, which all its fixtures share. It ends after all of them."""
    (item,) = _running
    if known := item.stash.get(_OWN, None):
        return known
    servers = _servers_of(item.config)
    import mock_server.testing.fixture_checks as checks

    options = checks.options_of(item)
    own = item.stash[_OWN] = servers.new_tenant(options["rules"], item.nodeid)
    watched = checks.Watched(item, own, options)

    def end() -> None:
        del item.stash[_OWN]
        if coverage := item.config.pluginmanager.get_plugin(COVERAGE):
            coverage.count(own.calls(own.since))
        checks.end_tenant(item, watched, own)

    item.addfinalizer(end)  # a fixture that yields costs pytest more
    return own


@pytest.fixture
def toplyne() -> Toplyne:
    """The test's own mock of Toplyne: url, api_url, token, client, profiles, accounts, events.

    A refused call fails the test and says why, unless the marker allows it.
    """
    return _tenant()


def _options(request: pytest.FixtureRequest) -> dict[str, Any]:
    _need_ours()
    from mock_server.testing.fixture_checks import options_of

    return options_of(request.node)


@pytest.fixture
def toplyne_workspace() -> Workspace | None:
    """The workspace of `segment`. Override it with your own; None means the three presets."""
    return None


@pytest.fixture
def segment(
    request: pytest.FixtureRequest, toplyne_workspace: Workspace | None
) -> Iterator[Segment]:
    """The test's own mock of Segment's Tracking API, which delivers to a mock of Toplyne.

    Give `segment.url` and `segment.write_key` to an SDK, call `segment.flush()`, and check
    `segment.toplyne` and `segment.ledger`. A dropped message or a refused call fails the test and
    says why, unless the marker allows it.
    """
    options = _options(request)
    from mock_server.segment.segment_choices import SegmentChoices
    from mock_server.server.socket_server import MockServer
    from mock_server.testing.fixture_checks import watched_segment
    from sandbox.segment.retry import Backoff

    backoff = Backoff(time_scale=options["time_scale"])
    choices = SegmentChoices(synchronous=options["synchronous"], backoff=backoff)
    rules = options["rules"]
    with MockServer(rules=rules, workspace=toplyne_workspace, segment=choices) as server:
        yield from watched_segment(request.node, server, options)
        if coverage := request.config.pluginmanager.get_plugin(COVERAGE):
            coverage.look_at(server, rules)


@pytest.fixture
def toplyne_intercepted(
    request: pytest.FixtureRequest, toplyne_workspace: Workspace | None
) -> Iterator[MockServer]:
    """A mock for code with hard-coded hosts, in this process and its child processes.

    It receives what is sent to https://api.toplyne.io or https://api.segment.io, with any key, like
    `toplyne-sandbox run`. A dropped message or a refused call fails the test, as with `segment`.
    """
    options = _options(request)
    from mock_server.intercept.interception import intercepted
    from mock_server.testing.fixture_checks import watched_segment

    with intercepted(rules=options["rules"], workspace=toplyne_workspace) as server:
        for _ in watched_segment(request.node, server, options):
            yield server


@pytest.fixture
def toplyne_transport() -> MockTransport:
    """A transport to the test's mock for httpx.Client and httpx.AsyncClient, without a socket.

    It answers for any host. Its `.toplyne` is the same as the fixture `toplyne`, even if the
    project has its own fixture of that name.
    """
    own = _tenant()
    import mock_server.testing.transport

    return mock_server.testing.transport.MockTransport(own.mock, toplyne=own)


@pytest.fixture
def toplyne_adapter() -> MockAdapter:
    """An adapter to the test's mock for requests: `session.mount("https://", toplyne_adapter)`."""
    own = _tenant()
    from mock_server.testing.requests_adapter import MockAdapter

    return MockAdapter(own.mock, toplyne=own)
