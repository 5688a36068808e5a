"""Shape: whether a mapping's fields are JSON at all, and not too deep or too many."""

from __future__ import annotations

from collections.abc import Iterator

from sandbox.segment.fields.limits import CONTAINERS, MAX_MAPPING_DEPTH, MAX_MAPPING_VALUES
from sandbox.segment.fields.validation import found
from sandbox.segment.javascript import Json
from sandbox.values import Path, Problem

_JSON = (*CONTAINERS, str, int, float, type(None))
_TOO_DEEP = f"should not nest deeper than {MAX_MAPPING_DEPTH} levels"
_TOO_MANY = f"should not hold more than {MAX_MAPPING_VALUES:,} values"


def check_shape(fields: Json) -> tuple[Problem, ...]:
    """Return what keeps the fields from being looked at; nothing of it can come from JSON text.

    Only depth and number can, and a Python value that is shared or holds itself.
    """
    problems: list[Problem] = []
    level: list[tuple[Path, Json]] = [((), fields)]
    values = 0
    for _ in range(MAX_MAPPING_DEPTH + 1):
        problems += (p for path, value in level for p in _own_problems(path, value))
        values += len(level)
        if values > MAX_MAPPING_VALUES:
            return found((), _TOO_MANY).problems
        outer = [(path, value) for path, value in level if isinstance(value, CONTAINERS)]
        if not outer:
            return tuple(problems)
        level = [member for path, value in outer for member in _members(path, value)]
    return found((), _TOO_DEEP).problems


def _members(path: Path, value: Json) -> Iterator[tuple[Path, Json]]:
    entries = value.items() if isinstance(value, dict) else enumerate(value)
    return (((*path, str(key)), member) for key, member in entries)


def _own_problems(path: Path, value: Json) -> tuple[Problem, ...]:
    if isinstance(value, dict):
        keys = (key for key in value if not isinstance(key, str))
        sentences = (f"should have text as keys but it has {key!r}" for key in keys)
        return tuple(p for sentence in sentences for p in found(path, sentence).problems)
    if isinstance(value, _JSON):
        return ()
    return found(path, f"should be JSON but it is of the type {type(value).__name__}").problems
