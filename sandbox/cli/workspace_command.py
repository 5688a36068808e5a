"""`toplyne-sandbox workspace`: the file of sources, destinations and mappings."""

import json
from pathlib import Path
from typing import Any, Final

import click

from sandbox.cli.command import (
    A_PATH,
    Command,
    JsonCommand,
    argument,
    flag,
    option,
    several,
    usage_errors,
)
from sandbox.cli.inputs import file_errors, open_input, open_workspace, pair_of
from sandbox.cli.output import complain
from sandbox.segment.mapping import unknown_action
from sandbox.toplyne import TOPLYNE
from sandbox.workspace import (
    InvalidWorkspace,
    Workspace,
    check_workspace,
    export_mappings,
    import_workspace,
    masked,
    new_workspace,
    place,
    read_file,
    to_toml,
    workspace_template,
)
from sandbox.workspace.file_reading import decoded, format_of, read_segment_files
from sandbox.workspace.file_tables import SCHEMA_FILE, workspace_schema
from sandbox.workspace.file_writing import to_value

_FILE: Any = argument(default="workspace.toml", type=A_PATH)
_FORCE: Any = flag("Overwrite an existing file.")
_STDIN: Final = "standard input"


class WorkspaceCommand(Command):
    """Make, check, import or export a workspace: sources, destinations, mappings in one file."""


class WorkspaceInitCommand(Command, of=WorkspaceCommand):
    """Write a commented workspace with the presets.

    FILE ends in .toml, or in .json, which has no comments; - prints it. It also writes the JSON
    Schema of such files, which the first line of a .toml FILE names for editors.

    Examples:
      toplyne-sandbox workspace init
      toplyne-sandbox workspace init staging.toml --force
    """

    file: str = _FILE
    force: bool = _FORCE

    def run(self) -> None:
        """Write the workspace and the schema."""
        _write(new_workspace(), self.file, force=self.force, template=workspace_template())
        if self.file != "-":
            schema = Path(self.file).parent / SCHEMA_FILE
            with file_errors(schema):
                schema.parent.mkdir(exist_ok=True)
                schema.write_text(json.dumps(workspace_schema(), indent=1), encoding="utf-8")


class WorkspaceCheckCommand(JsonCommand, of=WorkspaceCommand):
    """Show all problems of a workspace, with their lines. Exit 1 if there are any.

    Examples:
      toplyne-sandbox workspace check
      toplyne-sandbox workspace check staging.toml --json
    """

    file: str = _FILE

    def run(self) -> None:
        """Show the problems and warnings, or a summary of the workspace."""
        with file_errors(self.file, "workspace"):
            text, file_format = read_file(self.file)
        checked = check_workspace(text, file_format)
        for kind, problems in (("problem", checked.problems), ("warning", checked.warnings)):
            for problem in problems:
                self.screen.record({"kind": kind, **problem.to_json()})
                if not self.as_json:
                    warned = " (warning)" if kind == "warning" else ""
                    click.echo(place(problem, self.file) + warned)
        self.failed = checked.workspace is None
        if checked.workspace is not None and not self.as_json:
            _summarize(checked.workspace, self.file)


class WorkspaceImportCommand(Command, of=WorkspaceCommand):
    """Make a workspace of mappings exported from Segment.

    A file (- is standard input) is JSON (answers of the Public API, Terraform's state or plan, the
    runtime's own form), Terraform's language (.tf), or a folder of both. An --output that ends in
    .json is written as JSON. Remarks go to standard error; exits 1 if a mapping of Toplyne's is
    left out.

    Examples:
      toplyne-sandbox workspace import mappings.json --output workspace.toml
      toplyne-sandbox workspace import terraform/ --action actionId123=sendEvents
    """

    files: tuple[str, ...] = argument(nargs=-1, type=A_PATH)
    output: str = option(
        "Write to FILE; - prints.", "--output", "-o", default="-", type=A_PATH, metavar="FILE"
    )
    force: bool = _FORCE
    destination: str | None = option("Import only this destination's mappings.", metavar="ID")
    actions: tuple[str, ...] = several(
        "The action of an actionId that has no slug; may be repeated.",
        "--action",
        metavar="ID=ACTION",
    )

    def run(self) -> None:
        """Read all files and write one workspace."""
        known = _pairs(self.actions)
        with usage_errors(InvalidWorkspace):
            contents = [each for file in self.files or ("-",) for each in _contents(file)]
            imported = import_workspace(contents, actions=known, destination=self.destination or "")
        for remark in imported.remarks:
            complain(str(remark))
        _write(imported.workspace, self.output, force=self.force)
        self.failed = not imported.is_whole


class WorkspaceExportCommand(Command, of=WorkspaceCommand):
    """Print mappings as Segment's Public API lists them.

    Examples:
      toplyne-sandbox workspace export workspace.toml
    """

    file: str = _FILE
    destination: str | None = option("The destination, if there are several.", metavar="NAME")

    def run(self) -> None:
        """Print the mappings of one destination."""
        destinations = open_workspace(Path(self.file)).destinations
        chosen = [each for each in destinations if self.destination in {None, each.name}]
        if len(chosen) != 1:
            names = ", ".join(repr(each.name) for each in destinations) or "none"
            raise click.UsageError(f"--destination must name one of: {names}.")
        click.echo(json.dumps(export_mappings(chosen[0]), indent=2, ensure_ascii=False))


def _contents(file: str) -> list[tuple[str, str]]:
    if file == "-":
        with file_errors(_STDIN):
            return [(_STDIN, decoded(open_input(file, "mappings"), _STDIN))]
    with file_errors(file, "mappings"):
        return read_segment_files(file)


def _summarize(workspace: Workspace, file: str) -> None:
    click.echo(f"{file} is a workspace.")
    for source in workspace.sources:
        state = "" if source.enabled else ", disabled"
        click.echo(f"  source {source.name!r} (write key {masked(source.write_key)}{state})")
        for each in workspace.destinations_of(source):
            state = "" if each.enabled else ", disabled"
            enabled = sum(mapping.enabled for mapping in each.mappings)
            click.echo(
                f"    destination {each.name!r} (API key {masked(each.api_key)}{state}): "
                f"{enabled} of {len(each.mappings)} mappings enabled"
            )


def _pairs(actions: tuple[str, ...]) -> dict[str, str]:
    pairs = [pair_of("--action", "ID=ACTION", text) for text in actions]
    for action_id, action in pairs:
        if TOPLYNE.action(action) is None:
            raise click.UsageError(f"--action {action_id} {unknown_action(action, TOPLYNE)}")
    return dict(pairs)


def _write(workspace: Workspace, file: str, *, force: bool, template: str = "") -> None:
    with file_errors(file):
        if file != "-" and format_of(file) == "json":
            text = json.dumps(to_value(workspace), indent=2, ensure_ascii=False) + "\n"
        else:
            text = template or to_toml(workspace)
        if file == "-":
            click.echo(text, nl=False)
            return
        with Path(file).open("wb" if force else "xb") as opened:
            opened.write(text.encode("utf-8", "backslashreplace"))  # JSON's escape of a surrogate
    click.echo(f"wrote {file}")
