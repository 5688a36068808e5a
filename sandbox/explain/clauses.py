"""Clauses: what an event makes of a trigger, and what Segment passes over in its text."""

from __future__ import annotations

from collections.abc import Iterator

from sandbox.explain.explanation import TriggerVerdict
from sandbox.lint.draft import Reading
from sandbox.segment.javascript import Json
from sandbox.segment.triggers.mistakes import Ignored, shown
from sandbox.segment.triggers.trigger import Trigger


def trigger_verdict(trigger: Trigger, event: Json) -> TriggerVerdict:
    """Return what the event makes of the trigger and of each of its clauses."""
    is_plain = trigger.is_taken_as_written or Reading(trigger.text).is_plain
    return TriggerVerdict(
        text=trigger.text,
        taken="" if is_plain else trigger.as_taken,
        trace=trigger.trace(event),
        ignored=tuple(_ignored(trigger, is_plain=is_plain)),
    )


def _ignored(trigger: Trigger, *, is_plain: bool) -> Iterator[str]:
    """Yield what Segment passes over, an ignored name together with what is compared with it."""
    told = 0
    for each in trigger.ignored:
        if each.start < told or (is_plain and each.text == ")"):
            continue  # told already, or the second parenthesis behind a call, which does no harm
        told = _end_of_strays(trigger, each) if each.why in {"unknown", "inherited"} else each.end
        if told == each.end:
            yield each.sentence
        else:
            text = shown(" ".join(trigger.text[each.start : told].split()))
            yield f"Segment ignores `{text}`, for no trigger can look at `{shown(each.text)}`."


def _end_of_strays(trigger: Trigger, name: Ignored) -> int:
    end = name.end
    for each in trigger.ignored:
        if each.why == "stray" and each.start >= end and not trigger.text[end : each.start].strip():
            end = each.end
    return end
