"""Mapping: one rule of a destination: which events it takes, and the request it makes of them.

Making a mapping finds all its problems, and prepares everything that its events need.
"""

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from typing import Any, Final

from sandbox.segment.definition import PASSTHROUGH, ActionDefinition, DestinationDefinition
from sandbox.segment.errors import InvalidMapping, InvalidTrigger, Problem, did_you_mean
from sandbox.segment.fields import compile_fields
from sandbox.segment.fields.transforming import ROOT_DIRECTIVE
from sandbox.segment.javascript import MISSING, Missing
from sandbox.segment.not_simulated import Outside
from sandbox.segment.triggers import Trigger, parse_trigger, throwing_trigger

INTERNAL_PREFIX = "__segment_internal_"
MOST_WARNINGS: Final = 100
"""The most unknown keys that are listed."""
SEGMENT_SWITCHES: Final = frozenset({"enable_batching", "batch_size", "batch_keys"})
"""Settings that Segment's pages add to the fields of any destination."""


@dataclass(frozen=True, kw_only=True)
class SegmentMapping:
    """A name, an action, a trigger and fields; enabled or not.

    `fields` is an object of field key to directive or value, or a root directive. By default it is
    the action's defaults; `{}` is empty, as in Segment. Raises InvalidMapping with every problem at
    once: unknown action, a trigger Segment cannot parse, fields it refuses. If the trigger is the
    only problem, it raises InvalidTrigger, which is an InvalidMapping.

    With `invalid=True` the trigger must be one that Segment cannot parse: an imported workspace may
    contain it, and every event is rejected with Segment's message.
    """

    name: str
    action: str
    trigger: str
    definition: DestinationDefinition = field(repr=False)
    fields: object = MISSING
    enabled: bool = True
    invalid: bool = False
    outside: Outside = field(default=Outside(), repr=False, compare=False)
    action_definition: ActionDefinition = field(init=False, repr=False, compare=False)
    parsed_trigger: Trigger = field(init=False, repr=False, compare=False)
    resolve: Callable[[object], Any] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Check all parts, then keep the parsed trigger and the compiled fields."""
        problems: list[Problem] = []
        if not isinstance(self.name, str) or not self.name.strip():
            problems.append(Problem(("name",), f"must be a string, but it was {self.name!r:.80}."))
        action = self.definition.action(self.action) if isinstance(self.action, str) else None
        if action is None:
            problems.append(Problem(("action",), unknown_action(self.action, self.definition)))
        refused = None
        try:
            trigger = parse_trigger(self.trigger)
            if self.invalid:
                problems.append(Problem(("invalid",), "is true, but Segment can read the trigger."))
        except InvalidTrigger as error:
            trigger = throwing_trigger(self.trigger, error)
            if problems or not self.invalid:
                refused = error
                problems += error.problems
        fields = self.fields
        if isinstance(fields, Missing):
            fields = action.default_fields if action else {}
        try:
            resolve = compile_fields(fields, self.outside)
        except InvalidMapping as error:
            problems += (problem.under("fields") for problem in error.problems)
        if refused and len(problems) == 1:
            raise refused.named(self.name)
        if problems or action is None:
            raise InvalidMapping(tuple(problems), name=str(self.name))

        keep = partial(object.__setattr__, self)
        keep("fields", copy.deepcopy(fields))
        keep("action_definition", action)
        keep("parsed_trigger", trigger)
        keep("resolve", resolve)

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """The keys that are not fields, which Segment accepts and drops silently; at most 100."""
        told = list(islice(self.unknown_fields(), MOST_WARNINGS + 1))
        if len(told) > MOST_WARNINGS:
            last = told[-2]
            more = f"{last.message} There are more: at most {MOST_WARNINGS} are listed."
            told[-2:] = [Problem(last.at, more)]
        return tuple(told)

    def unknown_fields(self) -> Iterator[Problem]:
        """Yield the keys that are not fields of the action."""
        if not isinstance(self.fields, dict) or any(k.startswith("@") for k in self.fields):
            return
        known = [f.key for f in self.action_definition.fields]
        taken = {*known, *PASSTHROUGH, ROOT_DIRECTIVE}
        for key in self.fields:
            if key not in taken and not is_segment_switch(key):
                message = f"is not a field of {self.action_definition.name} and is dropped."
                yield Problem(("fields", key), message + did_you_mean(key, known))


def is_segment_switch(key: str) -> bool:
    """Return whether a key among the fields is a setting of Segment itself, not a field."""
    return key in SEGMENT_SWITCHES or (key.startswith(INTERNAL_PREFIX) and key != ROOT_DIRECTIVE)


def unknown_action(key: object, definition: DestinationDefinition) -> str:
    """Return the sentence for an action that does not exist, with the most similar one."""
    known = [a.key for a in definition.actions]
    near = did_you_mean(str(key), known)
    return f"is {key!r:.80}, which is not an action.{near} Known: {', '.join(known)}."
