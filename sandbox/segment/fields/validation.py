"""Validation: the problems of a mapping's fields without an event, in Segment's texts.

Only objects and directives are checked; the elements of arrays are not.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, TypeAlias

from sandbox.segment.errors import FieldProblem
from sandbox.segment.fields.compiling import DIRECTIVES, Found, OperandCheck, at_keys
from sandbox.segment.fields.limits import MAX_MAPPING_DEPTH, MAX_MAPPING_VALUES
from sandbox.segment.javascript import CONTAINERS, kind, length, ordered_items
from sandbox.segment.json_text import text_literal
from sandbox.values import Path, Problem, with_article

ShapeCheck: TypeAlias = Callable[[object], str]
"""A check of one value by itself: returns the sentence that says what is wrong, or ""."""

NOTHING_WRONG = Found()
_JSON = (*CONTAINERS, str, int, float, type(None))


def check_value(value: object, path: Path) -> Found:
    """Check a value that may be anywhere: a directive, an object of values, or plain data."""
    if not isinstance(value, dict):
        return NOTHING_WRONG
    return check_directive(value, path) if at_keys(value) else check_object(value, path)


def check_directive(value: dict[str, object], path: Path) -> Found:
    """Check an object with an `@` key: it has only that key, and perhaps `_metadata`."""
    names = at_keys(value)
    if len(names) > 1:
        return found(path, f"should only have one @-prefixed key but it has {len(names)} keys")
    if any(key not in (names[0], "_metadata") for key in value):
        return found(path, f"should only have one @-prefixed key but it has {len(value)} keys")
    directive = DIRECTIVES.get(names[0])
    if directive is None:
        return found(path, f"has an invalid directive: {names[0]}")
    return directive.check(value[names[0]], (*path, names[0]))


def check_object(value: object, path: Path) -> Found:
    """Check an object that is not a directive, with all its members; every problem is gathered."""
    if not isinstance(value, dict) or at_keys(value):
        return found(path, _an_object(value))
    return _gathered(check_value(v, (*path, key)) for key, v in ordered_items(value))


def found(path: Path, sentence: str) -> Found:
    """Return one problem in Segment's form, NOTHING_WRONG for an empty sentence."""
    return Found((FieldProblem(path or ("",), f"{sentence}."),)) if sentence else NOTHING_WRONG


def _gathered(parts: Iterable[Found]) -> Found:
    return Found(tuple(p for part in parts for p in part.problems), gathered=True)


def or_directive(shape: ShapeCheck) -> OperandCheck:
    """Return a check that an operand has the shape or is a directive."""

    def check(value: object, path: Path) -> Found:
        if isinstance(value, dict) and at_keys(value):
            return check_directive(value, path)
        return found(path, shape(value))

    return check


def members(expected: Mapping[str, ShapeCheck], required: tuple[str, ...] = ()) -> OperandCheck:
    """Return a check that an operand is an object with members of these shapes.

    First all its members, known or not, are checked as values; a problem there ends the check. Then
    only the shapes remain, in this order, and nothing is checked twice.
    """

    def shapes(value: Any, path: Path) -> Iterable[Found]:
        for name, shape in expected.items():
            if name in value:
                yield found((*path, name), shape(value[name]))
            elif name in required:
                yield found(path, f"should have field {text_literal(name)} but it doesn't")

    def check(value: object, path: Path) -> Found:
        return check_object(value, path) or _gathered(shapes(value, path))

    return check


def _of_kind(*kinds: str, say: str) -> ShapeCheck:
    """Return the shape of a value of one of the kinds, which may include `directive`."""

    def shape(value: object) -> str:
        name = "directive" if at_keys(value) else kind(value)
        return "" if name in kinds else f"should be {say} but it is {with_article(name)}"

    return shape


a_text: Final = _of_kind("string", say="a string")
a_boolean: Final = _of_kind("boolean", say="a boolean")
text_or_directive: Final = _of_kind("string", "directive", say="a string or a mapping directive")
object_or_directive: Final = _of_kind("object", "directive", say="a object or a mapping directive")
_an_object: Final = _of_kind("object", say="an object")


def anything(_: object) -> str:
    """Accept every value."""
    return ""


def an_array(value: object) -> str:
    """Accept an array; only this message calls a directive an object."""
    name = kind(value)
    return "" if name == "array" else f"should be an array but it is {with_article(name)}"


def string_sized(least: int, most: int) -> ShapeCheck:
    """Accept a string with a length, in UTF-16 units, between the two."""

    def shape(value: object) -> str:
        if not isinstance(value, str):
            return a_text(value)
        if length(value) < least:
            return f"should be a string of length {least} or greater"
        return f"should be a string of length {most} or less" if length(value) > most else ""

    return shape


def one_of(*allowed: str) -> ShapeCheck:
    """Accept one of these words in upper or lower case."""

    def shape(value: object) -> str:
        if not isinstance(value, str):
            return a_text(value)
        if value.lower() in allowed:
            return ""
        return f"should be one of {', '.join(allowed)} but it is {text_literal(value)}"

    return shape


def check_shape(fields: object) -> tuple[Problem, ...]:
    """Return the problems that prevent any further check: not JSON, too deep or too many values.

    JSON text can only be too deep or have too many values; a Python value can also contain itself.
    """
    problems: list[Problem] = []
    level: list[tuple[Path, Any]] = [((), fields)]
    values = 0
    for _ in range(MAX_MAPPING_DEPTH + 1):
        values += len(level)
        if values > MAX_MAPPING_VALUES:
            return found((), f"should not hold more than {MAX_MAPPING_VALUES:,} values").problems
        inner: list[tuple[Path, Any]] = []
        for path, value in level:
            problems += (p for said in _own_faults(value) for p in found(path, said).problems)
            if isinstance(value, CONTAINERS):
                entries = value.items() if isinstance(value, dict) else enumerate(value)
                inner += (((*path, str(key)), member) for key, member in entries)
        if not inner:
            return tuple(problems)
        level = inner
    return found((), f"should not nest deeper than {MAX_MAPPING_DEPTH} levels").problems


def _own_faults(value: object) -> list[str]:
    if isinstance(value, dict):
        odd = (key for key in value if not isinstance(key, str))
        return [f"should have text as keys but it has {key!r}" for key in odd]
    if isinstance(value, _JSON):
        return []
    return [f"should be JSON but it is of the type {type(value).__name__}"]
