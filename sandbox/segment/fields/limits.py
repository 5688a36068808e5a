"""Limits: how much one mapping may ask for, so that none of them can hang the sandbox.

Segment's runtime has no such limits but those of its machine; the message of each limit says that
it is the sandbox's.
"""

from typing import Any, Final

from sandbox.segment.javascript import CONTAINERS, MISSING, PROTOTYPE
from sandbox.segment.not_simulated import MAX_RESULT, not_simulated

MAX_MAPPING_DEPTH: Final = 100
"""How deep the objects and arrays of a mapping's fields may nest."""

MAX_MAPPING_VALUES: Final = 100_000
"""How many values a mapping's fields may hold; one that stands in several places counts again."""

MAX_SIZE: Final = MAX_RESULT
"""How large, in about the characters of its JSON, what a mapping makes of one event may be."""

_SCALARS = frozenset({int, float, bool, type(None)})


def measure(value: object, where: str) -> bool:
    """Throw when the value, written out, would be larger than MAX_SIZE.

    Return whether each of its members is one that JavaScript's copies keep.
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
