"""Nearest: which of the values that came is most like an expected one, and where they differ."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import zip_longest
from typing import Generic, TypeVar

from sandbox.contract.violation import member_path
from sandbox.segment.javascript import MISSING, Json, kind

Candidate = TypeVar("Candidate")


@dataclass(frozen=True, slots=True)
class Difference:
    """One place where two values differ; MISSING on the side that has nothing there."""

    path: str
    expected: Json
    found: Json

    def to_json(self) -> dict[str, Json]:
        """Return the difference with what is missing left out."""
        parts = {"path": self.path, "expected": self.expected, "found": self.found}
        return {key: value for key, value in parts.items() if value is not MISSING}


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
        found = tuple(differences(expected, value, partial=partial))
        if best is None or len(found) < len(best.differences):
            best = Nearest(candidate, found)
        if not found:
            break
    return best


def differences(
    expected: Json, found: Json, *, partial: bool = False, path: str = "$"
) -> Iterator[Difference]:
    """Yield every place where `found` is not as expected; true is not 1, 1.0 is."""
    if expected is MISSING or found is MISSING or kind(expected) != kind(found):
        yield Difference(path, expected, found)
    elif isinstance(expected, dict):
        keys = expected if partial else dict.fromkeys([*expected, *found])
        for key in keys:
            yield from differences(
                expected.get(key, MISSING),
                found.get(key, MISSING),
                partial=partial,
                path=member_path(path, key),
            )
    elif isinstance(expected, list):
        for index, pair in enumerate(zip_longest(expected, found, fillvalue=MISSING)):
            yield from differences(*pair, partial=partial, path=f"{path}[{index}]")
    elif expected != found:
        yield Difference(path, expected, found)
