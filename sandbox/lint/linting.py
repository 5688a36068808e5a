"""Linting: all rules put to mappings, and their notes made findings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from sandbox.lint.draft import Draft, Reading
from sandbox.lint.finding import Event, Finding, MappingRule, Note, Rewrite, Rule, TriggerRule
from sandbox.lint.mapping_rules import MAPPING_RULES
from sandbox.lint.trigger_rules import TRIGGER_RULES
from sandbox.reasoning.trigger_comparison import compare
from sandbox.segment.errors import InvalidTrigger, did_you_mean
from sandbox.segment.mapping import Mapping
from sandbox.segment.triggers import parse_trigger

RULES: Final[tuple[Rule, ...]] = (*TRIGGER_RULES, *MAPPING_RULES)
"""All rules, in the order of their codes."""


def lint(
    mappings: Iterable[Mapping | Draft],
    events: Sequence[Event] = (),
    *,
    rules: Sequence[Rule] = RULES,
) -> tuple[Finding, ...]:
    """Return what the rules find in mappings, in their order; beside the given events, if any."""
    drafts = [each if isinstance(each, Draft) else _draft(each) for each in mappings]
    found = [
        finding
        for draft in drafts
        for finding in lint_trigger(draft.trigger, mapping=draft.name, rules=rules)
    ]
    for rule in rules:
        if isinstance(rule, MappingRule):
            found += (_finding(rule, note) for note in rule.check(drafts, events))
    order = {draft.name: number for number, draft in enumerate(drafts)}
    return tuple(sorted(found, key=lambda each: (order.get(each.mapping, 0), each.code)))


def lint_trigger(
    text: str, *, mapping: str = "", rules: Sequence[Rule] = RULES
) -> tuple[Finding, ...]:
    """Return what the rules find in a trigger, in the order of its text."""
    reading = Reading(text)
    notes = [(rule, note) for rule in RULES for note in _notes(rule, reading)]
    kept = [
        (rule, note)
        for rule, note in notes
        if rule in rules
        and not any(_rank(other) < _rank(rule) and _overlap(note, said) for other, said in notes)
    ]
    found = [_of_trigger(rule, note, reading, mapping) for rule, note in kept]
    return tuple(sorted(found, key=lambda finding: (finding.start, finding.code)))


def selected(select: Sequence[str], ignore: Sequence[str]) -> tuple[Rule, ...]:
    """Return the rules whose code begins as one of `select` (all if empty) and none of `ignore`.

    Raises ValueError for a beginning that no code has.
    """
    codes = [rule.code for rule in RULES]
    for start in (*select, *ignore):
        if not any(code.startswith(start) for code in codes):
            near = did_you_mean(start, codes)
            raise ValueError(f"no rule's code begins with {start!r}.{near}")
    return tuple(
        rule
        for rule in RULES
        if rule.code.startswith(tuple(select) or "TS")
        and not rule.code.startswith(tuple(ignore) or "-")
    )


def _draft(mapping: Mapping) -> Draft:
    return Draft(mapping.name, mapping.action, mapping.trigger, mapping.fields, mapping.enabled)


def _notes(rule: Rule, reading: Reading) -> Iterator[Note]:
    if isinstance(rule, TriggerRule):
        yield from rule.check(reading)


def _rank(rule: Rule) -> int:
    return rule.rank if isinstance(rule, TriggerRule) else 0


def _overlap(first: Note, second: Note) -> bool:
    return first.start < second.end and second.start < first.end


def _finding(rule: Rule, note: Note) -> Finding:
    rewrite = Rewrite(text=note.rewrite) if note.rewrite is not None else None
    return Finding(
        code=rule.code,
        name=rule.name,
        mapping=note.mapping,
        at=note.at,
        message=note.message,
        start=note.start,
        end=note.end,
        meaning=note.meaning,
        rewrite=rewrite,
    )


def _of_trigger(rule: Rule, note: Note, reading: Reading, mapping: str) -> Finding:
    return Finding(
        code=rule.code,
        name=rule.name,
        mapping=mapping,
        at=note.at,
        message=note.message,
        start=note.start,
        end=note.end,
        meaning=reading.trigger.as_taken if reading.trigger else "",
        rewrite=_rewrite(note, reading),
    )


def _rewrite(note: Note, reading: Reading) -> Rewrite | None:
    """Return the other words for the trigger, compared with it; None where there are none."""
    text = note.rewrite
    if text is None:
        text = reading.meant.text if reading.meant is not None else None
    if text is None or text == reading.text:
        return None
    try:
        other = parse_trigger(text)
    except InvalidTrigger:
        return None
    if reading.trigger is None:
        return Rewrite(text=text)
    comparison = compare(reading.trigger, other)
    return Rewrite(text=text, same=comparison.proven, example=comparison.event)
