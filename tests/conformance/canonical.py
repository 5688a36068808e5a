"""Canonical values: both sides' answers in one form, and whether they are the same.

Objects keep their order, which JavaScript shows; undefined is `Special("undefined")`. Zero's sign
is nowhere to be seen in a request, so it makes no difference here.
"""

import math
from typing import Any

from sandbox.segment.javascript import (
    MISSING,
    JavaScriptFunction,
    from_units,
    ordered_items,
    to_double,
)
from tests.conformance.json_wire import FUNCTION, UNDEFINED


def canonical(value: Any) -> Any:
    """Give the mapper's value as the runtime's answers have theirs."""
    if value is MISSING:
        return UNDEFINED
    if isinstance(value, JavaScriptFunction):
        return FUNCTION
    if isinstance(value, dict):
        return {key: canonical(item) for key, item in ordered_items(value)}
    if isinstance(value, list | tuple):
        return [canonical(item) for item in value]
    return from_units(value) if isinstance(value, str) else value


def same(ours: Any, theirs: Any) -> bool:
    """Tell whether two canonical values are the same, the order of members included."""
    if isinstance(ours, bool) or isinstance(theirs, bool):
        return ours is theirs
    if isinstance(ours, int | float) and isinstance(theirs, int | float):
        return _same_number(to_double(ours), to_double(theirs))
    if isinstance(ours, dict) and isinstance(theirs, dict):
        return list(ours) == list(theirs) and all(same(ours[key], theirs[key]) for key in ours)
    if isinstance(ours, list | tuple) and isinstance(theirs, list | tuple):
        return len(ours) == len(theirs) and all(map(same, ours, theirs))
    return type(ours) is type(theirs) and bool(ours == theirs)


def _same_number(ours: float, theirs: float) -> bool:
    return ours == theirs or (math.isnan(ours) and math.isnan(theirs))
