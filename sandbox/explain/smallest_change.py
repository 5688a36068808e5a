"""Smallest change: the smallest changes after which an event is delivered; each one was tried."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final, cast

from sandbox.explain.fates import present
from sandbox.explain.repair import Repair, is_hopeless
from sandbox.reasoning.arriving import SPECIFIED, calls_that_can, can_be, typed_calls
from sandbox.reasoning.budget import TOO_LARGE, once, within
from sandbox.reasoning.changing import changed_event
from sandbox.reasoning.literals import leaves
from sandbox.reasoning.meant_trigger import meant_trigger
from sandbox.reasoning.rewording import reworded
from sandbox.reasoning.satisfiability import is_never
from sandbox.segment.calls import MEMBERS
from sandbox.segment.definition import Rules
from sandbox.segment.mapping import SegmentMapping
from sandbox.segment.triggers import Trigger
from sandbox.segment.triggers.evaluation import SegmentEvent
from sandbox.values import Path, Placed, difference
from sandbox.wire_types import ChangeJson, EditJson


@dataclass(frozen=True, slots=True)
class Edit(Placed):
    """One changed member of an event: its path, the value before, and the value after."""

    at: Path
    before: object
    after: object

    def to_json(self) -> EditJson:
        """Return the edit as a JSON object; a missing value has no member."""
        told = {"path": self.path, **present(self, "before", "after")}
        return cast("EditJson", told)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """The smallest changes found after which the mapping takes the event; each was tried.

    `event` is the changed event, `edits` its differences, `trigger` the changed trigger. Either is
    None if none was found; `no_event` says why there is no event. `meant` is the trigger that was
    probably meant, "" if Segment reads it that way; it takes the event if it equals `trigger`, and
    otherwise after `meant_edits`. The changed event is delivered when it is sent; `against_spec`
    names members that its call does not have by Segment's spec.
    """

    event: SegmentEvent | None = None
    edits: tuple[Edit, ...] = ()
    trigger: str | None = None
    meant: str = ""
    meant_edits: tuple[Edit, ...] = ()
    no_event: str = ""
    against_spec: str = ""

    def to_json(self) -> ChangeJson:
        """Return the change as a JSON object."""
        return {
            "event": self.event,
            "edits": [edit.to_json() for edit in self.edits],
            "noEvent": self.no_event or None,
            "againstSpec": self.against_spec or None,
            "trigger": self.trigger,
            "meant": self.meant or None,
            "meantEdits": [edit.to_json() for edit in self.meant_edits],
        }


NOT_LOOKED_FOR: Final = Change(
    no_event=f"This is {TOO_LARGE}: no change to the event was found within the budget."
)


def smallest_change(event: object, mapping: SegmentMapping, rules: Rules = "documented") -> Change:
    """Return the smallest changes after which the mapping's trigger takes the event.

    Both were tried. The changed event is delivered: it passes intake, and its payload is accepted.
    If the search is too large for the budget, `no_event` says so.
    """
    trigger = mapping.parsed_trigger
    members = event if isinstance(event, dict) else {}
    repair = Repair(mapping, rules)
    delivered, is_too_large = within(lambda: _delivered(trigger, event, members, repair))
    edits, changed = delivered or ((), None)
    intended = meant_trigger(trigger.text, trigger)
    if intended is not None and intended.tree == trigger.tree:
        intended = None
    is_enough = intended is not None and intended.matches(event)
    other = intended if is_enough else within(lambda: reworded(trigger, members))[0]
    near = within(lambda: changed_event(intended, members))[0] if intended else None
    return Change(
        event=changed,
        edits=edits,
        trigger=other.text if other and other.matches(event) else None,
        meant=intended.text if intended else "",
        meant_edits=_edits(members, near),
        no_event="" if changed is not None else _no_event(mapping, rules, too_large=is_too_large),
        against_spec=_against_spec(event, changed),
    )


def _delivered(
    trigger: Trigger, sent: object, event: SegmentEvent, repair: Repair
) -> tuple[tuple[Edit, ...], SegmentEvent] | None:
    """Return the fewest edits after which the event is delivered, and the changed event.

    Calls that follow the spec come first. The event's own call is tried before others; if it needs
    one edit only, or if the trigger does not test the type, no other call is tried.
    """
    own = event.get("type")
    asks_for_type = any(leaf.head == "type" for leaf in leaves(trigger.tree))
    calls = sorted(typed_calls(trigger.tree), key=lambda call: call != own)
    for by_spec in (True, False):
        found: list[tuple[tuple[Edit, ...], SegmentEvent]] = []
        for call in calls:
            # one object for all mappings, so that they share what is cached for it
            typed: Callable[[], SegmentEvent] = partial(dict, event, type=call)
            base = event if call == own else once(typed, "call", id(event), call, of=event)
            allowed = can_be(call, by_spec=by_spec)
            changed = changed_event(trigger, base, partial(repair, base), allowed)
            if changed is not None:
                edits = _edits(sent, changed)
                found.append((edits, changed))
                if len(edits) == 1 or not asks_for_type:
                    break
        if found:
            return min(found, key=lambda each: len(each[0]))
    return None


def _no_event(mapping: SegmentMapping, rules: Rules, *, too_large: bool) -> str:
    tree = mapping.parsed_trigger.tree
    never = within(lambda: is_never(tree))[0]
    calls, is_unproven = within(lambda: calls_that_can([(tree, True)], by_spec=False))
    if never or calls == ():
        which = "" if never else " that passes Segment's intake"
        return f"No event{which} can make this trigger true; the trigger must change."
    if why := is_hopeless(mapping, rules):
        return why
    if too_large or is_unproven:
        return NOT_LOOKED_FOR.no_event
    return (
        "No change to the event was found after which it is delivered, and proving that there is "
        f"none is {TOO_LARGE}."
    )


def _against_spec(event: object, changed: SegmentEvent | None) -> str:
    """Return a sentence on added members that the call does not have by Segment's spec, or ""."""
    if changed is None:
        return ""
    before = event if isinstance(event, dict) else {}
    call = changed["type"]
    given = [head for head in SPECIFIED if head in changed and changed[head] != before.get(head)]
    odd = "` and no `".join(head for head in given if head not in MEMBERS[call])
    return f"By Segment's spec a call of type {call} has no `{odd}`." if odd else ""


def _edits(event: object, changed: SegmentEvent | None) -> tuple[Edit, ...]:
    if changed is None:
        return ()
    return tuple(Edit(each.at, each.found, each.expected) for each in difference(changed, event))
