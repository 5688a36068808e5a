"""Job: what is asked of every part of a replay, as plain values that travel to workers."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from sandbox.destination import Mapping
from sandbox.segment.definition import Rules
from sandbox.workspace import ConnectedDestination

PACKAGE: Final = "toplyne-sandbox"
DIFFERENCES: Final = "differences"
REJECTED: Final = "rejected"
REQUESTS: Final = "requests"


class ReplayError(Exception):
    """A replay that cannot go on; the message says why, and what would help."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """A source, or what it holds from byte `start` up to byte `stop`, which are lines.

    `content` is what the source holds, where it is not read from anywhere.
    """

    name: str
    url: str
    size: int
    start: int = 0
    stop: int | None = None
    first_line: int = 1
    content: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Slices that are worked on in one go, by their place in the plan."""

    number: int
    slices: tuple[Slice, ...]

    def __str__(self) -> str:
        more = len(self.slices) - 1
        return f"{self.slices[0].name}{f' and {more} more' if more else ''}"

    @property
    def size(self) -> int:
        """How many bytes are read for it."""
        return sum(each.size for each in self.slices)


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
        total, seen = Counter(names), Counter[str]()
        labels = []
        for name in names:
            seen[name] += 1
            labels.append(f"{name} ({seen[name]})" if total[name] > 1 else name)
        return tuple(labels)


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """The mappings of both sides, which are compared, the rules, and which rows go where."""

    new: MappingList
    old: MappingList | None
    pairs: tuple[Pair, ...]
    rules: Rules
    version: str
    shards: str | None = None
    collected: tuple[str, ...] = ()

    @property
    def mappings(self) -> tuple[Mapping, ...]:
        """The mappings of both sides, the new ones first."""
        return (*self.new.mappings, *(self.old.mappings if self.old else ()))


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
    one_each = len(set(new_side.destinations)) == 1 == len(set(old_side.destinations))

    def known_by(side: MappingList) -> list[tuple[object, ...]]:
        """Return for each mapping by what its partner is found, the surest first."""
        pairs = zip(side.destinations, side.mappings, strict=True)
        names = (("" if one_each else to, m.name) for to, m in pairs)
        contents = map(_content, side.mappings)
        return [((name, text), name, text) for name, text in zip(names, contents, strict=True)]

    new, old = known_by(new_side), known_by(old_side)
    left = dict(enumerate(old))
    partner: dict[int, int] = {}
    for how in range(3):
        for index, keys in enumerate(new):
            match = next((o for o, theirs in left.items() if theirs[how] == keys[how]), None)
            if index not in partner and match is not None:
                partner[index] = match
                del left[match]

    pairs = []
    for index, (label, one) in enumerate(zip(new_side.labels, new_side.mappings, strict=True)):
        at = partner.get(index)
        two = None if at is None else old_side.mappings[at]
        is_alike = two is not None and _made(one) == _made(two)
        is_identical = two is not None and _content(one) == _content(two)
        pairs.append(Pair(label, index, at, is_identical, is_alike))
    return (*pairs, *(Pair(old_side.labels[o], None, o) for o in left))


def _content(mapping: Mapping) -> str:
    # by their text: to `==`, true is 1 and the order of fields is nothing
    return repr((mapping.action, mapping.trigger, mapping.fields, mapping.enabled))


def _made(mapping: Mapping) -> str:
    return repr((mapping.action, mapping.fields))
