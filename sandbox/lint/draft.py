"""Drafts: mappings as they are written, also those that Segment refuses."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from sandbox.destination import Mapping
from sandbox.reasoning.literals import leaves
from sandbox.reasoning.meant import meant
from sandbox.segment.definition import ActionDefinition
from sandbox.segment.errors import InvalidMapping, InvalidTrigger
from sandbox.segment.javascript import MISSING, Json
from sandbox.segment.mapping import Mapping as SegmentMapping
from sandbox.segment.triggers import Trigger, parse_trigger
from sandbox.segment.triggers.lexer import Token, tokenize
from sandbox.segment.triggers.mistakes import Unreadable
from sandbox.segment.triggers.tree import Condition
from sandbox.toplyne import TOPLYNE
from sandbox.values import members

_PARTS: Final = ("name", "action", "trigger", "fields", "enabled")


class Reading:
    """A trigger's text, and what Segment makes of it: a trigger or an error, and its tokens."""

    def __init__(self, text: str) -> None:
        """Read the text once."""
        self.text = text
        self.given_up: list[str] = []  # codes of the rules that were too large to decide
        self.trigger: Trigger | None = None
        self.error: InvalidTrigger | None = None
        try:
            self.trigger = parse_trigger(text)
        except InvalidTrigger as error:
            self.error = error

    @cached_property
    def tokens(self) -> tuple[Token, ...]:
        """The tokens Segment reads, none where its lexer gives up."""
        try:
            return tuple(tokenize(self.text))
        except Unreadable:
            return ()

    @cached_property
    def as_taken(self) -> str:
        """The trigger that says plainly what Segment takes this one for; "" where it takes none."""
        return self.trigger.as_taken if self.trigger is not None else ""

    @cached_property
    def meant(self) -> Trigger | None:
        """The trigger that was probably meant."""
        return meant(self.text, self.trigger)

    @cached_property
    def clauses(self) -> tuple[Condition, ...]:
        """The clauses of the trigger, none where Segment cannot read it."""
        return tuple(leaves(self.trigger.tree)) if self.trigger is not None else ()

    def tokens_of(self, clause: Condition) -> tuple[Token, ...]:
        """Return the tokens of a clause."""
        start = bisect_left(self.tokens, clause.start, key=lambda token: token.start)
        end = bisect_right(self.tokens, clause.end, key=lambda token: token.end)
        return self.tokens[start:end]

    @cached_property
    def is_plain(self) -> bool:
        """Whether Segment takes the trigger for what was probably meant."""
        taken, meant = self.trigger, self.meant
        return taken is not None and meant is not None and taken.tree == meant.tree


@dataclass(frozen=True)
class Draft:
    """A mapping as it is written: any of its parts may be one that Segment refuses."""

    name: str
    action: str
    trigger: str
    fields: Json = MISSING
    enabled: bool = True
    made: SegmentMapping | None = field(default=None, repr=False, compare=False)

    @classmethod
    def of(cls, mapping: SegmentMapping) -> Draft:
        """Return the draft of a mapping that Segment takes."""
        return cls(**members(mapping, *_PARTS), made=mapping)

    @property
    def action_definition(self) -> ActionDefinition | None:
        """The action, None if there is none of that key."""
        return TOPLYNE.action(self.action)

    @property
    def own_fields(self) -> Json:
        """The fields; left out, they are the action's defaults."""
        action = self.action_definition
        if self.fields is not MISSING or action is None:
            return {} if self.fields is MISSING else self.fields
        return action.default_fields

    @cached_property
    def mapping(self) -> SegmentMapping | None:
        """The mapping, None where Segment refuses it."""
        if self.made is not None:
            return self.made
        try:
            return Mapping(**members(self, *_PARTS))
        except InvalidMapping:
            return None
