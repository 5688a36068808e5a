"""Clauses: what an event makes of a trigger, and what Segment passes over in its text."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Final

from sandbox.explain.explanation import TriggerVerdict
from sandbox.lint.draft import Reading
from sandbox.segment.javascript import Json
from sandbox.segment.triggers.mistakes import shown
from sandbox.segment.triggers.trigger import Trigger

MOST_IGNORED: Final = 100
"""How many things that Segment passes over are told."""


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
    for each, end in islice(trigger.ignored_phrases(), MOST_IGNORED):
        if is_plain and each.text == ")":
            continue  # the second parenthesis after a call, which does no harm
        if end == each.end:
            yield each.sentence
        else:
            text = shown(" ".join(trigger.text[each.start : end].split()))
            yield f"Segment ignores `{text}`, for no trigger can look at `{shown(each.text)}`."
