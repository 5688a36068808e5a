"""Linting: apply all rules to mappings, and turn their notes into findings."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cache
from typing import Any, Final, TypeAlias

from sandbox.lint.draft import Draft, DraftTrigger
from sandbox.lint.registry import MOST_TOLD, Finding, LintRule, Note, Rewrite, RuleSubject
from sandbox.lint.rules import RULES
from sandbox.reasoning.budget import STEPS_A_TRIGGER, TooLarge, limited
from sandbox.reasoning.changing import compare
from sandbox.segment.errors import InvalidTrigger, did_you_mean
from sandbox.segment.mapping import SegmentMapping
from sandbox.segment.triggers import parse_trigger
from sandbox.segment.triggers.evaluation import SegmentEvent

_MOST_RETOLD: Final = 500_000  # characters of a trigger in all its notes, which each repeat it

Said: TypeAlias = tuple[LintRule, Note]


def lint(
    mappings: Iterable[SegmentMapping | Draft],
    events: Sequence[SegmentEvent] = (),
    *,
    rules: Sequence[LintRule] = RULES,
    cancelled: Callable[[], bool] | None = None,
) -> tuple[Finding, ...]:
    """Return what the rules find in mappings, in their order, also with the given events, if any.

    If the budget is too small to decide a rule, that is a finding too. `cancelled` returns whether
    the caller no longer needs the answer.
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


def lint_trigger(text: str, *, rules: Sequence[LintRule] = RULES) -> tuple[Finding, ...]:
    """Return what the rules find in a trigger, in the order of its text."""
    reading = DraftTrigger(text)
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


def selected(select: Sequence[str], ignore: Sequence[str]) -> tuple[LintRule, ...]:
    """Return the rules whose code starts with one of `select` (all if empty) and none of `ignore`.

    Raises ValueError for a start that no code has, or if no rule is left.
    """
    codes = [rule.code for rule in RULES]
    for start in (*select, *ignore):
        if not any(code.startswith(start) for code in codes):
            near = did_you_mean(start, codes)
            raise ValueError(f"no rule's code starts with {start!r}.{near}")
    wanted = [rule for rule in RULES if rule.code.startswith(tuple(select) or "")]
    if not (left := tuple(rule for rule in wanted if not rule.code.startswith(tuple(ignore)))):
        raise ValueError("no rule is left to check.")
    return left


def _found(rules: Sequence[LintRule], about: RuleSubject, *given: Any) -> Iterator[Finding]:
    """Yield the findings of the rules about a mapping, or about all mappings."""
    for rule in rules:
        for note in rule.notes(*given) if rule.about == about else ():
            rewrite = None if note.rewrite is None else Rewrite(note.rewrite)
            yield rule.finding(note, note.meaning, rewrite)


def _notes(rule: LintRule, reading: DraftTrigger) -> Iterator[Note]:
    """Yield the notes of a rule on a trigger, until its budget is used up."""
    if rule.about != "trigger":
        return
    try:
        most = _MOST_RETOLD // (len(reading.text) + 1)
        yield from rule.notes(reading, most=max(3, min(MOST_TOLD, most)))
    except TooLarge:
        reading.given_up.append(rule.code)


def _uncovered(notes: Sequence[Said]) -> Iterator[Said]:
    """Yield the notes, except at places where a rule of a lower rank has one."""
    for rule, note in notes:
        if not rule.rank or not any(
            lower.rank < rule.rank and other.start < note.end and note.start < other.end
            for lower, other in notes
        ):
            yield rule, note


def _rewrite(reading: DraftTrigger, text: str) -> Rewrite | None:
    """Return a rewording of a trigger, compared with it, None if it is invalid or the same."""
    if text == reading.text:
        return None
    try:
        other = parse_trigger(text)
    except InvalidTrigger:
        return None
    return Rewrite(text) if reading.error else Rewrite(text, *compare(reading.trigger, other))
