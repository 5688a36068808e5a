"""Inherited: what JavaScript's values have besides their own members, and paths that lead there."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from sandbox.segment import javascript as js
from sandbox.segment.javascript import INHERITED, MISSING, PROTOTYPE, JavaScriptFunction
from sandbox.segment.toml_tables import toml_table


class Prototype(dict[str, object]):
    """What strings, numbers or booleans inherit from: an object, but `plain` as JSON."""

    def __init__(self, plain: str | float) -> None:
        """`plain` has the same members, except `__proto__`."""
        self.plain = plain


class _OfObjects(dict[str, object]):
    """What objects and all other prototypes inherit from; it inherits from nothing."""


class _OfArrays(list[object]):
    """What arrays inherit from: an array itself."""


_OF_FUNCTIONS: Final = JavaScriptFunction("")
_PROTOTYPES: Final = {"boolean": Prototype(False), "number": Prototype(0), "string": Prototype("")}


def _prototype(value: object) -> object:
    """Return what the value inherits from; an object or an array is new, so that it can change."""
    if isinstance(value, _OfObjects):
        return None
    if isinstance(value, dict | _OfArrays) or value == _OF_FUNCTIONS:
        return _OfObjects()
    name = js.kind(value)
    return _OfArrays() if name == "array" else _PROTOTYPES.get(name, _OF_FUNCTIONS)


def found_in(value: object, key: str) -> object:
    """Return the property `key`, also one that the value only inherits; MISSING if there is none.

    The prototypes of objects are empty objects here; functions have only their names.
    """
    if isinstance(value, Prototype) and key != PROTOTYPE:
        value = value.plain
    found = js.property_of(value, key)
    if found is not MISSING:
        return found
    name, methods = js.kind(value), toml_table(__package__, "methods")
    if key == PROTOTYPE:
        return _prototype(value)
    if key in INHERITED or key in methods.get(name, "").split():
        called = methods["called_otherwise"].get(key, key)
        return JavaScriptFunction(name.capitalize() if key == "constructor" else called)
    return value.name if isinstance(value, JavaScriptFunction) and key == "name" else MISSING


@dataclass(frozen=True, slots=True)
class PathLookup:
    """Names to look up, each in the value of the one before; smaller than a closure of them.

    `spend` gets each string that is looked into.
    """

    pieces: Sequence[str]
    spend: Callable[[str], object]

    def at(self, value: object) -> object:
        """Return what is there. A falsy value on the way is it: with {"a": 0}, `a.b` is 0."""
        for piece in self.pieces:
            if type(value) is dict and (piece in value or piece not in INHERITED):
                value = value.get(piece, MISSING)
            elif js.is_falsy(value):
                return value
            else:
                if type(value) is str:
                    self.spend(value)
                value = found_in(value, piece)
        return value
