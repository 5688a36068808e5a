"""Source: Python that is written line by line, with the values it reads by name."""

from collections.abc import Callable, Iterable
from typing import Any, Final

from sandbox.segment.errors import Thrown
from sandbox.segment.javascript import MISSING

EVENT: Final = "event"
"""What generated functions call the one thing they are given."""

VALUE: Final = "value"
"""What they call a value they look at once."""


THROWN: Final = (Thrown, RecursionError)
"""What the plain way answers with a Rejected, so that an event which throws is left to it."""


class Names:
    """The values a generated function reads, each under a name."""

    def __init__(self, **known: object) -> None:
        self.values: dict[str, object] = {"MISSING": MISSING, **known}

    def of(self, value: object) -> str:
        """Return a new name for the value."""
        name = f"known_{len(self.values)}"
        self.values[name] = value
        return name


def function_of(lines: Iterable[str], names: Names, *, takes: str = EVENT) -> Callable[..., Any]:
    """Return the function of an event, or of what it takes, that has these lines as its body."""
    source = "\n    ".join((f"def generated({takes}):", *lines))
    scope = dict(names.values)
    exec(compile(source, "<generated>", "exec"), scope)  # noqa: S102 - strings go in by their repr
    generated: Callable[..., Any] = scope["generated"]  # type: ignore[assignment]
    return generated


def looked_up(root: str, pieces: tuple[str, ...], otherwise: str) -> str:
    """Return the expression for what names lead to, one inside the other, from a value on.

    `root` is the expression for that value, `otherwise` the one where something on the way is
    neither an object nor nothing. What is not there is None.
    """
    if not pieces:
        return root
    *way, last = pieces
    tests = [f"type({VALUE} := {root}) is dict"]
    tests += [f"type({VALUE} := {member(VALUE, piece)}) is dict" for piece in way]
    nothing = f"{VALUE} if {VALUE} is None or {VALUE} is MISSING else {otherwise}"
    return f"({member(VALUE, last)} if {' and '.join(tests)} else {nothing})"


def member(of: str, key: str) -> str:
    """Return the expression for an object's member."""
    return f"{of}.get({key!r})"
