"""The coverage plugin: which clauses and fields of the mappings a test run covers.

It looks at the messages the fixture `segment` received, and counts the calls to it and to
`toplyne`. With pytest-xdist the workers hand over what they saw, and the main process reports all.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any, Final, TypeAlias, TypedDict

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
"""How often each path was answered with each status, and each of its rules broken."""


class _Calls(TypedDict):
    """What a path was answered, how often; the documented answers it never gave; broken rules."""

    method: str
    path: str
    answers: dict[str, int]
    never: list[str]
    problems: dict[str, int]


def _calls(met: Met) -> list[_Calls]:
    """Return each path with what was met there, and which documented answers never were."""
    documented = as_object(openapi(TOPLYNE, rules="documented")["paths"])
    found: list[_Calls] = []
    for path, times_of in met.items():
        ((method, operation),) = as_object(documented[path]).items()
        responses = as_object(as_object(operation)["responses"])
        here = sorted(times_of.items())
        found.append(
            {
                "method": method.upper(),
                "path": path,
                "answers": {word: times for word, times in here if word.isdecimal()},
                "never": [status for status in responses if status not in times_of],
                "problems": {word: times for word, times in here if not word.isdecimal()},
            }
        )
    return found


def _call_lines(met: Met) -> Iterator[str]:
    """Yield the report, a line for each path, and one for the problems that were met."""
    for each in _calls(met):
        answers = ", ".join(f"{times} × {status}" for status, times in each["answers"].items())
        never = f"; never {', '.join(each['never'])}" if each["never"] else ""
        yield f"{each['method']} {each['path']}: {answers or 'never called'}{never}"
        if each["problems"]:
            most = Counter(each["problems"]).most_common(_SHOWN_PROBLEMS)
            yield f"  problems: {', '.join(f'{times} × {rule}' for rule, times in most)}"


class RuleCoverage:
    """A plugin of pytest that collects what is seen of the mappings; registered on request."""

    def __init__(self, config: pytest.Config) -> None:
        """Start with nothing seen."""
        self._config = config
        self._seen: list[Observed] = []
        self._met: Met = {path: Counter() for path in ROUTES}

    def count(self, entries: Iterable[Entry]) -> None:
        """Count the calls of a test, apart from those at paths the API does not have."""
        for entry in entries:
            if entry.path in ROUTES and entry.method != "OPTIONS":
                rules = {problem["rule"] for problem in entry.problems}
                self._met[entry.path].update({str(entry.status), *rules})

    def look_at(self, server: MockServer, rules: Rules) -> None:
        """Note everything a running server received, and what became of it."""
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
        """Add what a worker of pytest-xdist saw; one that crashed has no output."""
        seen, met = json.loads(getattr(node, "workeroutput", {}).get(_OUTPUT, "[[], {}]"))
        self._seen = merged([*self._seen, *map(Observed.from_json, seen)])
        for path, times in met.items():
            self._met[path].update(times)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Hand over what was seen, or write the file and fail where it is too little."""
        output = getattr(self._config, "workeroutput", None)
        if output is not None:
            seen = [each.to_json() for each in self._seen]
            output[_OUTPUT] = json.dumps([seen, self._met])
            return
        if self._config.option.collectonly:
            return
        if file := self._config.option.toplyne_coverage_json:
            report = json.dumps(to_json(self.measured) | {"calls": _calls(self._met)}, indent=2)
            Path(file).write_text(report + "\n", encoding="utf-8")
        if self._too_little and session.exitstatus in {
            pytest.ExitCode.OK,
            pytest.ExitCode.NO_TESTS_COLLECTED,
        }:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Write the coverage, and the gaps with what closes them."""
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
        """A sentence if less was seen than is required, else an empty string."""
        least = self._config.option.toplyne_coverage_fail_under
        found = share(self.measured)
        if least is None or found >= least:
            return ""
        return f"FAIL: --toplyne-coverage-fail-under asks for {least:g} %; {found:.2f} % were seen."


def _observed(
    destination: ConnectedDestination, records: list[Record], rules: Rules
) -> Iterator[Observed]:
    """Yield, for each mapping of a destination, what the messages that reached it covered."""
    reached = [
        (parse_json(record.message), parts)
        for record in records
        if (parts := [part for part in record.parts if part.destination == destination.name])
        and not any(part.outcome in _NOT_MAPPED for part in parts)
    ]
    for mapping in destination.mappings:
        if mapping.enabled and reached:
            observed = Observed(destination=destination.name, mapping=mapping, rules=rules)
            for message, parts in reached:
                seen = observed.seen | seen_by(mapping, message, rules)
                own = [part for part in parts if part.mapping == mapping.name]
                tried = [each.status for part in own for each in part.attempts]
                statuses = [status for status in tried if status is not None]
                observed = replace(observed, seen=seen).answered(statuses)
            yield observed
