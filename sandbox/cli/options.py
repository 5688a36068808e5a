"""Options: what a command is asked for, declared once and given to it as one value; how it ends."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property, partial, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn, TypeVar

import click

from sandbox.cli.output import Screen

if TYPE_CHECKING:
    from sandbox.segment.definition import Rules

T = TypeVar("T", bound="Options")

EXIT_FAILED: Final = 1
EXIT_USAGE: Final = 2
A_FILE: Final = click.Path(dir_okay=False, path_type=Path)


class _Declared:
    """A parameter of a command; its name is that of the attribute which declares it.

    Of an option first its line in `--help` is given, then its flags where they are not `--` and the
    name, then settings of click's.
    """

    def __init__(
        self, kind: type[click.Parameter], said: str = "", *flags: str, **settings: Any
    ) -> None:
        self._kind, self._flags, self._settings = kind, flags, settings
        if said:
            settings["help"] = said

    def __set_name__(self, _owner: type, name: str) -> None:
        self._name = name

    def made(self) -> click.Parameter:
        usual = [f"--{self._name.replace('_', '-')}"] if self._kind is click.Option else []
        return self._kind([*(self._flags or usual), self._name], **self._settings)


option: Callable[..., Any] = partial(_Declared, click.Option)
argument: Callable[..., Any] = partial(_Declared, click.Argument)
flag: Callable[..., Any] = partial(option, is_flag=True)
several: Callable[..., Any] = partial(option, multiple=True)
from_environment: Callable[..., Any] = partial(option, show_envvar=True)


class Options:
    """What a command is given: each attribute declares a parameter, those of parents go first."""

    as_json: bool = False

    def __init__(self, **given: Any) -> None:
        vars(self).update(given)

    @cached_property
    def screen(self) -> Screen:
        """Where the command prints: lines for people, or with `--json` records for machines."""
        return Screen(as_json=self.as_json)


def to_command(
    name: str,
    kind: type[T],
    short_help: str | None = None,
    *,
    of: click.Group | None = None,
    **settings: Any,
) -> Callable[[Callable[[T], None]], Any]:
    """Make a function a command, which gets the values of a class's parameters as one."""
    params: dict[str, click.Parameter] = {}
    for each in reversed(kind.__mro__):
        for key, declared in vars(each).items():
            if isinstance(declared, _Declared):
                params.pop(key, None)  # a class may put a parameter of its parent after others
                params[key] = declared.made()

    def decorate(run: Callable[[T], None]) -> Any:
        @click.command(name, params=[*params.values()], short_help=short_help, **settings)
        @wraps(run)
        def made(**given: Any) -> None:
            run(kind(**given))

        if of is not None:
            of.add_command(made)
        return made

    return decorate


WORKSPACE: Any = option(
    "Take destinations and mappings from this file (.toml, .json), not the presets.", type=A_FILE
)
RULES: Any = option(
    "documented: also hold the API's documentation; observed: Segment's runtime exactly.",
    type=click.Choice(["documented", "observed"]),
    default="documented",
)
JSON: Any = flag("Print one JSON object a line, for machines.", "--json")


class JsonOptions(Options):
    """Whether a command prints for machines."""

    as_json: bool = JSON


class EventOptions(Options):
    """What commands are given that map events."""

    file: str = argument(default="-")
    workspace: Path | None = WORKSPACE
    rules: Rules = RULES
    as_json: bool = JSON


@contextmanager
def usage_errors(*kinds: type[Exception]) -> Iterator[None]:
    """Turn exceptions of these kinds into UsageError with the same message."""
    try:
        yield
    except kinds as error:
        raise click.UsageError(str(error)) from None


def finish(*, failed: bool = False, unreadable: int = 0) -> NoReturn:
    """End the command: with 2 where input was unreadable, 1 where something failed, else 0."""
    raise SystemExit(EXIT_USAGE if unreadable else EXIT_FAILED if failed else 0)
