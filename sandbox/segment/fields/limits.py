"""Limits: bounds on a mapping's fields and results, so that no mapping can hang the sandbox.

Segment's runtime has no such limits except those of its machine; each message says that the limit
is the sandbox's.
"""

from typing import Any, Final

from sandbox.segment.javascript import CONTAINERS, MISSING, PROTOTYPE
from sandbox.segment.not_simulated import MAX_RESULT, not_simulated

MAX_MAPPING_DEPTH: Final = 100
"""The most levels of objects and arrays in a mapping's fields."""

MAX_MAPPING_VALUES: Final = 100_000
"""The most values in a mapping's fields; an object shared by several places counts each time."""

MAX_SIZE: Final = MAX_RESULT
"""The largest result of a mapping for one event, in about the characters of its JSON."""

_SCALARS = frozenset({int, float, bool, type(None)})


def measure(value: object, where: str) -> bool:
    """Throw if the value is larger than MAX_SIZE as JSON.

    Return whether JavaScript's copies keep all its members.
    """
    is_whole = True
    size = 0
    todo: list[Any] = [[value]]
    while todo:  # no recursion: an event may be 500 levels deep
        outer = todo.pop()
        members = outer
        if isinstance(outer, dict):
            members = outer.values()
            size += _size_of_keys(outer)
            is_whole = is_whole and PROTOTYPE not in outer
        for member in members:
            if type(member) is str:
                size += len(member)
            elif member is MISSING:
                is_whole = False
            elif type(member) not in _SCALARS and isinstance(member, CONTAINERS):
                todo.append(member)
        size += 4 * len(outer)
        if size > MAX_SIZE:
            raise not_simulated("large result", where)
    return is_whole


def _size_of_keys(value: dict[str, object]) -> int:
    try:
        return sum(map(len, value))
    except TypeError:
        wrong = next(key for key in value if not isinstance(key, str))
        found = f"one was {wrong!r:.80}"
        raise TypeError(f"the keys of a JSON object are strings, but {found}") from None
