"""Mapping rules: the table of what is checked in field_rules, and between mappings and events."""

from __future__ import annotations

from typing import Any, Final

from sandbox.lint import field_rules, whole_mapping_rules
from sandbox.lint.field_rules import each_draft
from sandbox.lint.finding import PLAIN_FIELDS, SENT, MappingRule, Witness

_TRACK: Final = {"type": "track", "event": "E"}


def _with(changed: dict[str, Any], sent: dict[str, Any] | None, **event: object) -> Witness:
    """Return the witness of fields beside the plain ones, and of what is sent in their place."""
    items = () if sent is None else ({**SENT, **sent},)
    return Witness(fields={**PLAIN_FIELDS, **changed}, event={**_TRACK, **event}, sent=items)


MAPPING_RULES: Final = (
    MappingRule(
        "TS201",
        "sent-twice",
        "Two mappings make the same request of one event.",
        whole_mapping_rules.sent_twice,
        Witness(
            trigger='type = "track"',
            more=(('event = "E"', dict(PLAIN_FIELDS)),),
            event=_TRACK,
            sent=(SENT, SENT),
        ),
    ),
    MappingRule(
        "TS202",
        "absent-path",
        "None of the given events has what a path names.",
        whole_mapping_rules.absent_paths,
        _with({"accountId": {"@path": "$.context.group"}}, {}, context={"groupId": "g1"}),
    ),
    MappingRule(
        "TS203",
        "odd-time-in-events",
        "Times of the given events are read as something else.",
        whole_mapping_rules.seconds_in_events,
        _with({"timestamp": {"@path": "$.at"}}, {"timestamp": 1612137}, at=1612137600),
    ),
    MappingRule(
        "TS300",
        "refused-fields",
        "Segment refuses the fields; the mapping takes no event.",
        each_draft(field_rules.refused),
        _with({"accountId": {"@paht": "$.groupId"}}, None),
    ),
    MappingRule(
        "TS301",
        "unknown-field",
        "A key that is no field is dropped.",
        each_draft(field_rules.unknown_fields),
        _with({"acountId": "g1"}, {}),
    ),
    MappingRule(
        "TS302",
        "missing-field",
        "A required field has no value, so every event is rejected.",
        each_draft(field_rules.missing_fields),
        Witness(fields={"userId": "u", "eventName": "E"}, event=_TRACK, sent=()),
    ),
    MappingRule(
        "TS303",
        "odd-time",
        "A time in the fields is in seconds, in digits, or no day at all.",
        each_draft(field_rules.odd_times),
        _with({"timestamp": 1612137600}, {"timestamp": 1612137}),
    ),
    MappingRule(
        "TS304",
        "path-as-text",
        "A path or placeholder outside a directive is a mere text.",
        each_draft(field_rules.paths_as_text),
        _with({"accountId": "$.groupId"}, {"accountId": "$.groupId"}, groupId="g1"),
    ),
    MappingRule(
        "TS305",
        "dollar-as-key",
        "A `$` that Segment takes for the name of a member.",
        each_draft(field_rules.dollars),
        _with({"eventName": {"@template": "{{$.event}}!"}}, {"eventName": "!"}),
    ),
    MappingRule(
        "TS306",
        "blank-is-filled",
        "The `blank` of @if takes `then` when the value is not blank.",
        each_draft(field_rules.blank_conditions),
        _with(
            {"accountId": {"@if": {"blank": {"@path": "$.event"}, "then": "blank"}}},
            {"accountId": "blank"},
        ),
    ),
    MappingRule(
        "TS307",
        "lost-else",
        "An `else` of 0 or false is never taken.",
        each_draft(field_rules.lost_else),
        _with({"accountId": {"@if": {"exists": {"@path": "$.no"}, "then": 1, "else": 0}}}, {}),
    ),
    MappingRule(
        "TS308",
        "inexact-word",
        "Modes, directions and operators must be in lower case.",
        each_draft(field_rules.inexact_words),
        _with({"accountId": {"@json": {"mode": "ENCODE", "value": {"@path": "$.event"}}}}, {}),
    ),
    MappingRule(
        "TS309",
        "spoilt-directive",
        "A directive in a list with another key beside it is mere data.",
        each_draft(field_rules.spoilt_directives),
        _with(
            {"eventProperties": {"list": [{"@path": "$.event", "note": "name"}]}},
            {"eventProperties": {"list": [{"@path": "$.event", "note": "name"}]}},
        ),
    ),
)
"""All rules about whole_mapping_rules."""
