"""Trigger rules: the table, each with an event that shows what Segment does."""

from __future__ import annotations

from typing import Final

from sandbox.lint import comparisons, trigger_text_rules, truths
from sandbox.lint.finding import SENT, TriggerRule, Witness

_TRACK: Final = {"type": "track", "event": "E"}


def _taken(trigger: str, **event: object) -> Witness:
    return Witness(trigger=trigger, event={**_TRACK, **event}, sent=(SENT,))


def _not_taken(trigger: str, **event: object) -> Witness:
    return Witness(trigger=trigger, event={**_TRACK, **event}, sent=())


TRIGGER_RULES: Final = (
    TriggerRule(
        "TS101",
        "single-quotes",
        "Single quotes are part of the text.",
        trigger_text_rules.single_quotes,
        _not_taken("type = 'track'"),
    ),
    TriggerRule(
        "TS102",
        "mixed-joins",
        "The last `and` or `or` of a list holds for the whole list.",
        trigger_text_rules.mixed_joins,
        _not_taken('type = "track" or type = "page" and event = "Home"'),
    ),
    TriggerRule(
        "TS103",
        "ignored-name",
        "A clause about a name triggers do not know is ignored.",
        trigger_text_rules.ignored_names,
        _taken('type = "track" and anonymousId = "a1"', anonymousId="another"),
    ),
    TriggerRule(
        "TS104",
        "joining-word",
        "`AND`, `OR` and `or(` are ignored.",
        trigger_text_rules.joining_words,
        _not_taken('type = "track" OR type = "page"'),
    ),
    TriggerRule(
        "TS105",
        "nested-parentheses",
        "Parentheses inside parentheses make a trigger invalid.",
        trigger_text_rules.nested_parentheses,
        _not_taken('((type = "track"))'),
    ),
    TriggerRule(
        "TS106",
        "call-in-parentheses",
        "Parentheses end at the first `)`, also at that of contains() or match().",
        trigger_text_rules.calls_in_parentheses,
        _taken('type = "page" and (contains(event, "E") or event = "F")'),
    ),
    TriggerRule(
        "TS107",
        "missing-space",
        "A space is missing beside an operator or a quote.",
        trigger_text_rules.missing_spaces,
        _not_taken("properties.total >=5", properties={"total": 7}),
    ),
    TriggerRule(
        "TS108",
        "star-in-match",
        "match() reads one star, at the end or at the start.",
        comparisons.stars_in_match,
        _not_taken('match(event, "*rde*")', event="Order"),
    ),
    TriggerRule(
        "TS109",
        "literal-star",
        "Outside match() a star is a star.",
        comparisons.literal_stars,
        _not_taken('event = "Order*"', event="Order Completed"),
    ),
    TriggerRule(
        "TS110",
        "not-a-boolean",
        "`!= true` compares with a text, and holds for true as well.",
        comparisons.not_a_boolean,
        _taken("properties.test != true", properties={"test": True}),
    ),
    TriggerRule(
        "TS111",
        "number-and-text",
        "A number never equals a text, and only numbers are more or less.",
        comparisons.numbers_and_texts,
        _not_taken('properties.total = "100"', properties={"total": 100}),
    ),
    TriggerRule(
        "TS112",
        "null-as-text",
        "type and event are compared with the text null.",
        comparisons.null_texts,
        Witness(trigger="event != null", event={"type": "page"}, sent=(SENT,)),
    ),
    TriggerRule(
        "TS113",
        "never-true",
        "No event can fulfil the clause, or the whole trigger.",
        truths.never_true,
        _not_taken('type = "track" and type = "page"'),
        rank=2,
    ),
    TriggerRule(
        "TS114",
        "never-decisive",
        "The clause changes nothing, or the whole trigger takes every event.",
        truths.never_decisive,
        _taken('type = "track" or (type = "track" and event = "F")'),
        rank=2,
    ),
    TriggerRule(
        "TS115",
        "ignored-negation",
        "Only contains() and match() can be negated.",
        trigger_text_rules.negations,
        _taken('!(type = "track")'),
    ),
    TriggerRule(
        "TS116",
        "ignored-token",
        "What belongs to no clause is ignored.",
        trigger_text_rules.ignored_tokens,
        _not_taken('type = "page" or "track"'),
        rank=2,
    ),
    TriggerRule(
        "TS117",
        "no-comparison",
        "Whatever stands behind a name is its operator, and the next its value.",
        comparisons.no_comparisons,
        _not_taken('type == "track"'),
        rank=1,
    ),
    TriggerRule(
        "TS118",
        "misread-path",
        "A name that leads somewhere else than it seems to.",
        trigger_text_rules.misread_paths,
        _taken('event.name = "E"'),
    ),
    TriggerRule(
        "TS119",
        "unreadable",
        "Segment cannot parse the trigger; the mapping takes no event.",
        trigger_text_rules.unreadable,
        _not_taken('type = "track" && event = "E"'),
        rank=2,
    ),
    TriggerRule(
        "TS120",
        "empty-parentheses",
        "Segment throws when it comes to empty parentheses.",
        trigger_text_rules.empty_parentheses,
        _not_taken('type = "track" and ()'),
    ),
    TriggerRule(
        "TS121",
        "lost-letters",
        "A word at the end that could begin `and`, `or` or `null` is cut.",
        trigger_text_rules.lost_letters,
        _not_taken("event = an", event="an"),
    ),
    TriggerRule(
        "TS122",
        "unknown-type",
        "No event has this type.",
        comparisons.unknown_types,
        _not_taken('type = "Track"'),
        rank=1,
    ),
)
"""All rules about triggers."""
