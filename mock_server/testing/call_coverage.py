"""Call coverage: which calls, answers and problems the tests have met, and which answers never."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final

from mock_server.routes import ROUTES
from sandbox.openapi import openapi
from sandbox.segment.javascript import Json
from sandbox.toplyne import TOPLYNE

if TYPE_CHECKING:
    from mock_server.store.journal_entry import Entry

_SHOWN_PROBLEMS: Final = 10


class CallCoverage:
    """How often each path was answered with each status, and each of its rules broken."""

    def __init__(self) -> None:
        """Start with nothing met."""
        self._met: Counter[tuple[str, str]] = Counter()

    def count(self, entries: Iterable[Entry]) -> None:
        """Count what a test has met; calls at paths the API does not have count for nothing."""
        for entry in entries:
            if entry.path in ROUTES and entry.method != "OPTIONS":
                met = {str(entry.status), *(problem["rule"] for problem in entry.problems)}
                self._met.update((entry.path, each) for each in met)

    def to_output(self) -> list[Json]:
        """Return what was counted for the process that tells the whole."""
        return [[path, met, times] for (path, met), times in self._met.items()]

    def add(self, output: list[Json]) -> None:
        """Add what another process has counted."""
        for path, met, times in output:
            self._met[path, met] += times

    def to_json(self) -> list[Json]:
        """Return each path with what was met there, and which documented answers never were."""
        documented = openapi(TOPLYNE, rules="documented")["paths"]
        found: list[Json] = []
        for path in ROUTES:
            ((method, operation),) = documented[path].items()
            here = {met: times for (at, met), times in sorted(self._met.items()) if at == path}
            found.append(
                {
                    "method": method.upper(),
                    "path": path,
                    "answers": {met: n for met, n in here.items() if met.isdecimal()},
                    "never": [status for status in operation["responses"] if status not in here],
                    "problems": {met: n for met, n in here.items() if not met.isdecimal()},
                }
            )
        return found

    def lines(self) -> Iterator[str]:
        """Yield the report, a line for each path, and one for the problems that were met."""
        for each in self.to_json():
            answers = ", ".join(f"{times} × {status}" for status, times in each["answers"].items())
            never = f"; never {', '.join(each['never'])}" if each["never"] else ""
            yield f"{each['method']} {each['path']}: {answers or 'never called'}{never}"
            if each["problems"]:
                most = Counter(each["problems"]).most_common(_SHOWN_PROBLEMS)
                yield f"  problems: {', '.join(f'{times} × {rule}' for rule, times in most)}"
