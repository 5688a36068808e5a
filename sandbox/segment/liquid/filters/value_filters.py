"""Value filters: default, and those that leave a value as it is or refuse to run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NoReturn

from sandbox.segment.errors import Thrown
from sandbox.segment.javascript import MISSING, Json, is_falsy
from sandbox.segment.liquid.liquid_errors import refuse
from sandbox.segment.liquid.liquid_values import is_true, plain
from sandbox.segment.liquid.variables import Variables

DISABLED: Final = (
    "array_to_sentence_string",
    "concat",
    "find",
    "find_exp",
    "find_index",
    "find_index_exp",
    "group_by",
    "group_by_exp",
    "has",
    "has_exp",
    "map",
    "newline_to_br",
    "reject",
    "reject_exp",
    "reverse",
    "sort",
    "sort_natural",
    "uniq",
    "where_exp",
    "type",
)
"""The filters Segment turns off."""


def _default(variables: Variables, value: Json, other: Json = MISSING, *options: Json) -> Json:
    """Return `other` for nil, false and what is empty; `allow_false` keeps false."""
    del variables
    value = plain(value)
    if isinstance(value, str | list | tuple):
        return value or other
    if value is False and _allows_false(options):
        return False
    return value if is_true(value) else other


def _allows_false(options: tuple[Json, ...]) -> bool:
    if not all(isinstance(option, list | tuple) for option in options):
        refuse("options")
    named = {(*option, MISSING)[0]: (*option, MISSING, MISSING)[1] for option in options}
    return not is_falsy(named.get("allow_false", MISSING))


def _raw(variables: Variables, value: Json, *_: Json) -> Json:
    del variables
    return value


def _disabled(name: str) -> Callable[..., NoReturn]:
    def filtered(variables: Variables, value: Json, *_: Json) -> NoReturn:
        del variables, value
        raise Thrown(f'filter "{name}" is disabled')

    return filtered


VALUES: Final[dict[str, Callable[..., Json]]] = {
    "default": _default,
    "raw": _raw,
    **{name: _disabled(name) for name in DISABLED},
}
