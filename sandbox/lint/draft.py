"""Drafts: mappings as they are written, including those that Segment refuses."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import Any, Final, Self

from sandbox.destination import Mapping
from sandbox.reasoning.literals import leaves
from sandbox.reasoning.meant_trigger import meant_trigger
from sandbox.reasoning.named_paths import FieldDirective, directives
from sandbox.segment.definition import ActionDefinition, Field
from sandbox.segment.errors import InvalidMapping, InvalidTrigger, Problem
from sandbox.segment.fields.transforming import ROOT_DIRECTIVE
from sandbox.segment.javascript import MISSING
from sandbox.segment.mapping import SegmentMapping
from sandbox.segment.triggers import Trigger, parse_trigger, throwing_trigger
from sandbox.segment.triggers.lexer import TriggerToken, tokenize
from sandbox.segment.triggers.mistakes import Ignored, TriggerError
from sandbox.segment.triggers.tree import Condition
from sandbox.toplyne import TOPLYNE
from sandbox.values import members

_PARTS: Final = ("name", "action", "trigger", "fields", "enabled")
_OWN_DATA: Final = {("@transform", "mapping"), ("@arrayPath", 1)}
"""The parts of a directive's operand with fields that are not resolved on the event itself."""


class DraftTrigger:
    """A trigger's text as Segment reads it: the trigger, its tokens, and any error.

    A text that Segment cannot read has no clauses; its trigger throws for every event.
    """

    def __init__(self, text: str) -> None:
        """Read the text once."""
        self.text = text
        self.given_up: list[str] = []  # codes of the rules that used up their budget
        self.error: InvalidTrigger | None = None
        try:
            self.trigger = parse_trigger(text)
        except InvalidTrigger as error:
            self.trigger, self.error = throwing_trigger(text, error), error

    @cached_property
    def tokens(self) -> tuple[TriggerToken, ...]:
        """The tokens Segment reads, () if its lexer fails."""
        try:
            return tuple(tokenize(self.text))
        except TriggerError:
            return ()

    @cached_property
    def meant(self) -> Trigger | None:
        """The trigger that was probably meant, None if that is not clear."""
        return meant_trigger(self.text, self.trigger)

    @cached_property
    def clauses(self) -> tuple[Condition, ...]:
        """The clauses of the trigger, () if Segment cannot read it."""
        return tuple(leaves(self.trigger.tree))

    def ignored(self, *why: str) -> list[Ignored]:
        """Return the parts that Segment ignores for one of these reasons."""
        return [each for each in self.trigger.ignored if each.why in why]

    def tokens_of(self, clause: Condition) -> tuple[TriggerToken, ...]:
        """Return the tokens of a clause."""
        start = bisect_left(self.tokens, clause.start, key=lambda token: token.start)
        end = bisect_right(self.tokens, clause.end, key=lambda token: token.end)
        return self.tokens[start:end]

    def replaced(self, spot: TriggerToken | Condition, text: str) -> str:
        """Return the text of the trigger with one part replaced."""
        return self.text[: spot.start] + text + self.text[spot.end :]

    @cached_property
    def is_plain(self) -> bool:
        """Whether Segment reads the trigger as it was probably meant."""
        return self.meant is not None and self.meant.tree == self.trigger.tree


@dataclass(frozen=True)
class Draft:
    """A mapping as it is written; Segment may refuse any of its parts."""

    name: str
    action: str
    trigger: str
    fields: object = MISSING
    enabled: bool = True
    made: SegmentMapping | None = field(default=None, repr=False, compare=False)

    @classmethod
    def of(cls, mapping: SegmentMapping) -> Self:
        """Return the draft of a valid mapping."""
        return cls(**members(mapping, *_PARTS), made=mapping)

    @property
    def action_definition(self) -> ActionDefinition | None:
        """The action, None if no action has that key."""
        return TOPLYNE.action(self.action)

    @property
    def own_fields(self) -> object:
        """The fields, by default the action's."""
        if self.fields is not MISSING:
            return self.fields
        action = self.action_definition
        return action.default_fields if action else {}

    def of_action(self) -> Iterator[tuple[Field, Any]]:
        """Yield the action's fields, each with its value in the mapping, MISSING if not mapped."""
        action, fields = self.action_definition, self.own_fields
        if action is not None and isinstance(fields, dict):
            yield from ((field, fields.get(field.key, MISSING)) for field in action.fields)

    @cached_property
    def checked(self) -> SegmentMapping | InvalidMapping:
        """The mapping, or the error that says why Segment refuses it."""
        if self.made is not None:
            return self.made
        try:
            return Mapping(**members(self, *_PARTS))
        except InvalidMapping as error:
            return error

    @property
    def refusals(self) -> tuple[Problem, ...]:
        """Everything for which Segment refuses the mapping."""
        return self.checked.problems if isinstance(self.checked, InvalidMapping) else ()

    @property
    def mapping(self) -> SegmentMapping | None:
        """The mapping, None if Segment refuses it."""
        return None if isinstance(self.checked, InvalidMapping) else self.checked

    def directives(self, *names: str) -> Iterator[FieldDirective]:
        """Yield the directives of these names in the fields."""
        return (each for each in directives(self.own_fields) if each.name in names)

    def on_the_event(self) -> Iterator[FieldDirective]:
        """Yield the directives that are resolved on the event, not on another one's result."""
        fields = self.own_fields
        has_root = isinstance(fields, dict) and ROOT_DIRECTIVE in fields
        for each in directives(fields):
            is_of_root = not has_root or ROOT_DIRECTIVE in each.at
            if is_of_root and not _OWN_DATA & set(pairwise(each.at)):
                yield each
