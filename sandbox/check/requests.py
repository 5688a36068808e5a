"""Requests: what a mapper printed for an event, and where it differs from what is right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sandbox.contract.wording import describe
from sandbox.segment.javascript import Json
from sandbox.values import difference

KEYS = ("method", "path", "json")


@dataclass(frozen=True, slots=True)
class Answer:
    """What a mapper made of one event: its requests, and what its function raised, if it did."""

    requests: tuple[dict[str, Json], ...]
    raised: str = ""


class NoRequests(ValueError):
    """Raised for a value that is not a list of requests; the message says what it is."""


def read_answer(value: Json) -> Answer:
    """Return the answer a mapper gave as JSON; raises NoRequests if it is not valid."""
    if isinstance(value, dict) and set(value) == {"raised"}:
        return Answer((), str(value["raised"]))
    if not isinstance(value, list | tuple):
        raise NoRequests(f"{describe(value)} is not a list of requests")
    for number, request in enumerate(value):
        if not isinstance(request, dict):
            raise NoRequests(f"item {number} is {describe(request)}, not a request")
        lacking = [key for key in KEYS if key not in request]
        if lacking:
            raise NoRequests(f"item {number} has no {' and no '.join(lacking)}")
    return Answer(tuple({key: request[key] for key in KEYS} for request in value))


def same(right: Json, found: Json) -> bool:
    """Return whether two JSON values are equal to JavaScript, whatever the order of keys."""
    return next(difference(right, found), None) is None


def paired(
    right: Sequence[dict[str, Json]], found: Sequence[dict[str, Json]]
) -> list[tuple[int | None, int | None]]:
    """Return which request that came stands for which that is right, by index; None for none.

    Their order says nothing, as Segment sends them all at once. Equal ones first, then those of
    one path, then whatever is left.
    """
    left, other = list(range(len(right))), list(range(len(found)))
    pairs: list[tuple[int | None, int | None]] = []
    for alike in (same, lambda one, other: one["path"] == other["path"], lambda *_: True):
        for index in list(left):
            match = next((o for o in other if alike(right[index], found[o])), None)
            if match is not None:
                pairs.append((index, match))
                left.remove(index)
                other.remove(match)
    return [*pairs, *((index, None) for index in left), *((None, index) for index in other)]
