"""Errors of a template: those that liquidjs throws, and the sandbox's refusals to render it."""

from __future__ import annotations

from typing import NoReturn

from sandbox.segment.errors import NotSimulated, Thrown
from sandbox.segment.javascript import from_units
from sandbox.segment.not_simulated import not_simulated


class LiquidError(Thrown):
    """An error whose message ends with its line and column, as liquidjs writes it."""

    @classmethod
    def at(cls, name: str, message: str, source: str, index: int) -> LiquidError:
        """Return an error at an index of the source, counted in UTF-16 units."""
        line = source.count("\n", 0, index) + 1
        column = index - source.rfind("\n", 0, index)
        return cls(from_units(f"{message}, line:{line}, col:{column}"), name=name)


def placed(error: Thrown, name: str, source: str, index: int) -> Thrown:
    """Return the error with its place; an error that has a place keeps it."""
    if isinstance(error, LiquidError | NotSimulated):
        return error
    return LiquidError.at(name, error.message, source, index)


def refuse(what: str) -> NoReturn:
    """Refuse to render, for the reason under a key of not_simulated.toml."""
    raise not_simulated(what, "@liquid")
