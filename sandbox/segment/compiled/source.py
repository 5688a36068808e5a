"""Source: Python that is written line by line, with the values it reads by name."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

from sandbox.segment.javascript import MISSING

EVENT: Final = "event"
"""What generated functions call the one thing they are given."""

VALUE: Final = "value"
"""What they call a value they look at once."""


class Names:
    """The values a generated function reads, each under a name."""

    def __init__(self, **known: object) -> None:
        self.values: dict[str, object] = {"MISSING": MISSING, **known}

    def of(self, value: object) -> str:
        """Return a new name for the value."""
        name = f"known_{len(self.values)}"
        self.values[name] = value
        return name


def function_of(lines: Iterable[str], names: Names) -> Callable[[Any], Any]:
    """Return the function of an event that has these lines as its body."""
    source = "\n    ".join((f"def generated({EVENT}):", *lines))
    scope = dict(names.values)
    exec(compile(source, "<generated>", "exec"), scope)  # noqa: S102 - texts go in by their repr
    generated: Callable[[Any], Any] = scope["generated"]  # type: ignore[assignment]
    return generated


def looked_up(pieces: tuple[str, ...], otherwise: str, *, absent: str = "None") -> str:
    """Return the expression for what names lead to, one inside the other, in an event.

    `absent` is the expression for what is not there, `otherwise` the one where something on the
    way is neither an object nor nothing.
    """
    default = "" if absent == "None" else f", {absent}"
    *way, last = pieces
    if not way:
        return f"{EVENT}.get({last!r}{default})"
    found, tests = EVENT, []
    for piece in way:
        tests.append(f"type({VALUE} := {found}.get({piece!r}{default})) is dict")
        found = VALUE
    nothing = f"{VALUE} if {VALUE} is None or {VALUE} is MISSING else {otherwise}"
    return f"({found}.get({last!r}{default}) if {' and '.join(tests)} else {nothing})"
