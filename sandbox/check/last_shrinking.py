"""Tidying: the last steps of shrinking, on the case itself and not on the bytes it was made of.

Hypothesis lowers the bytes, and may stop where one step in the case would take two among them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from sandbox.check.cases import Case
from sandbox.segment.javascript import Json


def tidied(case: Case, still: Callable[[Case], bool]) -> Case:
    """Return the case without members, nesting and mappings that `still` holds without."""
    found = True
    while found:
        found = False
        for simpler in _simpler_cases(case):
            if still(simpler):
                case, found = simpler, True
                break
    return case


def _simpler_cases(case: Case) -> Iterator[Case]:
    mappings = case.mappings or ()
    for number in range(len(mappings) if len(mappings) > 1 else 0):
        yield replace(case, mappings=mappings[:number] + mappings[number + 1 :])
    for number, mapping in enumerate(mappings):
        defaults = mapping.action_definition.default_fields
        if mapping.fields != defaults:
            plain = (*mappings[:number], replace(mapping, fields=defaults), *mappings[number + 1 :])
            yield replace(case, mappings=plain)
    for event in _simpler(case.event):
        yield replace(case, event=event)


def _simpler(value: Json) -> Iterator[Json]:
    """Yield the value with one part less: a member gone, or in the place of what holds it."""
    if isinstance(value, dict):
        for key, member in value.items():
            yield {name: other for name, other in value.items() if name != key}
            if isinstance(member, dict | list):
                for inner in member.values() if isinstance(member, dict) else member:
                    yield {**value, key: inner}
            for simpler in _simpler(member):
                yield {**value, key: simpler}
    elif isinstance(value, list):
        for number, element in enumerate(value):
            yield [*value[:number], *value[number + 1 :]]
            for simpler in _simpler(element):
                yield [*value[:number], simpler, *value[number + 1 :]]
