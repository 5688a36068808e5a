"""Tidying: what is left of a resolved mapping once its undefined members are removed."""

from __future__ import annotations

from sandbox.segment.fields.limits import CONTAINERS, MAX_SIZE, too_large
from sandbox.segment.javascript import MISSING, Json

PROTOTYPE = "__proto__"
"""The key every copy JavaScript makes of an object loses."""

_SCALARS = frozenset({int, float, bool, type(None)})


def without_missing(value: Json) -> Json:
    """Return the value without undefined members of objects, at any depth.

    Undefined elements of arrays stay. A value with nothing to remove is returned as it is, so it
    may share its parts with the event. Throws when it is larger than MAX_SIZE.
    """
    if not isinstance(value, CONTAINERS) or _is_tidy(value):
        return value
    return rebuilt(value)


def _is_tidy(value: Json) -> bool:
    tidy = True
    size = 0
    todo = [value]
    while todo:  # no recursion: an event may be 500 levels deep
        outer = todo.pop()
        members = outer
        if isinstance(outer, dict):
            members = outer.values()
            size += _size_of_keys(outer)
            tidy = tidy and PROTOTYPE not in outer
        for member in members:
            if type(member) is str:
                size += len(member)
            elif member is MISSING:
                tidy = False
            elif type(member) not in _SCALARS and isinstance(member, CONTAINERS):
                todo.append(member)
        size += 4 * len(outer)
        if size > MAX_SIZE:
            raise too_large("the mapping")
    return tidy


def _size_of_keys(value: dict[str, Json]) -> int:
    try:
        return sum(map(len, value))
    except TypeError:
        wrong = next(key for key in value if not isinstance(key, str))
        raise TypeError(
            f"the keys of a JSON object are strings, but one was {wrong!r:.80}"
        ) from None


def rebuilt(value: Json) -> Json:
    """Return a copy of the value without undefined members; nothing in it is shared."""
    todo: list[tuple[Json, Json]] = []

    def begun(source: Json) -> Json:
        if not isinstance(source, CONTAINERS):
            return source
        copy: Json = {} if isinstance(source, dict) else []
        todo.append((source, copy))
        return copy

    result = begun(value)
    while todo:
        source, copy = todo.pop()
        if isinstance(source, dict):
            copy.update((k, begun(v)) for k, v in source.items() if _is_kept(k, v))
        else:
            copy.extend(begun(element) for element in source)
    return result


def _is_kept(key: str, member: Json) -> bool:
    return member is not MISSING and key != PROTOTYPE
