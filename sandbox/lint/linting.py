"""Linting: all rules put to mappings, and their notes made findings."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Final, TypeAlias

from sandbox.lint.draft import Draft, Reading
from sandbox.lint.finding import Finding, Rewrite
from sandbox.lint.registry import MOST_TOLD, Note, Rule
from sandbox.lint.rules import RULES
from sandbox.reasoning.budget import STEPS_A_TRIGGER, TooLarge, limited
from sandbox.reasoning.changing import compare
from sandbox.segment.errors import InvalidTrigger, did_you_mean
from sandbox.segment.mapping import Mapping
from sandbox.segment.triggers import parse_trigger
from sandbox.segment.triggers.evaluation import Event
from sandbox.values import members

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
            found += (replace(each, mapping=draft.name, number=number) for each in of_trigger)
            for rule in rules:
                if rule.about == "mapping":
                    notes = rule.notes(draft, events)
                    found += (_of_mapping(rule, note, draft.name, number) for note in notes)
        for rule in rules:
            if rule.about == "mappings":
                notes = rule.notes(drafts, events)
                found += (_of_mapping(rule, n, drafts[n.number].name, n.number) for n in notes)
    return tuple(sorted(found, key=lambda each: (each.number, each.code)))


def lint_trigger(text: str, *, rules: Sequence[Rule] = RULES) -> tuple[Finding, ...]:
    """Return what the rules find in a trigger, in the order of its text."""
    reading = Reading(text)
    with limited(STEPS_A_TRIGGER):
        notes = [(rule, note) for rule in RULES for note in _notes(rule, reading)]
        kept = [said for said in _uncovered(notes) if said[0] in rules]
        rewrites: dict[str, Rewrite | None] = {}
        found = [_of_trigger(rule, note, reading, rewrites) for rule, note in kept]
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


def _of_mapping(rule: Rule, note: Note, mapping: str, number: int) -> Finding:
    rewrite = Rewrite(text=note.rewrite) if note.rewrite is not None else None
    made = _found(rule, note, note.meaning, rewrite)
    return replace(made, mapping=mapping, number=number)


def _of_trigger(
    rule: Rule, note: Note, reading: Reading, rewrites: dict[str, Rewrite | None]
) -> Finding:
    text = note.rewrite
    if text is None:
        text = reading.meant.text if reading.meant is not None else reading.text
    if note.same:
        rewrites[text] = Rewrite(text=text, same=True)
    elif text not in rewrites:
        rewrites[text] = _rewrite(text, reading)
    return _found(rule, note, reading.as_taken, rewrites[text])


def _found(rule: Rule, note: Note, meaning: str, rewrite: Rewrite | None) -> Finding:
    return Finding(
        **members(rule, "code", "name"),
        **members(note, "at", "message", "start", "end"),
        meaning=meaning,
        rewrite=rewrite,
    )


def _rewrite(text: str, reading: Reading) -> Rewrite | None:
    """Return another wording of a trigger, compared with it, or None if there is no other."""
    if text == reading.text:
        return None
    try:
        other = parse_trigger(text)
    except InvalidTrigger:
        return None
    if reading.trigger is None:
        return Rewrite(text=text)
    comparison = compare(reading.trigger, other)
    return Rewrite(text=text, same=comparison.proven, example=comparison.event)
