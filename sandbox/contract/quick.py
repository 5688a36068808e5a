"""Quick check: whether an item holds to the contract, made of the declaration, microseconds each.

It accepts exactly what the derived JSON Schema accepts: tests/properties/test_contract_laws.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeAlias

from sandbox.contract.schemas import INT64, needed
from sandbox.segment.definition import PASSTHROUGH, FieldType, Rules, Upload
from sandbox.segment.javascript import Json

Accepts: TypeAlias = Callable[[Json], bool]

_LEAST, _MOST = INT64["minimum"], INT64["maximum"]


def _is_string(value: Json) -> bool:
    return isinstance(value, str)


def _is_filled_string(value: Json) -> bool:
    return isinstance(value, str) and value != ""


def _is_object(value: Json) -> bool:
    return isinstance(value, dict)


def _is_integer(value: Json) -> bool:
    if type(value) is int:  # the usual case first
        return _LEAST <= value <= _MOST
    return isinstance(value, float) and value.is_integer() and _LEAST <= value <= _MOST


def _is_number_or_null(value: Json) -> bool:
    if value is None:
        return True
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return not (value < _LEAST or value > _MOST)


def _is_anything(_: Json) -> bool:
    return True


TAKES: Final[dict[tuple[FieldType, Rules], Accepts]] = {
    ("string", "documented"): _is_filled_string,
    ("string", "observed"): _is_string,
    ("datetime", "documented"): _is_integer,
    ("datetime", "observed"): _is_number_or_null,
    ("object", "documented"): _is_object,
    ("object", "observed"): _is_object,
}
"""What a field takes, by its type; the schemas of the same types say it to others."""


def compile_quick(upload: Upload, rules: Rules) -> Accepts:
    """Return what tells whether a value is an item of the upload under the rules."""
    takes = {field.key: TAKES[field.type, rules] for field in upload.fields}
    if rules == "observed":
        takes |= dict.fromkeys(PASSTHROUGH, _is_anything)
    required = tuple(keys[0] for keys in needed(upload, rules) if len(keys) == 1)
    choices = tuple(keys for keys in needed(upload, rules) if len(keys) > 1)

    def accepts(item: Json) -> bool:
        if not isinstance(item, dict):
            return False
        for key in required:
            if key not in item:
                return False
        for key, value in item.items():
            test = takes.get(key)
            if test is None or not test(value):
                return False
        for keys in choices:  # noqa: SIM110 - a generator would take longer than the rest
            if item.keys().isdisjoint(keys):
                return False
        return True

    return accepts
