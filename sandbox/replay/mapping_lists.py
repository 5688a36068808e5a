"""Mapping lists: the two sides of a replay as plain values, and which mapping stands for which."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from typing import NamedTuple

from sandbox.destination import Mapping
from sandbox.segment.javascript import Json
from sandbox.workspace import ConnectedDestination


class PlainMapping(NamedTuple):
    """A mapping as values that travel between processes; a disabled destination disables it."""

    destination: str
    name: str
    action: str
    trigger: str
    fields: Json
    enabled: bool

    def made(self) -> Mapping:
        """Return the mapping, ready for events."""
        return Mapping(
            self.name,
            action=self.action,
            trigger=self.trigger,
            fields=self.fields,
            enabled=self.enabled,
        )


class MappingList(NamedTuple):
    """The mappings of one side, and the file they stand in, as it is shown."""

    file: str
    mappings: tuple[PlainMapping, ...]

    @property
    def labels(self) -> tuple[str, ...]:
        """A name for each mapping: with its destination and number where the name repeats."""
        several = len({each.destination for each in self.mappings}) > 1
        names = [f"{m.destination}: {m.name}" if several else m.name for m in self.mappings]
        left, total = Counter(names), Counter(names)
        labels = []
        for name in reversed(names):
            labels.append(f"{name} ({left[name]})" if total[name] > 1 else name)
            left[name] -= 1
        return tuple(reversed(labels))


class Pair(NamedTuple):
    """The index of a mapping on the new side and on the old one; None if there is none.

    The label is that of the new mapping, else of the old one. Mappings that are alike make the same
    of an event which both take.
    """

    label: str
    new: int | None
    old: int | None
    is_identical: bool = False
    is_alike: bool = False


def mapping_list(file: str, destinations: Iterable[ConnectedDestination]) -> MappingList:
    """Return the mappings of the destinations, in order."""
    return MappingList(
        file,
        tuple(
            PlainMapping(d.name, m.name, m.action, m.trigger, m.fields, d.enabled and m.enabled)
            for d in destinations
            for m in d.mappings
        ),
    )


def paired(new_side: MappingList, old_side: MappingList) -> tuple[Pair, ...]:
    """Return which mapping of the old side stands for which of the new one, those first, in order.

    Identical ones first; then those of one destination and name, in order; then those that differ
    in their names alone.
    """
    new, old = new_side.mappings, old_side.mappings
    one_each = len({m.destination for m in new}) == 1 == len({m.destination for m in old})

    def name(mapping: PlainMapping) -> tuple[str, ...]:
        return ("" if one_each else mapping.destination, mapping.name)

    def identity(mapping: PlainMapping) -> tuple[str, ...]:
        return (*name(mapping), _content(mapping))

    keys: tuple[Callable[[PlainMapping], object], ...] = (identity, name, _content)
    left = list(range(len(old)))
    partner: dict[int, int] = {}
    for key in keys:
        for index, mapping in enumerate(new):
            wanted = key(mapping)
            match = next((o for o in left if key(old[o]) == wanted), None)
            if index not in partner and match is not None:
                partner[index] = match
                left.remove(match)

    pairs = []
    for index, (label, one) in enumerate(zip(new_side.labels, new, strict=True)):
        if index not in partner:
            pairs.append(Pair(label, index, None))
            continue
        two = old[partner[index]]
        is_alike = (one.action, repr(one.fields)) == (two.action, repr(two.fields))
        is_identical = _content(one) == _content(two)
        pairs.append(Pair(label, index, partner[index], is_identical, is_alike))
    return (*pairs, *(Pair(old_side.labels[o], None, o) for o in left))


def _content(mapping: PlainMapping) -> str:
    return repr(mapping[2:])  # to `==`, true is 1 and the order of fields is nothing
