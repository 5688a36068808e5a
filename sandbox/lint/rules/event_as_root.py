"""A rule about paths that begin with `event.`, which is the name of a call and no object."""

from __future__ import annotations

from collections.abc import Iterator

from sandbox.lint.draft import Draft
from sandbox.lint.finding import Note
from sandbox.lint.registry import mapping_rule, sending
from sandbox.lint.spots import event_spots, inside, paths_in

_OF_TEXT = frozenset({"event.length", "event.size"})  # members that a string has as well


@mapping_rule(
    "TS313",
    "event-before-the-path",
    sending(
        {"accountId": {"@liquid": "{{event.properties.plan}}-"}},
        {"accountId": "-"},
        properties={"plan": "pro"},
    ),
)
def event_before_the_path(draft: Draft) -> Iterator[Note]:
    """The event itself is the root of every path; `event` is only its name."""
    for spot in event_spots(draft.own_fields):
        for path in paths_in(spot):
            if path.startswith("event.") and path not in _OF_TEXT and path in spot.operand:
                right = path.removeprefix("event.")
                yield inside(
                    spot,
                    f"`{path}` is always empty: `event` is the name of a track call, a string"
                    f" without members, and paths start at the event itself. Write `{right}`.",
                    spot.operand.replace(path, right),
                )
