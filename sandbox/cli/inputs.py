"""Inputs: the options and the event input that several commands share."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, TypeVar

import click

from sandbox.cli.file_kinds import file_errors
from sandbox.cli.output import complain

if TYPE_CHECKING:
    from sandbox.event_input import Event

Command = TypeVar("Command", bound=Callable[..., Any])

EXIT_FAILED = 1
EXIT_USAGE = 2
A_FILE = click.Path(dir_okay=False, path_type=Path)

flag = partial(click.option, is_flag=True)
several = partial(click.option, multiple=True)
from_environment = partial(click.option, show_envvar=True)
file_argument = click.argument("file", default="-")
workspace_option = click.option(
    "--workspace",
    type=A_FILE,
    metavar="FILE",
    help="Take destinations and mappings from this file (.toml, .json), not the presets.",
)
rules_option = click.option(
    "--rules",
    type=click.Choice(["documented", "observed"]),
    default="documented",
    help="documented: also hold the API's documentation; observed: Segment's runtime exactly.",
)
json_option = flag("--json", "as_json", help="Print one JSON object a line, for machines.")


def event_options(command: Command) -> Command:
    """Add FILE and the options of commands that map events."""
    return file_argument(workspace_option(rules_option(json_option(command))))


@contextmanager
def usage_errors(*kinds: type[Exception]) -> Iterator[None]:
    """Turn exceptions of these kinds into UsageError with the same message."""
    try:
        yield
    except kinds as error:
        raise click.UsageError(str(error)) from None


def standard_input(what: str) -> BinaryIO:
    """Return standard input; where it is a terminal, say what is waited for."""
    if sys.stdin.isatty():
        complain(f"Reading {what} from this terminal. Ctrl-D ends them, Ctrl-C stops.")
    return sys.stdin.buffer


class EventInput:
    """The events of a file or of standard input; counts what could not be read."""

    def __init__(self, file: str) -> None:
        """Open the file; one that cannot be read ends the command with a sentence."""
        self.name = "standard input" if file == "-" else file
        self.unreadable = 0
        self._stream = self._opened(file)

    def _opened(self, file: str) -> BinaryIO:
        if file == "-":
            return standard_input("events")
        with file_errors(file, "events"):
            return Path(file).open("rb")

    def __iter__(self) -> Iterator[Event]:
        """Yield the events; report unreadable ones on stderr and continue."""
        from sandbox.event_input import Unreadable, read_events

        with self._stream as stream:
            for read in read_events(stream, name=self.name):
                if isinstance(read, Unreadable):
                    self.unreadable += 1
                    complain(str(read))
                    continue
                if read.warning:
                    complain(f"warning: {read.warning}")
                yield read


def exit_code(*, failed: bool, unreadable: int) -> int:
    """Return 2 where input was unreadable, 1 where something failed, else 0."""
    return EXIT_USAGE if unreadable else (EXIT_FAILED if failed else 0)
