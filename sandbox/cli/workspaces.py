"""Workspaces: the destinations a command goes through, from --workspace or made of the presets."""

from __future__ import annotations

from pathlib import Path

from sandbox.cli.file_kinds import file_errors
from sandbox.cli.records import Result, record
from sandbox.event_input import Event
from sandbox.segment.javascript import Json
from sandbox.workspace import ConnectedDestination, Workspace, load_workspace

WITH_PRESETS = ConnectedDestination(name="", source="", api_key="")
"""The destination to use without a workspace: the presets, and no name."""


def destinations_of(workspace: Path | None) -> tuple[ConnectedDestination, ...]:
    """Return the destinations of a workspace file, or one with the presets without a file."""
    return (WITH_PRESETS,) if workspace is None else open_workspace(workspace).destinations


def open_workspace(path: Path) -> Workspace:
    """Return the workspace of a file; raises UsageError with all that is wrong with it."""
    with file_errors(path, "workspace", "mappings"):
        return load_workspace(path)


def record_of(event: Event, result: Result, destination: ConnectedDestination) -> dict[str, Json]:
    """Return the record of one event and one mapping, with its destination where it has a name."""
    entry = record(event, result)
    return entry | {"destination": destination.name} if destination.name else entry
