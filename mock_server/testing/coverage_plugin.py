"""The coverage plugin: which clauses and fields of the mappings a test run covers.

It reads the messages that the fixture `segment` received, and counts the calls to `segment` and to
`toplyne`. With pytest-xdist the workers send their results to the main process, which reports them.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any, Final, TypeAlias

import pytest

from mock_server.routes import ROUTES
from mock_server.segment.record import Record
from mock_server.server.socket_server import MockServer
from mock_server.store.journal_entry import Entry
from sandbox.openapi import openapi
from sandbox.rule_coverage import (
    Measured,
    Observed,
    coverage_of,
    merged,
    report_lines,
    seen_by,
    share,
    to_json,
)
from sandbox.segment.definition import Rules
from sandbox.segment.json_text import parse_json
from sandbox.toplyne import TOPLYNE
from sandbox.values import as_object
from sandbox.workspace import ConnectedDestination

_OUTPUT: Final = "toplyne_coverage"
_NOT_MAPPED: Final = {"filtered", "disabled"}
_SHOWN_PROBLEMS: Final = 10


Met: TypeAlias = dict[str, Counter[str]]
"""For each path, how often each status was answered and each rule broken."""


def _calls(met: Met) -> Iterator[dict[str, Any]]:
    """Yield each path with its answers, the documented ones it never gave, and broken rules."""
    documented = as_object(openapi(TOPLYNE, rules="documented")["paths"])
    for path, times_of in met.items():
        ((method, operation),) = as_object(documented[path]).items()
        responses = as_object(as_object(operation)["responses"])
        here = sorted(times_of.items())
        yield {
            "method": method.upper(),
            "path": path,
            "answers": {word: times for word, times in here if word.isdecimal()},
            "never": [status for status in responses if status not in times_of],
            "problems": {word: times for word, times in here if not word.isdecimal()},
        }


def _call_lines(met: Met) -> Iterator[str]:
    """Yield the lines of the report: one for each path, and one for its problems."""
    for each in _calls(met):
        answers = ", ".join(f"{times} × {status}" for status, times in each["answers"].items())
        never = f"; never {', '.join(each['never'])}" if each["never"] else ""
        yield f"{each['method']} {each['path']}: {answers or 'never called'}{never}"
        if each["problems"]:
            most = Counter(each["problems"]).most_common(_SHOWN_PROBLEMS)
            yield f"  problems: {', '.join(f'{times} × {rule}' for rule, times in most)}"


class RuleCoverage:
    """A pytest plugin that measures the coverage of the mappings. Registered on request."""

    def __init__(self, config: pytest.Config) -> None:
        """Start with nothing seen. Raises UsageError for a file that cannot be written."""
        self._config = config
        file = config.option.toplyne_coverage_json
        try:
            if file and not config.option.collectonly:
                Path(file).open("a").close()
        except OSError as error:
            said = f"--toplyne-coverage-json: {file} cannot be written: {error.strerror}"
            raise pytest.UsageError(said) from None
        self._seen: list[Observed] = []
        self._met: Met = {path: Counter() for path in ROUTES}

    def count(self, entries: Iterable[Entry]) -> None:
        """Count the calls of a test to the paths of the API."""
        for entry in entries:
            if entry.path in ROUTES and entry.method != "OPTIONS":
                rules = {problem["rule"] for problem in entry.problems}
                self._met[entry.path].update({str(entry.status), *rules})

    def look_at(self, server: MockServer, rules: Rules) -> None:
        """Record everything that a running server has received."""
        self.count(server.kept_after(0))
        segment = server.mock.segment
        tenants = tuple({segment.tenant_of(source) for source in segment.workspace.sources})
        records = segment.ledger.records(tenants)
        found = [
            observed
            for destination in segment.workspace.destinations
            if destination.enabled
            for observed in _observed(destination, records, rules)
        ]
        self._seen = merged([*self._seen, *found])

    @cached_property
    def measured(self) -> list[Measured]:
        """The coverage of every mapping, computed after all tests."""
        return [(each, coverage_of(each.mapping, each.seen, each.rules)) for each in self._seen]

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Add the results of a pytest-xdist worker. A crashed worker has none."""
        seen, met = json.loads(getattr(node, "workeroutput", {}).get(_OUTPUT, "[[], {}]"))
        self._seen = merged([*self._seen, *map(Observed.from_json, seen)])
        for path, times in met.items():
            self._met[path].update(times)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Send a worker's results to the main process, or write the file and set the verdict."""
        output = getattr(self._config, "workeroutput", None)
        if output is not None:
            seen = [each.to_json() for each in self._seen]
            output[_OUTPUT] = json.dumps([seen, self._met])
            return
        if self._config.option.collectonly:
            return
        if file := self._config.option.toplyne_coverage_json:
            report = json.dumps(to_json(self.measured) | {"calls": [*_calls(self._met)]}, indent=2)
            Path(file).write_text(report + "\n", encoding="utf-8")
        if self._too_little and session.exitstatus in {
            pytest.ExitCode.OK,
            pytest.ExitCode.NO_TESTS_COLLECTED,
        }:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print the coverage, and how to close the gaps."""
        if self._config.option.collectonly:
            return
        terminalreporter.section("Toplyne rule coverage")
        for line in report_lines(self.measured):
            terminalreporter.write_line(line)
        if self._too_little:
            terminalreporter.write_line(self._too_little, red=True)
        terminalreporter.section("Toplyne call coverage")
        for line in _call_lines(self._met):
            terminalreporter.write_line(line)

    @property
    def _too_little(self) -> str:
        """A sentence if the coverage is lower than required, else an empty string."""
        least = self._config.option.toplyne_coverage_fail_under
        found = share(self.measured)
        if least is None or found >= least:
            return ""
        return f"FAIL: --toplyne-coverage-fail-under requires {least:g} %, found {found:.2f} %."


def _observed(at: ConnectedDestination, records: list[Record], rules: Rules) -> Iterator[Observed]:
    """Yield, for each mapping of a destination, what is covered by the messages that reached it."""
    reached = [
        (parse_json(record.message), parts)
        for record in records
        if (parts := [part for part in record.parts if part.destination == at.name])
        and not any(part.outcome in _NOT_MAPPED for part in parts)
    ]
    for mapping in at.mappings:
        if mapping.enabled and reached:
            observed = Observed(destination=at.name, mapping=mapping, rules=rules)
            for message, parts in reached:
                seen = observed.seen | seen_by(mapping, message, rules)
                own = [part for part in parts if part.mapping == mapping.name]
                tried = [each.status for part in own for each in part.attempts]
                statuses = [status for status in tried if status is not None]
                observed = replace(observed, seen=seen).answered(statuses)
            yield observed
