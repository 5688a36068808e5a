"""Repair: the other changes an event needs to be delivered, once its trigger takes it.

Segment's intake must keep the event, and the fields must give a payload that is accepted. Missing
values are copied from similar members of the event.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, TypeAlias

from sandbox.destination import map_taken
from sandbox.reasoning.arriving import arrive, usual
from sandbox.reasoning.budget import spend
from sandbox.reasoning.event_places import Place, alike, places_in, put
from sandbox.segment.definition import Field, Rules
from sandbox.segment.errors import Problem
from sandbox.segment.ingest_checks import IDS
from sandbox.segment.intake import Dropped
from sandbox.segment.javascript import MISSING
from sandbox.segment.mapping import SegmentMapping
from sandbox.segment.pipeline import Mapped
from sandbox.segment.triggers.evaluation import SegmentEvent
from sandbox.values import Json, difference

_MOST_REPAIRS: Final = 8
_STEPS_A_TRY: Final = 100  # about the cost of intake and the fields
_CHECKED: Final[dict[str, tuple[str, ...]]] = {
    "no_user_anon_id": IDS,
    "id_required": IDS,
    "id_not_string": ("groupId", "previousId", *IDS),
    "event_not_defined": ("event",),
    **{f"{key}_not_string": (key,) for key in ("event", "name", "category")},
    **{f"{key}_not_object": (key,) for key in ("properties", "traits")},
    "bad_request": ("messageId",),
}
"""Members that must be added or removed for an event to pass intake, by the code of the drop."""
_GIVEN: Final[SegmentEvent] = {"userId": "u1", "anonymousId": "a1", "event": "Signed Up"}
_FIELD_VALUES: Final[dict[str, tuple[Json, ...]]] = {
    "string": ("x1",),
    "datetime": ("2026-11-23T16:17:19Z",),
    "object": ({"plan": "pro"},),
}


Problems: TypeAlias = tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Repair:
    """Repairs events so that one mapping delivers them."""

    mapping: SegmentMapping
    rules: Rules = "documented"

    def __call__(self, sent: SegmentEvent, event: SegmentEvent) -> SegmentEvent | None:
        """Return the changed event with the changes that get it delivered, None if there are none.

        A change to the sent event that a repair makes needless is left out.
        """
        problems, repaired = self.problems(event), event
        for _ in range(_MOST_REPAIRS):
            if not problems:
                break
            repaired, problems = self._repaired(repaired, problems)
        if problems != ():
            return None
        return event if repaired is event else self._without_needless(sent, repaired)

    def _without_needless(self, event: SegmentEvent, changed: SegmentEvent) -> SegmentEvent:
        """Return the changed event without changes that others made needless."""
        changes = tuple(difference(changed, event))
        for each in changes if len(changes) > 1 else ():
            head, *pieces = map(str, each.at)
            less = put(changed, Place(head, tuple(pieces)), each.found)
            if self.problems(less) == ():  # then others may be needless as well
                return self._without_needless(event, less)
        return changed

    def problems(self, event: SegmentEvent) -> Problems | None:
        """Return what keeps the event from being delivered; None if the trigger does."""
        spend(_STEPS_A_TRY)
        taken = arrive(event)
        message = event if isinstance(taken, Dropped) else taken.message
        if not self.mapping.parsed_trigger.matches(message):
            return None
        if isinstance(taken, Dropped):
            return (Problem((), taken.reason, rule=taken.code),)
        outcome = map_taken(message, self.mapping, self.rules)
        return () if isinstance(outcome, Mapped) else outcome.problems

    def _repaired(
        self, event: SegmentEvent, problems: Problems
    ) -> tuple[SegmentEvent, Problems | None]:
        """Return the event with one problem less, and the other problems; None if impossible."""
        first = problems[0]
        for changed in self._changes(event, first):
            left = self.problems(changed)
            if left is not None and left[:1] != problems[:1]:
                is_less = not left or len(left) < len(problems) or left[0].at != first.at
                if is_less or first.rule in _CHECKED:
                    return changed, left
        return event, None

    def _changes(self, event: SegmentEvent, problem: Problem) -> Iterator[SegmentEvent]:
        """Yield changed events that may not have the problem."""
        if problem.rule not in _CHECKED:
            yield from self._other_fields(event, problem)
        for key in _CHECKED.get(problem.rule, ()):
            own = (value for _, value in alike(event, Place(key)) if value not in ("", None))
            for value in (*own, _GIVEN.get(key, MISSING), MISSING):
                yield put(event, Place(key), value)

    def _other_fields(self, event: SegmentEvent, problem: Problem) -> Iterator[SegmentEvent]:
        field, sources = _sources(self.mapping, problem)
        values = _FIELD_VALUES[field.type] if field else ("x1",)
        for place in places_in(sources):
            own = (v for _, v in alike(event, place) if v not in ("", None))
            yield from (put(event, place, value) for value in (*own, *values, MISSING))
        if not problem.at and "context" in event:  # the usual reason why Segment throws
            yield put(event, Place("context"), MISSING)


def _sources(mapping: SegmentMapping, problem: Problem) -> tuple[Field | None, list[object]]:
    """Return the field of a problem, and the values of it and of the field that can replace it.

    Without a field, these are all fields together.
    """
    field = mapping.action_definition.field(str(problem.at[0])) if problem.at else None
    if field is None or not isinstance(mapping.fields, dict):
        return field, [mapping.fields]
    return field, [mapping.fields.get(str(key)) for key in (field.key, field.required_unless)]


def is_hopeless(mapping: SegmentMapping, rules: Rules) -> str:
    """Return why the fields refuse every event, "" if that is not certain."""
    if not isinstance(mapping.fields, dict) or any(key.startswith("@") for key in mapping.fields):
        return ""
    outcome = map_taken({**usual("track"), "timestamp": "2026-11-23T16:17:19Z"}, mapping, rules)
    for problem in () if isinstance(outcome, Mapped) else outcome.problems:
        _, sources = _sources(mapping, problem)
        if not any(isinstance(each, dict | list) or "{{" in str(each) for each in sources):
            return f"The fields refuse every event: {problem.sentence()}"
    return ""
