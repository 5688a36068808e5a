"""Inputs: the files a command reads, events and workspaces, and the messages about wrong ones."""

from __future__ import annotations

import re
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final, Literal, TypeAlias

import click

from sandbox.cli.command import A_PATH, RULES, WORKSPACE, Command, JsonCommand, argument, flag
from sandbox.cli.output import complain
from sandbox.segment.errors import InvalidMapping

if TYPE_CHECKING:
    from sandbox.event_input import InputEvent
    from sandbox.segment.definition import Rules
    from sandbox.workspace import ConnectedDestination, Workspace

InputKind: TypeAlias = Literal["events", "workspace", "recording", "mappings", ""]

_WANTED: Final[dict[InputKind, tuple[str, str]]] = {
    "events": ("events", "`map`, `send`, `explain`, `recovery` and `replay` read it."),
    "workspace": ("a workspace file", "`--workspace`, `lint` and `workspace check` read it."),
    "recording": ("a recording of calls", "`drift` and `replay` read it."),
    "mappings": (
        "mappings in a form of Segment's",
        "`--workspace`, `lint` and `workspace import` read it.",
    ),
}
"""For each kind of input, its name in messages and the commands that read it."""
_HEAD_BYTES: Final = 4096
_OF_SEGMENT: Final = (
    r'(\{\s*"data"\s*:\s*\{\s*"(subscription|destination)|\[\s*\{\s*"(subscribe|partnerAction)")'
)
_OF_EVENTS: Final = (
    r'((batch|messageId|userId|anonymousId)"|type"\s*:\s*"(track|identify|group|page)")'
)


_KINDS: Final[tuple[tuple[str, str, InputKind], ...]] = (
    (r"\x89PNG", "a PNG image", ""),
    (r"\xff\xd8\xff", "a JPEG image", ""),
    (r"%PDF-", "a PDF document", ""),
    (r"PK\x03\x04", "a ZIP archive", ""),
    (r"SQLite format 3\0", "an SQLite database", ""),
    (r"\s*<(!doctype|html|\?xml)", "an HTML or XML document", ""),
    (r"([^\n]*\n)*?\[\[(sources|destinations)", "a workspace file", "workspace"),
    (r'([^\n]*\n)*?(resource|data|terraform|provider) ["{]', "a Terraform file", "mappings"),
    (r'\s*\{\s*"(sources|destinations)"\s*:', "a workspace file", "workspace"),
    (r'\s*\{\s*"log"\s*:', "a HAR file", "recording"),
    (r'\s*\{\s*"(request|startedDateTime)"\s*:', "a recording of calls", "recording"),
    (r'\s*\{\s*"openapi"\s*:', "an OpenAPI document", ""),
    (r'\s*\{\s*"\$schema"\s*:', "a JSON Schema", ""),
    (r'\s*\{\s*"(terraform_version|format_version)"\s*:', "Terraform's state", "mappings"),
    (rf"\s*{_OF_SEGMENT}", "mappings in a form of Segment's", "mappings"),
    (rf'\s*(\[\s*)?\{{[^{{}}\[\]\0]*?"{_OF_EVENTS}', "a file of events", "events"),
)  # fmt: skip
"""The first pattern that matches names the kind of a file; an unknown file goes to its reader."""


def refuse_others(file: str | Path, *takes: InputKind) -> None:
    """Raise UsageError for a file that is certainly not what the command reads.

    A pipe, such as /dev/stdin, is not looked at: what is read of it is gone.
    """
    head = b""
    with suppress(OSError):
        if Path(file).is_file():
            with Path(file).open("rb") as opened:
                head = opened.read(_HEAD_BYTES)
    kinds = ((n, t) for begins, n, t in _KINDS if re.match(begins.encode("latin-1"), head))
    name, taken = next(kinds, ("", ""))
    if name and taken not in takes:
        wanted = " or ".join(_WANTED[each][0] for each in takes)
        hint = f" {_WANTED[taken][1]}" if taken else ""
        raise click.UsageError(f"{str(file)!r} is {name}, not {wanted}.{hint}")


@contextmanager
def file_errors(file: str | Path, *takes: InputKind) -> Iterator[None]:
    """Turn the errors of a file into UsageError with a sentence."""
    if takes:
        refuse_others(file, *takes)
    try:
        yield
    except FileNotFoundError:
        folder = Path(file).parent
        lacking = f"file {str(file)!r}" if folder.is_dir() else f"folder {str(folder)!r}"
        raise click.UsageError(f"there is no {lacking}.") from None
    except FileExistsError:
        raise click.UsageError(f"{str(file)!r} exists; --force overwrites it.") from None
    except OSError as error:
        raise click.UsageError(f"{str(file)!r} cannot be used: {error.strerror}.") from None
    except UnicodeDecodeError as error:
        raise click.UsageError(f"{str(file)!r} is not UTF-8 at byte {error.start}.") from None
    except InvalidMapping as error:
        raise click.UsageError(f"the workspace cannot be used:\n{error}") from None
    except ValueError as error:
        raise click.UsageError(str(error)) from None


