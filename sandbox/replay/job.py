"""Job: what every part of a replay needs, as plain values that can be sent to workers."""

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Final, NamedTuple, TypeAlias

from sandbox.destination import PRESETS, Mapping
from sandbox.known_rules import check_rules
from sandbox.segment.definition import Rules
from sandbox.workspace import ConnectedDestination, Workspace, load_workspace

PACKAGE: Final = "toplyne-sandbox"

Side: TypeAlias = str | os.PathLike[str] | Workspace | Sequence[Mapping] | None
"""Mappings: the path of a workspace file, a workspace, mappings, or None for the presets."""


class MappingList(NamedTuple):
    """The mappings of one side, and the displayed name of their file.

    Each mapping has a label and the name of its destination; a disabled destination disables its
    mappings. A label is the mapping's name, with destination and number if the name repeats.
    """

    file: str
    mappings: tuple[Mapping, ...]
    labels: tuple[str, ...]
    destinations: tuple[str, ...]


class Pair(NamedTuple):
    """The indexes of a mapping on the new side and on the old side, None if it has none there.

    Indexes of the old side follow the new ones, as in `Job.mappings`. The label is the new
    mapping's, else the old one's. Mappings that are alike make the same request of an event that
    both take.
    """

    label: str
    new: int | None
    old: int | None
    is_identical: bool = False
    is_alike: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """The mappings of both sides with their pairs, the rules, and the rows to write."""

    new: MappingList
    old: MappingList | None
    pairs: tuple[Pair, ...]
    rules: Rules
    version: str
    shards: str = ""
    collected: tuple[str, ...] = ()

    @property
    def mappings(self) -> tuple[Mapping, ...]:
        """The mappings of both sides, the new ones first."""
        return (*self.new.mappings, *(self.old.mappings if self.old else ()))


def job_of(workspace: Side, against: Side, rules: Rules) -> Job:
    """Return the job for the mappings of both sides; without `against` there is no old side.

    Raises InvalidWorkspace, ValueError or OSError if a side cannot be read.
    """
    new = _side(workspace, "the mappings")
    old = None if against is None else _side(against, "the mappings before")
    names = [side.file.rpartition(os.sep)[2] for side in (new, old) if side is not None]
    if len(names) == len(set(names)):  # they differ without their folders
        new = new._replace(file=names[0])
        old = old and old._replace(file=names[1])
    pairs, known = _pairs(new, old) if old else (), check_rules(rules)
    return Job(new=new, old=old, pairs=pairs, rules=known, version=version(PACKAGE))


def _side(side: Side, name: str) -> MappingList:
    if isinstance(side, str | os.PathLike):
        return _list(os.fspath(side), load_workspace(Path(side)).destinations)
    if isinstance(side, Workspace):
        return _list(name.replace("mappings", "workspace"), side.destinations)
    name, mappings = ("the presets", PRESETS) if side is None else (name, tuple(side))
    return _list(name, [ConnectedDestination(name="", source="", api_key="", mappings=mappings)])


def _list(file: str, destinations: Sequence[ConnectedDestination]) -> MappingList:
    found = [(each, mapping) for each in destinations for mapping in each.mappings]
    owners = tuple(to.name for to, _ in found)
    several = len(set(owners)) > 1
    names = [f"{to.name}: {mapping.name}" if several else mapping.name for to, mapping in found]
    total, seen = Counter(names), Counter[str]()
    labels = []
    for name in names:
        seen[name] += 1
        labels.append(f"{name} ({seen[name]})" if total[name] > 1 else name)
    mappings = (m if to.enabled else replace(m, enabled=False) for to, m in found)
    return MappingList(file, tuple(mappings), tuple(labels), owners)


def _pairs(new: MappingList, old: MappingList) -> tuple[Pair, ...]:
    """Return the pairs of new and old mappings in the order of the new ones, then the other old.

    Identical mappings are paired first, then those with the same destination and name, in order,
    then those that differ only in their names.
    """
    one_each = len(set(new.destinations)) == 1 == len(set(old.destinations))

    def known_by(side: MappingList) -> list[tuple[object, ...]]:
        """Return, for each mapping, the keys by which its partner is found, the surest first."""
        pairs = zip(side.destinations, side.mappings, strict=True)
        names = [("" if one_each else to, mapping.name) for to, mapping in pairs]
        contents = [*map(_content, side.mappings)]
        return [*zip(zip(names, contents, strict=True), names, contents, strict=True)]

    left = dict(enumerate(known_by(old)))
    partner: dict[int, int] = {}
    for how in range(3):
        for index, keys in enumerate(known_by(new)):
            match = next((o for o, theirs in left.items() if theirs[how] == keys[how]), None)
            if index not in partner and match is not None:
                partner[index] = match
                del left[match]

    before = len(new.mappings)
    pairs = []
    for index, (label, one) in enumerate(zip(new.labels, new.mappings, strict=True)):
        if (at := partner.get(index)) is None:
            pairs.append(Pair(label, index, None))
            continue
        two = old.mappings[at]
        is_identical, is_alike = _content(one) == _content(two), _made(one) == _made(two)
        pairs.append(Pair(label, index, before + at, is_identical, is_alike))
    return (*pairs, *(Pair(old.labels[o], None, before + o) for o in left))


def _content(mapping: Mapping) -> str:
    # by their text, because `==` treats True as 1 and ignores the order of fields
    return repr((mapping.action, mapping.trigger, mapping.fields, mapping.enabled))


def _made(mapping: Mapping) -> str:
    return repr((mapping.action, mapping.fields))
