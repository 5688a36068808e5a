"""Command: the base of every command: its parameters, its output, its exit code."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property, partial
from pathlib import Path
from typing import Any, ClassVar, Final, NamedTuple

import click

from sandbox.cli.output import Screen, complain


class _PathType(click.Path):
    """A path; an empty one is refused, as Python takes it for the current folder."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the path."""
        if value == "":
            self.fail("it is empty. Expected a path.", param, ctx)
        return super().convert(value, param, ctx)


A_FILE: Final = _PathType(dir_okay=False, path_type=Path)
A_PATH: Final = _PathType(allow_dash=True, readable=False)  # the command says why it is not
"""A file or a folder, or - for a standard stream, as a string."""


class _Declared(NamedTuple):
    """A parameter of a command, made under the name of the attribute that declares it."""

    make: Callable[[str], click.Parameter]


def option(description: str, *flags: str, **settings: Any) -> Any:
    """Declare an option: its line in `--help`, its flags (default: `--name`), click's settings."""
    return _Declared(
        lambda name: click.Option(
            [*(flags or [f"--{name.replace('_', '-')}"]), name], help=description, **settings
        )
    )


def argument(**settings: Any) -> Any:
    """Declare an argument with click's settings."""
    return _Declared(lambda name: click.Argument([name], **settings))


flag: Callable[..., Any] = partial(option, is_flag=True)
several: Callable[..., Any] = partial(option, multiple=True)
from_environment: Callable[..., Any] = partial(option, show_envvar=True)

WORKSPACE: Any = option(
    "Read destinations and mappings from this file (.toml, .json); default: the presets.",
    type=A_FILE,
)
RULES: Any = option(
    "documented: also check by the API's documentation; observed: Segment's runtime exactly.",
    type=click.Choice(["documented", "observed"]),
    default="documented",
)


MOST_TOLD: Final = 100
"""At most this many unreadable inputs are reported one by one."""


class Command:
    """A command: attributes declare its parameters, the docstring is its help, `run` does the work.

    Its own parameters stand before its parents'. A class with `of` is a subcommand of that one:
    `TokenNewCommand` is `new` of `TokenCommand`. `settings` are click's.
    """

    as_json: bool = False
    failed: bool = False
    """Whether its exit code is 1."""
    unreadable: int = 0
    """The number of inputs that could not be read; if there are any, its exit code is 2."""
    not_told: int = 0
    """The number of these that were not reported one by one."""

    below: ClassVar[dict[str, type[Command]]] = {}
    settings: ClassVar[dict[str, Any]] = {}

    def __init_subclass__(cls, *, of: type[Command] | None = None, **settings: Any) -> None:
        cls.below, cls.settings = {}, settings
        if of is not None:
            name = cls.__name__.removesuffix("Command")
            of.below[name.removeprefix(of.__name__.removesuffix("Command")).lower()] = cls

    def __init__(self, **given: Any) -> None:
        vars(self).update(given)

    def run(self) -> None:
        """Do the command's work; a command that only has subcommands does nothing."""

    @cached_property
    def screen(self) -> Screen:
        """The output: lines for people, or with `--json` records for machines."""
        return Screen(as_json=self.as_json)

    def complain_of(self, unreadable: str) -> None:
        """Count an unreadable input, and report it if it is one of the first."""
        self.unreadable += 1
        if self.unreadable > MOST_TOLD:
            self.not_told += 1
        else:
            complain(unreadable)

    @classmethod
    def run_and_exit(cls, **given: Any) -> None:
        """Run the command and end with its exit code."""
        command = cls(**given)
        try:
            command.run()
        finally:
            if command.not_told:
                complain(f"{command.not_told:,} more cannot be read; only {MOST_TOLD} are shown.")
        if command.unreadable or command.failed:
            raise SystemExit(2 if command.unreadable else 1)

    @classmethod
    def build(cls, name: str) -> click.Command:
        """Return the command as a click command."""
        params: dict[str, click.Parameter] = {}
        for kind in cls.__mro__:
            for key, each in vars(kind).items():
                if isinstance(each, _Declared) and key not in params:
                    params[key] = each.make(key)
        # \b tells click to keep the following lines as they are
        said = inspect.cleandoc(cls.__doc__ or "").replace("Examples:\n", "\b\nExamples:\n")
        below = {key: each.build(key) for key, each in cls.below.items()}
        return (partial(click.Group, commands=below) if below else click.Command)(
            name, params=[*params.values()], callback=cls.run_and_exit, help=said, **cls.settings
        )


class JsonCommand(Command):
    """A command with the option `--json`."""

    as_json: bool = flag("Print one JSON object a line, for machines.", "--json")


@contextmanager
def usage_errors(*kinds: type[Exception]) -> Iterator[None]:
    """Turn exceptions of these kinds into UsageError with the same message."""
    try:
        yield
    except kinds as error:
        raise click.UsageError(str(error)) from None
