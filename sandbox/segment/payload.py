"""Payload: turn resolved fields into the payload of an action, or into all their problems.

Segment coerces values to a field's type: numbers to strings, a list of one to its element. It drops
unknown keys silently.
"""

import math
from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from typing import Any, Final, TypeAlias

from sandbox.segment.dates import is_date_like, to_unix
from sandbox.segment.definition import PASSTHROUGH, Declared, Field, FieldType, Setting
from sandbox.segment.errors import Problem
from sandbox.segment.javascript import MISSING, is_number, number_text, to_double, to_number
from sandbox.values import a_kind

Payload: TypeAlias = dict[str, Any]
"""The payload of an action: for each key a value of its field's type."""
_Checked: TypeAlias = tuple[object, tuple[str, ...]]
"""A value as it is sent, and its problems: sentences without subject and full stop."""

_NO_DATE = "must be a valid date-like string but it was not"


def check_payload(fields: Sequence[Field], value: object) -> tuple[Payload, tuple[Problem, ...]]:
    """Return the payload and all problems, in Segment's words and order.

    `value` is the result of resolving the fields. Nulls in fields and empty strings are removed
    first; unknown keys are dropped, except for PASSTHROUGH. With problems, the payload is
    meaningless.
    """
    return _checked(fields, _without_empty({f.key for f in fields}, value), PASSTHROUGH)


def check_settings(
    settings: Sequence[Setting], value: object
) -> tuple[Payload, tuple[Problem, ...]]:
    """Return a destination's settings as Segment uses them, and all problems.

    Settings are strings, checked like those of a payload. Nothing is removed, and null becomes "".
    """
    return _checked(settings, value, ())


def to_upload(fields: Sequence[Field], payload: Payload) -> Payload:
    """Return the checked payload as it is sent, with each datetime as Unix seconds."""
    upload = dict(payload)
    for field in fields:
        if field.type == "datetime" and field.key in upload:
            upload[field.key] = to_unix(upload[field.key])
    return upload


def _without_empty(keys: AbstractSet[str], value: object) -> object:
    """Remove the values that count as missing: nulls of fields, and empty strings of any key."""
    if not isinstance(value, dict):
        return MISSING if value is None or value == "" else value
    return {k: v for k, v in value.items() if v != "" and not (v is None and k in keys)}


def _checked(
    declared: Sequence[Declared], value: object, passthrough: Sequence[str]
) -> tuple[Payload, tuple[Problem, ...]]:
    if not isinstance(value, dict):
        return {}, (Problem((), f"The root value {_wrong_type('an object', value)}."),)

    given = {d.key: v for d in declared if (v := value.get(d.key, MISSING)) is not MISSING}
    lacking = [d.key for d in declared if d.required and d.key not in given]
    missing = "The root value is missing the required field '{}'."
    problems = [Problem((key,), missing.format(key)) for key in lacking]
    for field in declared:
        if field.key in given:
            given[field.key], wrong = _TYPES[field.type](given[field.key])
            said = (f"{field.label} {predicate}." for predicate in wrong)
            problems += (Problem((field.key,), each[:1].upper() + each[1:]) for each in said)

    kept = {key: given[key] for key in value if key in given}
    kept |= {key: value[key] for key in passthrough if value.get(key, MISSING) is not MISSING}
    return kept, tuple(problems)


def _string(value: object) -> _Checked:
    value = _only_element(value)
    text = value if isinstance(value, str) else _text_of_scalar(value)
    return (value, (_wrong_type("a string", value),)) if text is None else (text, ())


def _object(value: object) -> _Checked:
    return value, () if isinstance(value, dict) else (_wrong_type("an object", value),)


def _datetime(value: object) -> _Checked:
    """Check a value that may be a string or a number; a list of one is converted oddly.

    A number in a list becomes a string, and a string of a number becomes a number.
    """
    if isinstance(value, str):
        return value, _no_date(value)
    if is_number(value) and math.isfinite(to_double(value)):
        return value, ()

    value = _only_element(value)
    text = _text_of_scalar(value)
    if text is not None:
        return text, _no_date(text)
    wrong = _wrong_type("a string or number", value)
    if not isinstance(value, str):
        return value, (wrong,)
    number = to_number(value) if value else math.nan
    return (value, (wrong, *_no_date(value))) if math.isnan(number) else (number, ())


_TYPES: Final[dict[FieldType, Callable[[object], _Checked]]] = {
    "string": _string,
    "datetime": _datetime,
    "object": _object,
}


def _only_element(value: object) -> object:
    return value[0] if isinstance(value, list) and len(value) == 1 else value


def _text_of_scalar(value: object) -> str | None:
    """Return a number, a boolean or null as a string; null is ""."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return number_text(value) if isinstance(value, int | float) else None


def _no_date(text: str) -> tuple[str, ...]:
    return () if is_date_like(text) else (_NO_DATE,)


def _wrong_type(expected: str, value: object) -> str:
    return f"must be {expected} but it was {a_kind(value)}"
