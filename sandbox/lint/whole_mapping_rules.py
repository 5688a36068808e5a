"""Mapping rules: what shows when mappings are seen together, or beside the events they get."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Final

from sandbox.destination import Mapping, map_event
from sandbox.lint.draft import Draft, Reading
from sandbox.lint.field_rules import spots
from sandbox.lint.finding import Event, Note
from sandbox.lint.trigger_text_rules import clauses
from sandbox.reasoning.places import place_of
from sandbox.reasoning.trigger_comparison import common_event
from sandbox.segment.errors import Thrown, did_you_mean
from sandbox.segment.fields.text_directives import part
from sandbox.segment.javascript import MISSING, Json
from sandbox.segment.json_text import json_text
from sandbox.segment.pipeline import Mapped
from sandbox.suspicious_times import odd_source

_BASE: Final[Event] = {
    "type": "track",
    "event": "Signed Up",
    "name": "Home",
    "userId": "u1",
    "anonymousId": "a1",
    "groupId": "g1",
    "messageId": "m1",
    "timestamp": "2026-11-23T16:17:19.871Z",
    "context": {"groupId": "g1"},
    "properties": {"plan": "pro"},
    "traits": {"plan": "free"},
}


def sent_twice(drafts: Sequence[Draft], events: Sequence[Event]) -> Iterator[Note]:
    """TS201: two mappings that make the same request of one event."""
    made = [(draft, draft.mapping()) for draft in drafts if draft.enabled]
    known = [(draft, mapping) for draft, mapping in made if mapping is not None]
    for (_, first), (draft, second) in combinations(known, 2):
        event = _both_send(first, second, events)
        if event is not None:
            yield Note(
                message=f"{first.name!r} and {second.name!r} send the same {_what(first)} twice, "
                f"for instance of {json_text(_short(event, first, second))}. Narrow one of the "
                "triggers, or disable one of the mappings.",
                mapping=draft.name,
                end=len(draft.trigger),
            )


def _what(mapping: Mapping) -> str:
    return "event" if mapping.action_definition.field("eventName") else "profile"


def _both_send(first: Mapping, second: Mapping, events: Sequence[Event]) -> Event | None:
    if first.action != second.action:
        return None
    common = common_event(first.parsed_trigger, second.parsed_trigger, _BASE)
    for event in (*events, *([common] if common else [])):
        outcomes = map_event(event, [first, second], "observed")
        requests = [outcome.request for outcome in outcomes if isinstance(outcome, Mapped)]
        if len(requests) == 2 and requests[0].content == requests[1].content:
            return event
    return None


def _short(event: Event, first: Mapping, second: Mapping) -> Event:
    """Return as much of the event as both triggers need."""
    kept = dict(event)
    for key in event:
        less = {k: v for k, v in kept.items() if k != key}
        if first.parsed_trigger.matches(less) and second.parsed_trigger.matches(less):
            kept = less
    return kept


def absent_paths(drafts: Sequence[Draft], events: Sequence[Event]) -> Iterator[Note]:
    """TS202: paths none of the given events has."""
    if not events:
        return
    for draft in drafts:
        reading = Reading(draft.trigger)
        yield from _absent_in_trigger(draft, reading, events)
        trigger = reading.trigger
        taken = [event for event in events if trigger and trigger.matches(event)]
        if taken:
            yield from _absent_in_fields(draft, taken)


def _absent_in_trigger(draft: Draft, reading: Reading, events: Sequence[Event]) -> Iterator[Note]:
    for leaf in clauses(reading):
        place = place_of(leaf)
        if place is None or not place.pieces or not place.is_known:
            continue
        path = ".".join(("$", place.head, *place.pieces))
        if all(part(path)(event) is MISSING for event in events):
            yield Note(
                message=f"None of the {len(events)} given events has {leaf.subject}."
                f"{_near(path, events)}",
                start=leaf.start,
                end=leaf.end,
                mapping=draft.name,
            )


def _absent_in_fields(draft: Draft, events: Sequence[Event]) -> Iterator[Note]:
    action = draft.action_definition
    defaults = action.default_fields if action else {}
    fields = draft.own_fields if isinstance(draft.own_fields, dict) else {}
    for key, value in fields.items():
        field = action.field(key) if action else None
        if value == defaults.get(key) and not (field and field.required):
            continue  # the preset's own paths cover what an event may leave out
        for spot in spots(value, ("fields", key)):
            if (
                spot.name != "@path"
                or not isinstance(spot.operand, str)
                or any("@" in str(each) for each in spot.at)
            ):
                continue
            if all(part(spot.operand)(event) is MISSING for event in events):
                yield Note(
                    at=(*spot.at, "@path"),
                    message=f"None of the {len(events)} given events this mapping takes has "
                    f"{spot.operand}.{_near(spot.operand, events)}",
                    mapping=draft.name,
                )


def _near(path: str, events: Sequence[Event]) -> str:
    """Return the nearest name that is there instead."""
    outer, _, last = path.rpartition(".")
    names: dict[str, None] = {}
    for event in events:
        found = part(outer)(event) if outer != "$" else event
        names |= dict.fromkeys(found) if isinstance(found, dict) else {}
    return did_you_mean(last, list(names)) if names else f" None of them has {outer} either."


def seconds_in_events(drafts: Sequence[Draft], events: Sequence[Event]) -> Iterator[Note]:
    """TS203: times of the given events that Segment reads as something else."""
    for draft in drafts:
        mapping = draft.mapping()
        if mapping is None:
            continue
        written = draft.own_fields if isinstance(draft.own_fields, dict) else {}
        for field in mapping.action_definition.fields:
            if field.type == "datetime" and isinstance(written.get(field.key), dict):
                odd = list(_odd_times(mapping, field.key, events))
                if odd:
                    number, sentence = odd[0]
                    more = f" So it is with {len(odd)} of the given events." if odd[1:] else ""
                    yield Note(
                        at=("fields", field.key),
                        message=f"In event {number}, {field.label} {sentence}{more}",
                        mapping=draft.name,
                    )


def _odd_times(mapping: Mapping, key: str, events: Sequence[Event]) -> Iterator[tuple[int, str]]:
    for number, event in enumerate(events):
        if not mapping.parsed_trigger.matches(event):
            continue
        resolved = _resolved(mapping, event)
        oddity = odd_source(resolved.get(key)) if isinstance(resolved, dict) else None
        if oddity:
            yield number, oddity.sentence


def _resolved(mapping: Mapping, event: Event) -> Json:
    try:
        return mapping.resolve(event)
    except Thrown:
        return MISSING
