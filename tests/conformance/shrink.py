"""Shrinking a disagreement: the smallest case of its shape on which the two sides still differ.

Hypothesis shortens the tape a case was read from; what is left is made smaller here, value by
value, which the tape cannot do.
"""

from collections.abc import Callable, Iterator
from typing import Any

MOST_TRIES = 3000


def shrunk(case: dict[str, Any], differs: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """Give the smallest case found; the members of the case itself always stay."""
    tries = 0
    smaller = True
    while smaller and tries < MOST_TRIES:
        smaller = False
        for candidate in _one_step_smaller(case):
            tries += 1
            if differs(candidate):
                case, smaller = candidate, True
                break
            if tries >= MOST_TRIES:
                break
    return case


def _one_step_smaller(case: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for key, value in case.items():
        for candidate in _smaller(value):
            yield {**case, key: candidate}


def _smaller(value: Any) -> Iterator[Any]:
    """Give the value with something taken away, most of it first."""
    if isinstance(value, dict):
        yield from _smaller_object(value)
    elif isinstance(value, list):
        yield from _smaller_list(value)
    elif isinstance(value, str):
        yield from _smaller_text(value)
    elif isinstance(value, int | float) and not isinstance(value, bool) and value not in (0, 1):
        yield from (0, 1)


def _smaller_object(value: dict[str, Any]) -> Iterator[Any]:
    yield from value.values()
    for key in value:
        yield {name: item for name, item in value.items() if name != key}
    for key, item in value.items():
        for candidate in _smaller(item):
            yield {**value, key: candidate}


def _smaller_list(value: list[Any]) -> Iterator[Any]:
    yield from value
    for at in range(len(value)):
        yield value[:at] + value[at + 1 :]
    for at, item in enumerate(value):
        for candidate in _smaller(item):
            yield [*value[:at], candidate, *value[at + 1 :]]


def _smaller_text(text: str) -> Iterator[str]:
    size = len(text)
    while size:
        for at in range(0, len(text), size):
            yield text[:at] + text[at + size :]
        size //= 2
