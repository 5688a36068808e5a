"""Advice: what Segment's runtime means where it throws, and what to do about it."""

from __future__ import annotations

from typing import Final

_ADVICE: Final = {
    "Cannot destructure property 'personas'": "The event's context is null, but Segment reads the "
    "context of every event. Leave context out, or make it an object.",
    "(reading 'computation_class')": "The event's context.personas is null, but Segment reads "
    "it. Leave personas out, or make it an object.",
    "Cannot convert object to primitive value": "An object with a member `toString` cannot be made "
    "a string. Map one of its members, or rename `toString`.",
    "batched requests": "The event is a list, but this destination takes events one by one.",
    "(reading 'context')": "There is no event: it is null. Send an object.",
    "data must be an object": "The fields are resolved on a value that is not an object. "
    "Send an object.",
    "Cannot read properties of undefined (reading 'type')": "Segment came to empty parentheses in "
    "the trigger. Remove them.",
    "(reading 'reduce')": "The trigger names a member whose name has only dots. Write its name.",
}
"""A part of what is thrown, and the advice."""


def advice_on(message: str) -> str:
    """Return what an error of Segment's runtime means and what to do, "" where it says so."""
    return next((advice for part, advice in _ADVICE.items() if part in message), "")
