"""Workspaces: the destinations a command goes through, from --workspace or made of the presets."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from sandbox.cli.file_kinds import refuse_others
from sandbox.cli.records import Result, record
from sandbox.event_input import Event
from sandbox.segment.javascript import Json
from sandbox.workspace import ConnectedDestination, InvalidWorkspace, Workspace, load_workspace

WITH_PRESETS = ConnectedDestination(name="", source="", api_key="")
"""The destination to use without a workspace: the presets, and no name."""


def destinations_of(workspace: Path | None) -> tuple[ConnectedDestination, ...]:
    """Return the destinations of a workspace file, or one with the presets without a file."""
    return (WITH_PRESETS,) if workspace is None else open_workspace(workspace).destinations


def open_workspace(path: Path) -> Workspace:
    """Return the workspace of a file; raises UsageError with all that is wrong with it."""
    refuse_others(path, "workspace")
    with file_errors(path):
        return load_workspace(path)


@contextmanager
def file_errors(path: Path | str) -> Iterator[None]:
    """Turn what goes wrong with a file into UsageError with a sentence."""
    try:
        yield
    except FileNotFoundError:
        raise click.UsageError(f"there is no file {str(path)!r}.") from None
    except FileExistsError:
        raise click.UsageError(f"{str(path)!r} exists; --force writes over it.") from None
    except OSError as error:
        raise click.UsageError(f"{str(path)!r} cannot be used: {error.strerror}.") from None
    except UnicodeDecodeError as error:
        raise click.UsageError(f"{str(path)!r} is not UTF-8 at byte {error.start}.") from None
    except InvalidWorkspace as error:
        raise click.UsageError(f"the workspace cannot be used:\n{error}") from None
    except ValueError as error:
        raise click.UsageError(str(error)) from None


def record_of(event: Event, result: Result, destination: ConnectedDestination) -> dict[str, Json]:
    """Return the record of one event and one mapping, with its destination where it has a name."""
    entry = record(event, result)
    return entry | {"destination": destination.name} if destination.name else entry
