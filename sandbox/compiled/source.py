"""Source: functions generated from lines of Python, with the values they read by name."""

from collections.abc import Callable, Iterable
from typing import Any, Final

from sandbox.segment.errors import Thrown
from sandbox.segment.javascript import MISSING

EVENT: Final = "event"
"""The name of a generated function's only parameter."""

VALUE: Final = "value"
"""The name of a temporary value in an expression."""


THROWN: Final = (Thrown, RecursionError)
"""What generated code may raise; `segment.pipeline` then maps the event, and returns a Rejected."""


class Names:
    """The values that a generated function reads, by name."""

    def __init__(self, **known: object) -> None:
        self.values: dict[str, object] = {"MISSING": MISSING, **known}

    def of(self, value: object) -> str:
        """Return a new name for the value."""
        name = f"known_{len(self.values)}"
        self.values[name] = value
        return name


def function_of(lines: Iterable[str], names: Names, *, takes: str = EVENT) -> Callable[..., Any]:
    """Return a function with these lines as its body and `takes` as its parameters."""
    source = "\n    ".join((f"def generated({takes}):", *lines))
    scope = dict(names.values)
    exec(compile(source, "<generated>", "exec"), scope)  # noqa: S102 - strings go in by their repr
    generated: Callable[..., Any] = scope["generated"]  # type: ignore[assignment]
    return generated


def looked_up(root: str, pieces: tuple[str, ...], otherwise: str) -> str:
    """Return the expression that reads nested members of a value.

    `root` is the expression for the value, `pieces` the keys. The expression is None for a missing
    member, and `otherwise` if a value on the way is neither an object, None nor MISSING.
    """
    if not pieces:
        return root
    *way, last = pieces
    tests = [f"type({VALUE} := {root}) is dict"]
    tests += [f"type({VALUE} := {member_code(VALUE, piece)}) is dict" for piece in way]
    nothing = f"{VALUE} if {VALUE} is None or {VALUE} is MISSING else {otherwise}"
    return f"({member_code(VALUE, last)} if {' and '.join(tests)} else {nothing})"


def member_code(of: str, key: str) -> str:
    """Return the expression that reads a member of an object."""
    return f"{of}.get({key!r})"
