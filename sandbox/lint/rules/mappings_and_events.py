"""Mapping rules: what shows when mappings are seen together, or beside the events they get."""

from collections import abc
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import combinations
from typing import Final

from sandbox.destination import map_event
from sandbox.lint.draft import Draft, Reading
from sandbox.lint.registry import Note, mapping_rule, mappings_rule, over
from sandbox.lint.spots import inside, paths_in, spots
from sandbox.reasoning.budget import STEPS_A_TRIGGER, TOO_LARGE, TooLarge, limited
from sandbox.reasoning.changing import common_event
from sandbox.reasoning.places import place_of
from sandbox.segment.errors import Thrown, did_you_mean
from sandbox.segment.fields.text_directives import part
from sandbox.segment.fields.transforming import ROOT_DIRECTIVE
from sandbox.segment.javascript import MISSING, Json
from sandbox.segment.json_text import json_text
from sandbox.segment.mapping import Mapping
from sandbox.segment.pipeline import Mapped
from sandbox.segment.triggers.evaluation import Event
from sandbox.surroundings import resolve
from sandbox.suspicions import odd_source
from sandbox.values import Path

_COMPUTED: Final = frozenset({"size", "length", "first", "last"})
"""Members that lists and strings have, and no event holds."""
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


@mappings_rule("TS201", "sent-twice")
def sent_twice(drafts: Sequence[Draft], events: Sequence[Event]) -> Iterator[Note]:
    """Two mappings make the same request of one event."""
    known = {n: each.mapping for n, each in enumerate(drafts) if each.enabled and each.mapping}
    found = _sent_twice_of(events, known)
    too_large = set()
    for pair in combinations(known, 2):
        first, second = (known[number] for number in pair)
        event = found.get(pair)
        try:
            if event is None and first.action == second.action:
                with limited(STEPS_A_TRIGGER):
                    common = common_event(first.parsed_trigger, second.parsed_trigger, _BASE)
                both = {number: known[number] for number in pair}
                event = _sent_twice_of([common] if common else [], both).get(pair)
        except TooLarge:
            too_large.add(pair[1])
        if event is not None:
            parts = {
                "first": first.name,
                "second": second.name,
                "what": "event" if first.action_definition.field("eventName") else "profile",
                "event": json_text(_short(event, first, second)),
            }
            yield Note(parts=parts, number=pair[1], end=len(drafts[pair[1]].trigger))
    for number in sorted(too_large):
        end = len(drafts[number].trigger)
        yield Note(says="unknown", parts={"too_large": TOO_LARGE}, number=number, end=end)


def _sent_twice_of(
    events: Iterable[Event], mappings: abc.Mapping[int, Mapping]
) -> dict[tuple[int, int], Event]:
    """Return for each two mappings that make the same request the first event they do it of."""
    found: dict[tuple[int, int], Event] = {}
    for event in events:
        makers: dict[tuple[str, bytes], list[int]] = {}
        outcomes = map_event(event, mappings.values(), "observed")
        for number, outcome in zip(mappings, outcomes, strict=True):
            if isinstance(outcome, Mapped):
                made = outcome.mapping.action, outcome.request.content
                makers.setdefault(made, []).append(number)
        for numbers in makers.values():
            for first, second in combinations(numbers, 2):
                found.setdefault((first, second), event)
    return found


def _short(event: Event, first: Mapping, second: Mapping) -> Event:
    """Return as much of the event as both triggers need."""
    kept = dict(event)
    for key in event:
        less = {k: v for k, v in kept.items() if k != key}
        if first.parsed_trigger.matches(less) and second.parsed_trigger.matches(less):
            kept = less
    return kept


@mapping_rule("TS202", "absent-path")
def absent_paths(draft: Draft, events: Sequence[Event]) -> Iterator[Note]:
    """None of the given events has what a path names."""
    if not events:
        return
    reading = Reading(draft.trigger)
    yield from _absent_in_trigger(reading, events)
    trigger = reading.trigger
    if of_mapping := [event for event in events if trigger and trigger.matches(event)]:
        yield from _absent_in_fields(draft, of_mapping)


