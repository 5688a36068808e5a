"""`toplyne-sandbox drift`: the evidence for each rule, and what in a recording contradicts it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import click

from sandbox.cli.command import A_PATH, RULES, JsonCommand, argument, option
from sandbox.cli.inputs import input_items
from sandbox.cli.output import complain
from sandbox.contract.wording import counted
from sandbox.known_rules import service_rules
from sandbox.loopback import is_loopback
from sandbox.segment.definition import Rule, Rules
from sandbox.toplyne import TOPLYNE

if TYPE_CHECKING:
    from mock_server.reference import Drift
    from sandbox.recording import Exchange

_SHOWN: Final = 3


class DriftCommand(JsonCommand):
    """Show the evidence for each rule of the mock and against it.

    Without FILE it lists the rules of Toplyne's API and of Segment's side. FILE (- is standard
    input) is a recording of the real API as NDJSON or HAR, perhaps compressed; with it, show what
    contradicts the mock, rule by rule. Exits 1 if anything does, and 2 if no call was compared.

    Examples:
      toplyne-sandbox drift
      toplyne-sandbox drift recorded.har --host api.example.com
    """

    file: str | None = argument(required=False, type=A_PATH)
    host: str | None = option("Also compare calls to this host, beside the API's and loopback.")
    rules: Rules = RULES

    def run(self) -> None:
        """Show the rules, or what a recording contradicts."""
        if self.file is None:
            self._show_rules()
            return
        from mock_server.reference import drift

        found = drift(self._read(self.file), rules=self.rules)
        for contradiction in found.contradictions:
            self.screen.record(contradiction.to_json())
        self._show(found)
        if not found.compared:
            raise click.UsageError("no call in it could be compared, so there is no result.")
        self.failed = bool(found.contradictions)

    def _read(self, file: str) -> list[Exchange]:
        """Return the exchanges with the API; what cannot be read is reported on stderr."""
        from sandbox.recording import read_recording

        own = {"", (urlsplit(TOPLYNE.base_url).hostname or ""), (self.host or "").lower()}
        read = [*input_items(self, file, "a recording", "recording", read_recording)]
        exchanges = [each for each in read if each.host in own or is_loopback(each.host)]
        others = len(read) - len(exchanges)
        if others:
            skipped = f"{counted(others, 'call')} to other hosts skipped"
            complain(f"{skipped}; --host HOST compares those to one of them.")
        return exchanges

    def _show_rules(self) -> None:
        sides = {"Toplyne's API": TOPLYNE.rules, "Segment's side": service_rules()}
        width = max(len(rule.key) for rules in sides.values() for rule in rules)
        for side, rules in sides.items():
            self.screen.line((side, "bold cyan"))
            for rule in rules:
                self.screen.record({"side": side, **_record(rule)})
                mark = "ours" if rule.ours else rule.evidence.mark
                first = ((rule.key.ljust(width), "bold"), f"  {mark:8}  ")
                self.screen.folded(rule.statement, indent=width + 12, first=first)
                for against in rule.against:
                    self.screen.folded(f"against {against.mark}: {against.where}", indent=4)

    def _show(self, found: Drift) -> None:
        line, folded = self.screen.line, self.screen.folded
        line((f"{counted(found.compared, 'call')} compared", "bold"))
        for place, reason in found.passed_over:
            line((f"  skipped: {place}: {reason}", "dim"))
        if found.compared and not found.contradictions:
            line("Nothing in them contradicts the mock.")
        for key, contradictions in found.by_rule.items():
            rule = TOPLYNE.rule(key)
            line()
            line((key, "bold red"), f"  {rule.statement} ({rule.evidence.mark})")
            for against in rule.against:
                folded(f"known already: {against.mark}: {against.where}", indent=2)
            for contradiction in contradictions[:_SHOWN]:
                folded(f"{contradiction.place}: {contradiction.sentence}", indent=2)
            if len(contradictions) > _SHOWN:
                line(f"  … and {len(contradictions) - _SHOWN} more; --json lists all")


def _record(rule: Rule) -> dict[str, object]:
    told = {"rule": rule.key, "statement": rule.statement, "under": list(rule.under)}
    against = [each.to_json() for each in rule.against]
    return told | {"ours": rule.ours, "evidence": rule.evidence.to_json(), "against": against}
