"""Linting: all rules put to mappings, and their notes made findings."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cache
from typing import Any, Final, TypeAlias

from sandbox.lint.draft import Draft, Reading
from sandbox.lint.registry import MOST_TOLD, About, Finding, Note, Rewrite, Rule
from sandbox.lint.rules import RULES
from sandbox.reasoning.budget import STEPS_A_TRIGGER, TooLarge, limited
from sandbox.reasoning.changing import compare
from sandbox.segment.errors import InvalidTrigger, did_you_mean
from sandbox.segment.mapping import Mapping
from sandbox.segment.triggers import parse_trigger
from sandbox.segment.triggers.evaluation import Event

_MOST_RETOLD: Final = 500_000  # characters of a trigger that its notes tell again and again

Said: TypeAlias = tuple[Rule, Note]


def lint(
    mappings: Iterable[Mapping | Draft],
    events: Sequence[Event] = (),
    *,
    rules: Sequence[Rule] = RULES,
    cancelled: Callable[[], bool] | None = None,
) -> tuple[Finding, ...]:
    """Return what the rules find in mappings, in their order; beside the given events, if any.

    What is too large to be decided within the budget is a finding of its own. `cancelled` tells
    whether nobody waits for the answer any more.
    """
    drafts = [each if isinstance(each, Draft) else Draft.of(each) for each in mappings]
    found: list[Finding] = []
    with limited(cancelled=cancelled):
        for number, draft in enumerate(drafts):
            of_trigger = lint_trigger(draft.trigger, rules=rules)
            of_fields = _found(rules, "mapping", draft, events)
            found += (replace(each, number=number) for each in (*of_trigger, *of_fields))
        found += _found(rules, "mappings", drafts, events)
    named = (replace(each, mapping=drafts[each.number].name) for each in found)
    return tuple(sorted(named, key=lambda each: (each.number, each.code)))


def lint_trigger(text: str, *, rules: Sequence[Rule] = RULES) -> tuple[Finding, ...]:
    """Return what the rules find in a trigger, in the order of its text."""
    reading = Reading(text)
    taken = "" if reading.error else reading.trigger.as_taken
    with limited(STEPS_A_TRIGGER):
        notes = [(rule, note) for rule in RULES for note in _notes(rule, reading)]
        kept = [said for said in _uncovered(notes) if said[0] in rules]
        proven = {note.rewrite for _, note in kept if note.same}

        @cache
        def rewrite(other: str | None) -> Rewrite | None:
            text = (reading.meant or reading).text if other is None else other
            return Rewrite(text, same=True) if text in proven else _rewrite(reading, text)

        found = [rule.finding(note, taken, rewrite(note.rewrite)) for rule, note in kept]
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
    wanted = (rule for rule in RULES if rule.code.startswith(tuple(select) or ""))
    return tuple(rule for rule in wanted if not rule.code.startswith(tuple(ignore)))


def _found(rules: Sequence[Rule], about: About, *given: Any) -> Iterator[Finding]:
    """Yield what the rules about something find in it."""
    for rule in rules:
        for note in rule.notes(*given) if rule.about == about else ():
            rewrite = None if note.rewrite is None else Rewrite(note.rewrite)
            yield rule.finding(note, note.meaning, rewrite)


def _notes(rule: Rule, reading: Reading) -> Iterator[Note]:
    """Yield what a rule says of a trigger, up to where it is given up."""
    if rule.about != "trigger":
        return
    try:
        most = _MOST_RETOLD // (len(reading.text) + 1)
        yield from rule.notes(reading, most=max(3, min(MOST_TOLD, most)))
    except TooLarge:
        reading.given_up.append(rule.code)


def _uncovered(notes: Sequence[Said]) -> Iterator[Said]:
    """Yield the notes, but for those at places where a rule of a lower rank speaks."""
    for rule, note in notes:
        if not rule.rank or not any(
            lower.rank < rule.rank and other.start < note.end and note.start < other.end
            for lower, other in notes
        ):
            yield rule, note


def _rewrite(reading: Reading, text: str) -> Rewrite | None:
    """Return another wording of a trigger, compared with it, or None if there is no other."""
    if text == reading.text:
        return None
    try:
        other = parse_trigger(text)
    except InvalidTrigger:
        return None
    return Rewrite(text) if reading.error else Rewrite(text, *compare(reading.trigger, other))