def open_workspace(path: Path) -> Workspace:
    """Return the workspace of a file; raises UsageError with all its problems."""
    from sandbox.workspace import load_workspace

    with file_errors(path, "workspace", "mappings"):
        return load_workspace(path)


def open_input(file: str, what: str, *takes: InputKind) -> BinaryIO:
    """Return a file, or standard input for -; if that is a terminal, say that it is being read."""
    if file != "-":
        with file_errors(file, *takes):
            return Path(file).open("rb")
    if sys.stdin.isatty():
        complain(f"Reading {what} from this terminal. Ctrl-D ends them, Ctrl-C stops.")
    return sys.stdin.buffer


def pair_of(flag: str, shape: str, text: str) -> tuple[str, str]:
    """Return both sides of a value like NAME=TOKEN; raises UsageError if a side is missing."""
    name, _, value = text.partition("=")
    if not (name and value):
        raise click.UsageError(f"{flag} is {text!r}. Expected {shape}.")
    return name, value


def input_items(
    command: Command, file: str, what: str, kind: InputKind, reader: Callable[..., Iterator[Any]]
) -> Iterator[Any]:
    """Yield what `reader` reads of a file or of standard input.

    What cannot be read is reported on stderr, and the command counts it as unreadable; a file that
    cannot be opened ends the command.
    """
    from sandbox.event_input import BadInput

    with open_input(file, what, kind) as stream:
        for read in reader(stream, name="standard input" if file == "-" else file):
            if isinstance(read, BadInput):
                command.complain_of(str(read))
            else:
                yield read


def input_events(file: str, command: Command) -> Iterator[InputEvent]:
    """Yield the events of a file or of standard input, as `input_items` does."""
    from sandbox.event_input import read_events

    for event in input_items(command, file, "events", "events", read_events):
        if event.warning:
            complain(f"warning: {event.warning}")
        yield event


class EventCommand(JsonCommand):
    """A command that maps the events of a file."""

    file: str = argument(default="-", type=A_PATH)
    workspace: Path | None = WORKSPACE
    rules: Rules = RULES

    def destinations(self) -> tuple[ConnectedDestination, ...]:
        """Return the destinations of the workspace; without a workspace, one with the presets."""
        from sandbox.workspace import ConnectedDestination

        if self.workspace is None:
            return (ConnectedDestination(name="", source="", api_key=""),)
        return open_workspace(self.workspace).destinations

    def events(self) -> Iterator[InputEvent]:
        """Yield the events of the file."""
        return input_events(self.file, self)


class ReceivedCommand(EventCommand):
    """A command that can put the events of a file through Segment's intake."""

    as_received: bool = flag(
        "Read the events as a client sends them: Segment's intake completes or drops them."
    )

    def received(self) -> Iterator[tuple[InputEvent, dict[str, str]]]:
        """Show and yield each event that intake does not drop, as the mappings get it.

        Each comes with more members for its record: without --as-received, what intake would do.
        """
        from sandbox.cli.records import show_event

        for event in self.events():
            value, code, remark = event.value, "", ""
            if self.as_received or not _is_complete(value):
                value, code, remark = _taken_in(value)
            if code and self.as_received:
                self._drop(event, code, remark)
                continue
            if code:
                remark = f"Segment would drop this event on intake ({code}): {remark}"
            elif not self.as_received and value is not event.value:
                remark = (
                    "Segment would add the time of arrival; `--as-received` adds it, or send the "
                    "event through `serve`."
                )
            received = replace(event, value=value) if self.as_received else event
            show_event(self.screen, received)
            if remark:
                self.screen.folded(remark, indent=4, style="yellow")
            yield received, {"intake": remark} if remark else {}

    def _drop(self, event: InputEvent, code: str, reason: str) -> None:
        from sandbox.cli.records import event_keys, show_event

        self.failed = True
        told: dict[str, Any] = {"mapping": None, "action": None, "request": None}
        told |= {"outcome": "dropped", "problems": [], "code": code, "reason": reason}
        self.screen.record({**event_keys(event), **told})
        show_event(self.screen, event)
        self.screen.folded(f"dropped on intake ({code}): {reason}", indent=4, style="red")


def _is_complete(event: dict[str, Any]) -> bool:
    """Return whether intake would leave the event as it is, for all that mappings read."""
    has_id = event.get("userId") is not None or event.get("anonymousId") is not None
    return has_id and event.get("type") is not None and event.get("timestamp") is not None


def _taken_in(event: dict[str, Any]) -> tuple[dict[str, Any], str, str]:
    """Return the message that destinations get, the code if it is dropped, and a remark."""
    from sandbox.segment.intake import Dropped, take_event

    now = int(time.time() * 1000)
    taken = take_event(event, received_at=now, new_id=lambda: str(uuid.uuid4()))
    if isinstance(taken, Dropped):
        return event, taken.code, taken.reason
    return taken.message, "", " ".join(taken.remarks)
