"""Faults: the errors of a template, as liquidjs throws them or as the sandbox refuses it."""

from __future__ import annotations

from typing import NoReturn, Self

from liquid.exceptions import LiquidSyntaxError

from sandbox.segment.liquid.refusals import REFUSED


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
