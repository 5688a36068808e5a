"""Takers: which of several mappings take an event, told by one function for all their triggers.

Most mappings skip most events, so that is what most of the time goes to. The function is generated
once a list of mappings has met some events.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import Any, Final, Generic, Protocol, TypeVar

from sandbox.segment.compiled.generated import Take
from sandbox.segment.compiled.ways import EVENTS_BEFORE
from sandbox.segment.javascript import Json
from sandbox.segment.triggers import Trigger

MOST_KEPT: Final = 128


class Taking(Protocol):
    """As much of a mapping as is looked at here."""

    @property
    def enabled(self) -> bool:
        """Whether it is enabled."""

    @property
    def parsed_trigger(self) -> Trigger:
        """What it takes."""


T = TypeVar("T", bound=Taking)


class Takers(Generic[T]):
    """Some mappings, and the function for them."""

    __slots__ = ("_left", "mappings", "take")

    def __init__(self, mappings: tuple[T, ...]) -> None:
        """Hand over the first events."""
        self.mappings = mappings
        self.take: Take = self._hand_over
        self._left = EVENTS_BEFORE

    def _hand_over(self, _event: dict[str, Json]) -> tuple[None, ...]:
        self._left -= 1
        if self._left <= 0:
            self.make()
        return (None,) * len(self.mappings)

    def make(self) -> None:
        """Generate the function."""
        from sandbox.segment.compiled.triggers import take_of  # noqa: PLC0415 - as in `ways`

        self.take = take_of([m.parsed_trigger if m.enabled else None for m in self.mappings])


def takers_of(mappings: Iterable[T]) -> Takers[T]:
    """Return the takers of these very mappings, the same as before if they are kept."""
    key: Hashable
    if type(mappings) is tuple:
        key = id(mappings)
    else:
        mappings = tuple(mappings)
        key = tuple(map(id, mappings))
    kept = _KEPT.get(key)
    if kept is not None:
        return kept

    if len(_KEPT) >= MOST_KEPT:
        _KEPT.clear()
    return _KEPT.setdefault(key, Takers(mappings))


# by identity, because mappings have no hash; each entry holds what its key names, so an identity
# is never used again
_KEPT: dict[Hashable, Takers[Any]] = {}
