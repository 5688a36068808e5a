"""Trigger rule about size: triggers that are too large to be reasoned about."""

from __future__ import annotations

from collections.abc import Iterator

from sandbox.lint.draft import Reading
from sandbox.lint.finding import Note
from sandbox.lint.registry import not_taken, trigger_rule
from sandbox.reasoning.budget import TOO_LARGE


def _crowded(places: int) -> str:
    """Return a trigger that asks for one thing more than there are places: slow to refute."""
    things = range(places + 1)
    return " and ".join(
        f"({' or '.join(f'properties.p{place} = {thing}' for place in range(places))})"
        for thing in things
    )


@trigger_rule("TS125", "too-large", not_taken(_crowded(8)))
def too_large(reading: Reading) -> Iterator[Note]:
    """The trigger has too many ways to hold to be checked in full."""
    if reading.given_up:
        yield Note(
            message=f"This trigger is {TOO_LARGE}: {', '.join(reading.given_up)} did not come to "
            "an end, and other rules may have found more. Split it over several mappings."
        )
