"""Errors of a template: as liquidjs throws them, or as the sandbox declines to render it."""

from __future__ import annotations

from typing import NoReturn

from sandbox.segment.errors import NotSimulated, Thrown
from sandbox.segment.javascript import from_units
from sandbox.segment.not_simulated import not_simulated


class LiquidError(Thrown):
    """An error whose text ends with its line and column, as liquidjs writes it."""

    @classmethod
    def at(cls, name: str, message: str, source: str, index: int) -> LiquidError:
        """Return the error that happened at a place of the source, counted in UTF-16 units."""
        line = source.count("\n", 0, index) + 1
        column = index - source.rfind("\n", 0, index)
        return cls(from_units(f"{message}, line:{line}, col:{column}"), name=name)


def placed(error: Thrown, name: str, source: str, index: int) -> Thrown:
    """Return the error with its place; one that has a place keeps it."""
    if isinstance(error, LiquidError | NotSimulated):
        return error
    return LiquidError.at(name, error.message, source, index)


def refuse(what: str) -> NoReturn:
    """Decline to render, for the reason under one of the keys of not_simulated.toml."""
    raise not_simulated(what, "@liquid")
