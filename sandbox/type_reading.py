"""Type reading: the problems of a value that should be of a declared type.

The types are those of `sandbox.type_schemas`: the same types describe `/_sandbox` and check the
bodies and parameters sent to it, and the faults requested in Python.
"""

import operator
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache
from itertools import islice
from types import NoneType
from typing import Any, Final

from sandbox.contract.wording import counted
from sandbox.segment.errors import did_you_mean
from sandbox.type_schemas import Schema, schema_of
from sandbox.values import Path, Problem, a_kind, shortened

MOST_TOLD: Final = 50
"""The most problems of one value that are listed."""
_LONGEST: Final = 100
_NAMES: Final[dict[str, tuple[Any, str]]] = {
    "string": (str, "a string"),
    "boolean": (bool, "true or false"),
    "integer": (int, "a whole number"),
    "number": ((int, float), "a number"),
    "array": (list, "a list"),
    "object": (dict, "an object"),
    "null": (NoneType, "nothing"),
}
"""For each type of JSON: what Python reads it as, and its name in a sentence."""


def _is_read(value: object, read_by: Callable[[object], object]) -> bool:
    with suppress(ValueError, TypeError, KeyError, AttributeError):  # of another type altogether
        read_by(value)
        return True
    return False


_KEEPS: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "enum": lambda value, words: value in words,
    "pattern": lambda value, pattern: re.fullmatch(pattern, value, re.DOTALL) is not None,
    "minimum": operator.ge,
    "exclusiveMinimum": operator.gt,
    "maximum": operator.le,
    "minLength": lambda value, least: len(value) >= least,
    "maxItems": lambda value, most: len(value) <= most,
}
"""For each keyword of a schema: whether a value of its type satisfies it."""


@cache
def _schema(kind: Any) -> Schema:
    return schema_of(kind)


def problems_of(kind: Any, value: object, *, most: int | None = MOST_TOLD) -> tuple[Problem, ...]:
    """Return the first problems of a value, in its own order; with None all of them."""
    return tuple(islice(_problems(_schema(kind), value, ()), most))


def from_text(kind: Any, text: str) -> object:
    """Return the value of the type that a string expresses, or the string if it expresses none."""
    named = _schema(kind).get("type")
    if named == "boolean":
        return {"true": True, "false": False}.get(text, text)
    is_number = named in {"integer", "number"} and re.fullmatch(r"[0-9]{1,15}(\.[0-9]{1,9})?", text)
    return (float(text) if "." in text else int(text)) if is_number else text


def _problems(schema: Schema, value: Any, at: Path) -> Iterator[Problem]:
    """Yield the problems of present members, then the missing members."""
    choices = schema.get("anyOf", (schema,))
    fitting = [each for each in choices if _is_of(each, value)]
    meant: Schema = max(fitting, key=lambda each: _shared(each, value), default={"enum": ()})
    if not all(_KEEPS[key](value, said) for key, said in meant.items() if key in _KEEPS):
        words = [word for each in choices for word in each.get("enum", ())]
        near = did_you_mean(value, words) if isinstance(value, str) else ""
        given = a_kind(value) if schema.get("writeOnly") else in_words(value)
        yield Problem(at, f"must be {right_of(schema)}, not {given}.{near}")
    elif isinstance(value, dict):
        yield from _problems_of_members(meant, value, at)
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _problems(meant.get("items", {}), item, (*at, number))


def _problems_of_members(schema: Schema, value: dict[str, Any], at: Path) -> Iterator[Problem]:
    known, others = schema.get("properties", {}), schema.get("additionalProperties", True)
    right = dict(value)
    for key, item in value.items():
        if key in known or isinstance(others, dict):
            for problem in _problems(known.get(key, others), item, (*at, key)):
                right.pop(key, None)
                yield problem
        elif others is False:
            near = did_you_mean(key, list(known))
            said = f"is unknown. The members are {', '.join(known)}.{near}"
            yield Problem((*at, key[:_LONGEST]), said)
    for key in schema.get("required", ()):
        if key not in value:
            yield Problem((*at, key), f"is missing. Expected {right_of(known[key])}.")
    for problem in schema.get("problems_between", lambda *_: ())(value, right):
        yield problem.under(*at)


def _is_of(schema: Schema, value: object) -> bool:
    if "type" not in schema:
        return "read_by" not in schema or _is_read(value, schema["read_by"])
    if isinstance(value, bool):
        return bool(schema["type"] == "boolean")
    return isinstance(value, _NAMES[schema["type"]][0])


def _shared(schema: Schema, value: object) -> int:
    """Return how many members of an object are in a schema."""
    return len(schema.get("properties", {}).keys() & value) if isinstance(value, dict) else 0


def right_of(schema: Schema) -> str:
    """Return what a schema expects, in words: `a whole number from 1 on, or nothing`."""
    if "right" in schema:
        return str(schema["right"])
    if "anyOf" in schema:
        return ", or ".join(dict.fromkeys(map(right_of, schema["anyOf"])))
    if "enum" in schema:
        words = schema["enum"]
        return " or ".join(words) if len(words) == 2 else f"one of {', '.join(words)}"
    most = schema.get("maximum")
    limits = {
        "maxItems": " of at most {maxItems} items",
        "exclusiveMinimum": " above {exclusiveMinimum} and up to {maximum}",
        "minimum": " from {minimum} on" if most is None else " from {minimum} to {maximum}",
    }
    said = next((limits[key] for key in limits if key in schema), "")
    if "minLength" in schema:
        return "a non-empty string"
    return _NAMES[schema["type"]][1] + said.format_map(schema) if "type" in schema else "any value"


def in_words(value: object) -> str:
    """Return a value for a sentence; of a list or an object only its kind."""
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list | tuple):
        return f"a list of {counted(len(value), 'item')}"
    return shortened(repr(value[:_LONGEST] if isinstance(value, str | bytes) else value))