def _absent_in_trigger(reading: Reading, events: Sequence[Event]) -> Iterator[Note]:
    for leaf in reading.clauses:
        place = place_of(leaf)
        if place is not None and place.pieces and place.is_known:
            path = ".".join(("$", place.head, *place.pieces))
            if all(part(path)(event) is MISSING for event in events):
                near = _near(path, events)
                yield over(leaf, "clause", count=len(events), path=leaf.subject, near=near)


def _absent_in_fields(draft: Draft, events: Sequence[Event]) -> Iterator[Note]:
    action = draft.action_definition
    defaults = action.default_fields if action else {}
    for at, value, data in _sources(draft.own_fields, events):
        field = action.field(str(at[-1])) if action else None
        is_default = data is events and value == defaults.get(str(at[-1]))
        if is_default and not (field and field.required):
            continue  # the preset's own paths cover what an event may leave out
        for spot in spots(value, at):
            if any("@" in str(each) for each in spot.at[len(at) :]):
                continue  # what one directive gives to another may be missing
            for name in paths_in(spot):
                path = spot.operand if spot.name == "@path" else f"$.{name}"
                if _is_event_path(name) and all(part(path)(each) is MISSING for each in data):
                    near = _near(path, data)
                    yield inside(spot, "field", count=len(events), path=path, near=near)


def _sources(fields: Json, events: Sequence[Event]) -> Iterator[tuple[Path, Json, Sequence[Event]]]:
    """Yield each value of the fields: where, what, and the data it is resolved on.

    With a root directive that transforms, the other fields are resolved on what it makes.
    """
    if not isinstance(fields, dict):
        return
    root, data = fields.get(ROOT_DIRECTIVE, MISSING), events
    if root is not MISSING:
        match root:
            case {"@transform": {"apply": dict(apply)}}:
                at = ("fields", ROOT_DIRECTIVE, "@transform", "apply")
                yield from (((*at, key), value, events) for key, value in apply.items())
                data = [made for event in events if (made := _made(partial(resolve, apply), event))]
            case _:
                return
    for key, value in fields.items():
        if key != ROOT_DIRECTIVE:
            yield ("fields", key), value, data


def _made(make: Callable[[Event], Json], event: Event) -> Event:
    try:
        made = make(event)
    except Thrown:
        return {}
    return made if isinstance(made, dict) else {}


def _is_event_path(name: str) -> bool:
    """Return whether events can have the path: no `event.x` (TS313), no `size` of a list."""
    return not name.startswith("event.") and not _COMPUTED & set(name.split("."))


def _near(path: str, events: Sequence[Event]) -> str:
    """Return the nearest name that is there instead."""
    outer, _, last = path.rpartition(".")
    found = [event if outer == "$" else part(outer)(event) for event in events]
    names = dict.fromkeys(key for each in found if isinstance(each, dict) for key in each)
    if names or outer == "$":
        return did_you_mean(last, list(names))
    is_there = any(each is not MISSING for each in found)
    return f" {outer} is not an object there." if is_there else f" None of them has {outer} either."


@mapping_rule("TS203", "odd-time-in-events")
def seconds_in_events(draft: Draft, events: Sequence[Event]) -> Iterator[Note]:
    """Times of the given events are read as something else."""
    mapping, fields = draft.mapping, draft.own_fields
    if mapping is None or not isinstance(fields, dict):
        return
    for field in mapping.action_definition.fields:
        if field.type == "datetime" and isinstance(fields.get(field.key), dict):
            odd = list(_odd_times(mapping, field.key, events))
            if odd:
                number, sentence = odd[0]
                parts = {"number": number, "label": field.label, "sentence": sentence}
                says = "more" if odd[1:] else "one"
                at = ("fields", field.key)
                yield Note(at=at, says=says, parts={**parts, "count": len(odd)})


def _odd_times(mapping: Mapping, key: str, events: Sequence[Event]) -> Iterator[tuple[int, str]]:
    for number, event in enumerate(events):
        if mapping.parsed_trigger.matches(event):
            oddity = odd_source(_made(mapping.resolve, event).get(key))
            if oddity:
                yield number, oddity.message
