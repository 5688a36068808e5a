"""Mapping lists: the two sides of a replay, and which mapping stands for which."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from typing import NamedTuple

from sandbox.destination import Mapping
from sandbox.workspace import ConnectedDestination


class MappingList(NamedTuple):
    """The mappings of one side, and the file they stand in, as it is shown.

    Beside each stands the name of its destination; one that is disabled disables its mappings.
    """

    file: str
    mappings: tuple[Mapping, ...]
    destinations: tuple[str, ...]

    @property
    def labels(self) -> tuple[str, ...]:
        """A name for each mapping: with its destination and number where the name repeats."""
        several = len(set(self.destinations)) > 1
        pairs = zip(self.destinations, self.mappings, strict=True)
        names = [f"{to}: {mapping.name}" if several else mapping.name for to, mapping in pairs]
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
    found = [(each, mapping) for each in destinations for mapping in each.mappings]
    return MappingList(
        file,
        tuple(m if to.enabled else replace(m, enabled=False) for to, m in found),
        tuple(to.name for to, _ in found),
    )


def paired(new_side: MappingList, old_side: MappingList) -> tuple[Pair, ...]:
    """Return which mapping of the old side stands for which of the new one, those first, in order.

    Identical ones first; then those of one destination and name, in order; then those that differ
    in their names alone.
    """
    new, old = new_side.mappings, old_side.mappings
    one_each = len(set(new_side.destinations)) == 1 == len(set(old_side.destinations))

    def names(side: MappingList) -> list[tuple[str, str]]:
        pairs = zip(side.destinations, side.mappings, strict=True)
        return [("" if one_each else to, mapping.name) for to, mapping in pairs]

    def contents(side: MappingList) -> list[str]:
        return [_content(mapping) for mapping in side.mappings]

    def identities(side: MappingList) -> list[object]:
        return list(zip(names(side), contents(side), strict=True))

    left = list(range(len(old)))
    partner: dict[int, int] = {}
    for keys in (identities, names, contents):
        theirs = keys(old_side)
        for index, key in enumerate(keys(new_side)):
            match = next((o for o in left if theirs[o] == key), None)
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


def _content(mapping: Mapping) -> str:
    # by their text: to `==`, true is 1 and the order of fields is nothing
    return repr((mapping.action, mapping.trigger, mapping.fields, mapping.enabled))
