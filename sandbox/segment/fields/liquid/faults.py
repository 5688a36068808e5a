"""Faults: what a template cannot be, in liquidjs' words, and what the sandbox refuses to guess."""

from __future__ import annotations

from typing import Final, NoReturn, Self

from liquid.exceptions import LiquidSyntaxError

DEEPEST: Final = 50
"""How deep tags, or the brackets of one value, may nest."""

REFUSED: Final[dict[str, str]] = {
    "sample": "the filter sample takes elements by chance",
    "clock": 'the date "now" or "today" depends on the clock',
    "time zone": "a time zone by its name needs the zone tables of the machine Segment runs on",
    "rounding": "the filter round with digits that are no whole number from -22 to 22",
    "new letters": "the filter slugify meets characters newer than this Python's Unicode tables",
    "built-ins": "a member is asked for that JavaScript gives to nil, empty, blank and block",
    "options": "the filter default is given options that are no pairs of a name and a value",
    "nesting": f"tags or values nest deeper than {DEEPEST} levels",
    "size": "it works on more than the largest event holds, and Segment would stop it by the clock",
}
"""Everything the sandbox refuses to render, and why: Segment's answer to it cannot be foretold."""


class Refused(LiquidSyntaxError):
    """A template, or what an event makes of it, that the sandbox does not render."""

    def __init__(self, what: str) -> None:
        """Take one of the keys of REFUSED."""
        self.text = f"@liquid: the sandbox refuses to guess: {REFUSED[what]}"
        super().__init__(self.text, token=None)


class Fault(LiquidSyntaxError):
    """An error as liquidjs throws it: its JavaScript name and its text."""

    def __init__(self, name: str, text: str) -> None:
        """Keep both."""
        self.name = name
        self.text = text
        super().__init__(text, token=None)

    @classmethod
    def at(cls, name: str, message: str, source: str, index: int) -> Self:
        """Return the error that happened at a place of the source; units are counted."""
        line = source.count("\n", 0, index) + 1
        column = index - source.rfind("\n", 0, index)
        return cls(name, f"{message}, line:{line}, col:{column}")


def refuse(what: str) -> NoReturn:
    """Raise Refused for one of the keys of REFUSED."""
    raise Refused(what)
