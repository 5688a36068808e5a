"""Explain: which rules a body breaks, in document order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, islice
from typing import Final

from sandbox.contract.faults import FaultsOf
from sandbox.contract.sentences import (
    OF_BODY,
    OF_ITEM,
    Explanation,
    Found,
    Place,
    of_field,
    of_list,
)
from sandbox.contract.verdict import Verdict
from sandbox.contract.wording import counted
from sandbox.segment.definition import DestinationDefinition, Rules, Upload
from sandbox.segment.javascript import Json
from sandbox.values import Problem

MAX_LISTED: Final = 100


@dataclass(frozen=True, slots=True, eq=False)
class Contract:
    """What one kind of upload must look like: verdicts that tell, and faults that say why not.

    `frame` tells of a body, whatever the items of its list are.
    """

    upload: Upload
    definition: DestinationDefinition
    rules: Rules
    item: Verdict
    frame: Verdict
    item_faults: FaultsOf
    body_faults: FaultsOf

    def broken_by_body(self, body: Json) -> tuple[Problem, ...]:
        """Return the violations of a body in document order; none where it holds."""
        holds, envelope = self.item, self.upload.endpoint.envelope
        items = body.get(envelope) if isinstance(body, dict) else None
        items = items if isinstance(items, list) else []
        bad = [index for index, value in enumerate(items) if not holds(value)]
        is_framed = self.frame(body)
        if is_framed and not bad:
            return ()

        place, keys = _place(self, body), [envelope]
        of_items = _of_items(self, place, items, bad)
        if is_framed:
            return _bounded(place, of_items, refused=len(bad), of=len(items))
        found = _ranked(body, keys, _explained(place, self.body_faults, OF_BODY, of_list))
        here = _ranks(body, keys).get(envelope, 0)
        violations = chain(
            (violation for rank, violation in found if rank <= here),
            of_items,
            (violation for rank, violation in found if rank > here),
        )
        return _bounded(place, violations, refused=len(bad), of=len(items))

    def broken_by_item(self, payload: Json) -> tuple[Problem, ...]:
        """Return the violations of one payload in document order; none where it holds."""
        if self.item(payload):
            return ()
        place = _place(self, payload)
        return _bounded(place, _of_item(self, place), refused=1, of=1)


def _place(contract: Contract, value: Json) -> Place:
    return Place(contract.upload, contract.definition, contract.rules, (), value)


def _of_items(
    contract: Contract, place: Place, items: list[Json], bad: list[int]
) -> Iterator[Problem]:
    for index in bad:
        path = (*place.path, place.envelope, index)
        yield from _of_item(contract, place.at(path, items[index]))


def _of_item(contract: Contract, place: Place) -> list[Problem]:
    found = _explained(place, contract.item_faults, OF_ITEM, of_field)
    if len(found) < 2:
        return [violation for _, violation in found]
    declared = [field.key for field in place.upload.fields]
    return [violation for _, violation in _ranked(place.value, declared, found)]


def _explained(
    place: Place,
    faults: FaultsOf,
    of_whole: dict[str, Explanation],
    of_member: Callable[[Place, str, str], Problem],
) -> list[Found]:
    found: list[Found] = []
    for fault in faults(place.value):
        if fault.key is not None:
            inner = place.inside(fault.key, fault.value)
            found.append((fault.key, of_member(inner, fault.key, fault.keyword)))
        else:
            found += islice(of_whole[fault.keyword](place, fault.says), MAX_LISTED + 1)
    return found


def _ranked(value: Json, declared: list[str], found: list[Found]) -> list[tuple[int, Problem]]:
    ranks = _ranks(value, declared)
    ranked = [(-1 if key is None else ranks[key], violation) for key, violation in found]
    return sorted(ranked, key=lambda pair: pair[0])


def _ranks(value: Json, declared: list[str]) -> dict[str, int]:
    # document order: the keys as they stand, then what is missing as it is declared
    keys = value if isinstance(value, dict) else ()
    return {key: rank for rank, key in enumerate(dict.fromkeys(chain(keys, declared)))}


def _bounded(
    place: Place, violations: Iterable[Problem], *, refused: int, of: int
) -> tuple[Problem, ...]:
    listed = tuple(islice(violations, MAX_LISTED + 1))
    if len(listed) <= MAX_LISTED:
        return listed
    found = f"{refused} of {counted(of, 'item')}"
    message = f"In all {found} break a rule; the first {MAX_LISTED} problems are listed."
    rest = place.violation("all-or-nothing", message, found, "no item that breaks a rule")
    return (*listed[:MAX_LISTED], rest)
