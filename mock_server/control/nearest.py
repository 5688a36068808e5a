"""Nearest: which of the values that came is most like an expected one, and where they differ."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from sandbox.segment.javascript import Json
from sandbox.values import Difference, difference

Candidate = TypeVar("Candidate")


@dataclass(frozen=True, slots=True)
class Nearest(Generic[Candidate]):
    """The candidate with the fewest differences; none means it is what was expected."""

    candidate: Candidate
    differences: tuple[Difference, ...]


def nearest(
    expected: Json, candidates: Iterable[tuple[Candidate, Json]], *, partial: bool = False
) -> Nearest[Candidate] | None:
    """Return the candidate whose value differs least, the earliest of equals; None of none.

    `partial` lets objects hold more keys than are expected.
    """
    best: Nearest[Candidate] | None = None
    for candidate, value in candidates:
        found = tuple(difference(expected, value, partial=partial))
        if best is None or len(found) < len(best.differences):
            best = Nearest(candidate, found)
        if not found:
            break
    return best
