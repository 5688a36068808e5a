"""`toplyne-sandbox lint`: traps in the triggers and fields of workspaces."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import click

from sandbox.cli.command import A_PATH, JsonCommand, argument, flag, option, several, usage_errors
from sandbox.cli.inputs import file_errors, input_events
from sandbox.cli.output import complain
from sandbox.destination import PRESETS
from sandbox.lint import RULES, Draft, Finding, LintRule, lint, selected
from sandbox.segment.json_text import json_or, json_text
from sandbox.toplyne import TOPLYNE
from sandbox.values import MISSING, Json, Problem, members
from sandbox.values import Path as ValuePath
from sandbox.workspace import check_workspace, read_file
from sandbox.workspace.documents import LineNumbers, line_of, read_document
from sandbox.workspace.file_reading import is_segments, read_segment_files
from sandbox.workspace.model import InvalidWorkspace, place
from sandbox.workspace.segment_files import objects_in

_WIDTH = 90


class LintCommand(JsonCommand):
    """Find traps in the triggers and fields of workspace FILES (.toml, .json), or of the presets.

    Each finding names the place, what Segment does with it, and a rewording: one that is proven to
    take the same events, or one that was probably meant and takes other events. Exits with 1 if
    anything was found.

    Examples:
      toplyne-sandbox lint workspace.toml
      toplyne-sandbox lint --trigger 'event = "Signed Up" or type = "identify"'
      toplyne-sandbox lint workspace.toml --events events.ndjson --ignore TS201 --json
      toplyne-sandbox lint --list
    """

    files: tuple[str, ...] = argument(nargs=-1, type=A_PATH)
    triggers: tuple[str, ...] = several("Check this trigger.", "--trigger", metavar="TEXT")
    events_file: str | None = option(
        "Also check the mappings with these events.", "--events", type=A_PATH, metavar="FILE"
    )
    select: str | None = option("Only these rules: TS1,TS201.", metavar="CODES")
    ignore: str | None = option("All rules except these.", metavar="CODES")
    lists_rules: bool = flag("List the rules.", "--list")

    def run(self) -> None:
        """Show each finding, or with --list the rules."""
        rules = _rules(self.select or "", self.ignore or "")
        if self.lists_rules:
            for rule in rules:
                self.screen.record(members(rule, "code", "name", "summary"))
            rows = ((rule.code, rule.name, rule.summary) for rule in rules)
            self.screen.table(("code", "name", "what it finds"), rows)
            return
        events = input_events(self.events_file, self) if self.events_file else ()
        values = [event.value for event in events]
        count = 0
        for linted in _to_lint(self.files, self.triggers):
            for finding in lint(linted.drafts, values, rules=rules):
                count += 1
                place = {"file": linted.file or None, "line": linted.line(finding) or None}
                place["destination"] = linted.destination or None
                self.screen.record(place | finding.to_json())
                self._show(linted, finding)
        self.screen.line(f"{count or 'no'} finding{'' if count == 1 else 's'}")
        self.failed = count > 0

    def _show(self, linted: Linted, finding: Finding) -> None:
        """Print its place, its message, the text underlined, its meaning and the rewording."""
        folded = self.screen.folded
        where = f"{linted.file}:{linted.line(finding)}  " if linted.file else ""
        name = f"{finding.mapping}  " if finding.mapping else ""
        path = "" if finding.is_of_trigger else f"  {finding.path}"
        self.screen.line(
            where, (name, "bold"), (finding.code, "bold red"), f" {finding.name}", (path, "yellow")
        )
        folded(finding.message, indent=2)
        trigger = linted.drafts[finding.number].trigger
        if finding.is_of_trigger and trigger:
            for line in underlined(trigger, finding.start, finding.end):
                self.screen.line("    ", (line, "cyan"))
        if finding.meaning:
            folded(f"Segment reads it as  {finding.meaning}", indent=2)
        if (rewrite := finding.rewrite) is None:
            return
        word = "the same, plainer" if rewrite.same else "probably meant"
        folded(f"{word}  {rewrite.text}", indent=2, style="green")
        if rewrite.example is not None:
            folded(f"they differ on  {json_text(rewrite.example)}", indent=4, style="dim")


def _rules(select: str, ignore: str) -> tuple[LintRule, ...]:
    starts = [[code for code in codes.split(",") if code] for codes in (select, ignore)]
    try:
        return selected(*starts)
    except ValueError as error:
        raise click.UsageError(f"{error} `--list` shows all {len(RULES)} rules.") from None


@dataclass(frozen=True, slots=True, kw_only=True)
class Linted:
    """The mappings of one destination as they are written, with their places in the file."""

    drafts: tuple[Draft, ...]
    file: str = ""
    destination: str = ""
    lines: LineNumbers = field(default_factory=dict)
    places: tuple[ValuePath, ...] = ()

    def line(self, finding: Finding) -> int:
        """Return the line of a finding in the file, 0 if there is no file."""
        if not self.file:
            return 0
        return line_of(self.lines, (*self.places[finding.number], *finding.at))


def _to_lint(files: tuple[str, ...], triggers: tuple[str, ...]) -> list[Linted]:
    """Return the triggers, each in a mapping like the last preset, and the files; else presets."""
    found = [Linted(drafts=(Draft("", PRESETS[-1].action, text),)) for text in triggers]
    for file in files:
        with file_errors(file, "workspace", "mappings"):
            found += _in_file(file)
    return found or [Linted(drafts=tuple(map(Draft.of, PRESETS)))]


def _in_file(file: str) -> Iterator[Linted]:
    """Yield the destinations of a workspace file, even of one that `serve` would refuse.

    Files in Segment's forms are read as `workspace import` reads them. Raises UsageError for a file
    that cannot be read or has no mapping.
    """
    if is_segments(file):
        yield from _imported(file)
        return
    text, file_format = read_file(file)
    document = read_document(text, file_format)
    if isinstance(document, Problem):
        raise click.UsageError(place(document, file))
    found = []
    for number, entry in objects_in(document.value, "destinations"):
        written = list(objects_in(entry, "mappings"))
        if len(written) > TOPLYNE.max_mappings:
            message = f"are {len(written)}. A destination has at most {TOPLYNE.max_mappings}."
            problem = Problem(("destinations", number, "mappings"), message)
            raise click.UsageError(place(problem, file))
        linted = Linted(
            drafts=tuple(_draft(mapping, index) for index, mapping in written),
            file=file,
            destination=str(entry.get("name", "")),
            lines=document.lines or {},
            places=tuple(("destinations", number, "mappings", index) for index, _ in written),
        )
        found.append(linted)
    if not any(each.drafts for each in found):
        problems = check_workspace(text, file_format).problems
        said = "".join(f"\n{place(problem, file)}" for problem in problems[:5])
        nothing = f"{file!r} has no mapping, so there is nothing to lint."
        raise click.UsageError(nothing + said)
    yield from found


def _imported(file: str) -> Iterator[Linted]:
    from sandbox.workspace.public_api import import_workspace

    with usage_errors(InvalidWorkspace):
        imported = import_workspace(read_segment_files(file))
    for remark in imported.remarks:
        complain(str(remark))
    for destination, places in zip(imported.workspace.destinations, imported.places, strict=True):
        drafts = [Draft.of(mapping) for mapping in destination.mappings]
        for where in dict.fromkeys(where.file for where in places):
            own = [n for n, each in enumerate(places) if each.file == where]
            yield Linted(
                drafts=tuple(drafts[n] for n in own),
                file=where,
                destination=destination.name,
                lines=places[own[0]].lines,
                places=tuple(places[n].at for n in own),
            )


def _draft(mapping: dict[str, Json], index: int) -> Draft:
    fields = mapping.get("fields", MISSING)
    if isinstance(fields, str):
        fields = json_or(fields, MISSING)  # `workspace check` says what is wrong with it
    return Draft(
        str(mapping.get("name", f"mapping {index + 1}")),
        str(mapping.get("action", "")),
        str(mapping.get("trigger", "")),
        fields,
        mapping.get("enabled", True) is not False,
    )


def underlined(text: str, start: int, end: int) -> tuple[str, str]:
    """Return the line that contains the place, and a line that underlines the place."""
    begin = text.rfind("\n", 0, start) + 1
    line = text[begin:].partition("\n")[0]
    left = max(0, start - begin - _WIDTH // 2)
    shown = line[left : left + _WIDTH].replace("\t", " ")
    at = start - begin - left
    width = max(1, min(end - start, len(shown) - at))
    return shown, " " * at + "^" * width
