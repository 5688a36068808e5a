"""Mapping rules: traps that show only with several mappings, or with the events they get."""

from collections import abc
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import combinations
from typing import Final

from sandbox.destination import map_event
from sandbox.lint.draft import Draft, DraftTrigger
from sandbox.lint.registry import Note, at, mapping_rule, mappings_rule, over
from sandbox.reasoning.budget import TOO_LARGE, within
from sandbox.reasoning.changing import common_event
from sandbox.reasoning.event_places import place_of
from sandbox.reasoning.named_paths import directives
from sandbox.segment.errors import Thrown, did_you_mean
from sandbox.segment.fields.text_directives import part
from sandbox.segment.fields.transforming import ROOT_DIRECTIVE
from sandbox.segment.javascript import MISSING
from sandbox.segment.mapping import SegmentMapping
from sandbox.segment.pipeline import Mapped
from sandbox.segment.triggers.evaluation import SegmentEvent
from sandbox.surroundings import resolve
from sandbox.suspicions import odd_source
from sandbox.values import Path

_COMPUTED: Final = frozenset({"size", "length", "first", "last"})
"""Members that lists and strings have, but that no event contains."""
_MOST_NAMES: Final = 1000
"""The most names that are searched for a similar one."""
_BASE: Final[SegmentEvent] = {
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
def sent_twice(drafts: Sequence[Draft], events: Sequence[SegmentEvent]) -> Iterator[Note]:
    """Two mappings make the same request from one event."""
    known = {n: each.mapping for n, each in enumerate(drafts) if each.enabled and each.mapping}
    found = _sent_twice_of(events, known)
    too_large = set()
    for pair in combinations(known, 2):
        first, second = (known[number] for number in pair)
        triggers = first.parsed_trigger, second.parsed_trigger
        if pair not in found and first.action == second.action:
            common, is_too_large = within(partial(common_event, *triggers, _BASE))
            found |= _sent_twice_of([common] if common else [], {n: known[n] for n in pair})
            too_large |= {pair[1]} if is_too_large else set()
        if pair in found:
            parts = {
                "first": first.name,
                "second": second.name,
                "what": "event" if first.action_definition.field("eventName") else "profile",
                "event": _short(found[pair], first, second),
            }
            yield _of_mapping(drafts, pair[1], "text", parts)
    for number in sorted(too_large):
        yield _of_mapping(drafts, number, "unknown", {"too_large": TOO_LARGE})


def _of_mapping(
    drafts: Sequence[Draft], number: int, message: str, parts: abc.Mapping[str, object]
) -> Note:
    return Note(message, parts, end=len(drafts[number].trigger), number=number)


def _sent_twice_of(
    events: Iterable[SegmentEvent], mappings: abc.Mapping[int, SegmentMapping]
) -> dict[tuple[int, int], SegmentEvent]:
    """Return the first event from which two mappings make the same request, by their numbers."""
    found: dict[tuple[int, int], SegmentEvent] = {}
    for event in events:
        makers: dict[tuple[str, bytes], list[int]] = {}
        outcomes = map_event(event, mappings.values(), "observed")
        for number, outcome in zip(mappings, outcomes, strict=True):
            if isinstance(outcome, Mapped):
                made = outcome.mapping.action, outcome.request.content
                makers.setdefault(made, []).append(number)
        for numbers in makers.values():
            found = dict.fromkeys(combinations(numbers, 2), event) | found
    return found


def _short(event: SegmentEvent, first: SegmentMapping, second: SegmentMapping) -> SegmentEvent:
    """Return only the members of the event that the triggers need."""
    kept = dict(event)
    for key in event:
        less = {k: v for k, v in kept.items() if k != key}
        if first.parsed_trigger.matches(less) and second.parsed_trigger.matches(less):
            kept = less
    return kept


@mapping_rule("TS202", "absent-path")
def absent_paths(draft: Draft, events: Sequence[SegmentEvent]) -> Iterator[Note]:
    """None of the given events has the member that a path names."""
    if not events:
        return
    reading = DraftTrigger(draft.trigger)
    for leaf in reading.clauses:
        place = place_of(leaf)
        if place is not None and place.pieces and place.is_known:
            path = ".".join(("$", place.head, *place.pieces))
            if _is_absent(path, events):
                near = _near(path, events)
                yield over(leaf, "clause", count=len(events), near=near)
    if of_mapping := [event for event in events if reading.trigger.matches(event)]:
        yield from _absent_in_fields(draft, of_mapping)


def _absent_in_fields(draft: Draft, events: Sequence[SegmentEvent]) -> Iterator[Note]:
    action = draft.action_definition
    for place, value, data in _sources(draft.own_fields, events):
        field = action.field(str(place[-1])) if action else None
        if data is events and field and not field.required and value == field.default:
            continue  # the preset's own paths cover what an event may leave out
        for each in directives(value, place):
            if any("@" in str(step) for step in each.at[len(place) :]):
                continue  # inside another directive a missing value can be intended
            for name in each.paths():
                path = each.text if each.name == "@path" else f"$.{name}"
                # events cannot contain an `event.x` (TS313), nor the `size` of a list
                is_of_events = name[:6] != "event." and not _COMPUTED & set(name.split("."))
                if is_of_events and _is_absent(path, data):
                    near = _near(path, data)
                    yield at(each.inner, "field", count=len(events), path=path, near=near)


def _sources(
    fields: object, events: Sequence[SegmentEvent]
) -> Iterator[tuple[Path, object, Sequence[SegmentEvent]]]:
    """Yield each value of the fields with its path and the data it is resolved on.

    With a root directive that transforms, the other fields are resolved on its result.
    """
    if not isinstance(fields, dict):
        return
    data = events
    match fields.get(ROOT_DIRECTIVE, MISSING):
        case {"@transform": {"apply": dict(apply)}}:
            place = ("fields", ROOT_DIRECTIVE, "@transform", "apply")
            yield from (((*place, key), value, events) for key, value in apply.items())
            data = [made for event in events if (made := _made(partial(resolve, apply), event))]
        case root if root is not MISSING:
            return
    for key, value in fields.items():
        if key != ROOT_DIRECTIVE:
            yield ("fields", key), value, data


def _made(make: Callable[[SegmentEvent], object], event: SegmentEvent) -> SegmentEvent:
    try:
        made = make(event)
    except Thrown:
        return {}
    return made if isinstance(made, dict) else {}


def _is_absent(path: str, events: Sequence[SegmentEvent]) -> bool:
    return all(part(path)(event) is MISSING for event in events)


def _near(path: str, events: Sequence[SegmentEvent]) -> str:
    """Return a sentence that suggests a similar name of the events, or says what is missing."""
    outer, _, last = path.rpartition(".")
    found = [event if outer == "$" else part(outer)(event) for event in events]
    names = dict.fromkeys(key for each in found if isinstance(each, dict) for key in each)
    if names or outer == "$":
        return did_you_mean(last, list(names)[:_MOST_NAMES])
    is_there = any(each is not MISSING for each in found)
    return f" {outer} is not an object there." if is_there else f" None of them has {outer} either."


@mapping_rule("TS203", "odd-time-in-events")
def seconds_in_events(draft: Draft, events: Sequence[SegmentEvent]) -> Iterator[Note]:
    """Segment reads times of the given events differently from what is meant."""
    mapping = draft.mapping
    if mapping is None:
        return
    for field, value in draft.of_action():
        if field.type == "datetime" and isinstance(value, dict):
            odd = [
                (number, oddity.message)
                for number, event in enumerate(events)
                if mapping.parsed_trigger.matches(event)
                and (oddity := odd_source(_made(mapping.resolve, event).get(field.key)))
            ]
            if odd:
                says, place = "more" if odd[1:] else "one", ("fields", field.key)
                yield at(place, says, label=field.label, count=len(odd), first=odd[0])
