"""Smallest: the smallest changes after which an event is delivered, each of them tried."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final, cast

from sandbox.explain.fates import present
from sandbox.explain.whole_way import WholeWay, is_hopeless
from sandbox.reasoning.arriving import SPECIFIED, calls_that_can, can_be, typed_calls
from sandbox.reasoning.budget import TOO_LARGE, once, within
from sandbox.reasoning.changing import changed_event
from sandbox.reasoning.literals import leaves
from sandbox.reasoning.meant import meant
from sandbox.reasoning.rewording import reworded
from sandbox.reasoning.ways import is_never
from sandbox.segment.calls import MEMBERS
from sandbox.segment.definition import Rules
from sandbox.segment.mapping import Mapping
from sandbox.segment.triggers import Trigger
from sandbox.segment.triggers.evaluation import Event
from sandbox.values import Path, difference, json_path
from sandbox.wire_types import ChangeJson, EditJson


@dataclass(frozen=True, slots=True)
class Edit:
    """One member of an event changed: where, what was there, and what is there now."""

    at: Path
    before: object
    after: object

    def to_json(self) -> EditJson:
        """Return the edit as a JSON object; a side that has nothing there is left out."""
        told = {"path": json_path(self.at), **present(self, "before", "after")}
        return cast("EditJson", told)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """The smallest changes found after which the mapping takes the event; each was tried.

    `event` is the changed event and `edits` how it differs, `trigger` the changed trigger; None
    where none was found, and `no_event` then says why. `meant` is what the trigger probably means
    where Segment takes it for something else, else ""; it takes the event if it is `trigger`, and
    otherwise after `meant_edits`. The changed event is delivered when it is sent; `against_spec`
    says where it has what its call should not have.
    """

    event: Event | None = None
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
    no_event=f"This is {TOO_LARGE}: no change of the event was found within the budget."
)


def smallest_change(event: object, mapping: Mapping, rules: Rules = "documented") -> Change:
    """Return the smallest changes after which the mapping's trigger takes the event.

    Both were tried. The changed event is delivered: it passes intake, and its payload is accepted.
    What is too large for the budget says so.
    """
    trigger = mapping.parsed_trigger
    members = event if isinstance(event, dict) else {}
    way = WholeWay(mapping, rules)
    delivered, is_too_large = within(lambda: _delivered(trigger, event, members, way))
    edits, changed = delivered or ((), None)
    intended = meant(trigger.text, trigger)
    if intended is not None and intended.tree == trigger.tree:
        intended = None
    is_enough = intended is not None and intended.matches(event)
    other = intended if is_enough else within(lambda: reworded(trigger, members))[0]
    near = within(lambda: changed_event(intended, members) if intended else None)[0]
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
    trigger: Trigger, sent: object, event: Event, works: WholeWay
) -> tuple[tuple[Edit, ...], Event] | None:
    """Return the fewest edits of what was sent after which it is delivered, and the event then.

    Calls that follow the spec come first. The event's own call is tried before the others, and is
    enough if one edit is, or if the trigger does not ask for the type.
    """
    own = event.get("type")
    asks_for_type = any(leaf.head == "type" for leaf in leaves(trigger.tree))
    calls = sorted(typed_calls(trigger.tree), key=lambda call: call != own)
    for by_spec in (True, False):
        found: list[tuple[tuple[Edit, ...], Event]] = []
        for call in calls:
            # one object for the whole question: what is remembered of it serves all mappings
            typed: Callable[[], Event] = partial(dict, event, type=call)
            base = event if call == own else once(typed, "call", id(event), call, of=event)
            allowed = can_be(call, by_spec=by_spec)
            changed = changed_event(trigger, base, works, allowed)
            if changed is not None:
                edits = _edits(sent, changed)
                found.append((edits, changed))
                if len(edits) == 1 or not asks_for_type:
                    break
        if found:
            return min(found, key=lambda each: len(each[0]))
    return None


def _no_event(mapping: Mapping, rules: Rules, *, too_large: bool) -> str:
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
        "No change of the event was found that gets it delivered, and proving that there is none "
        f"is {TOO_LARGE}."
    )


def _against_spec(event: object, changed: Event | None) -> str:
    """Say which members the change gives a call that does not have them by Segment's spec."""
    if changed is None:
        return ""
    before = event if isinstance(event, dict) else {}
    call = changed["type"]
    given = [head for head in SPECIFIED if head in changed and changed[head] != before.get(head)]
    odd = "` and no `".join(head for head in given if head not in MEMBERS[call])
    return f"By Segment's spec a call of type {call} has no `{odd}`." if odd else ""


def _edits(event: object, changed: Event | None) -> tuple[Edit, ...]:
    if changed is None:
        return ()
    return tuple(Edit(each.at, each.found, each.expected) for each in difference(changed, event))
