"""Audience: where Segment stumbles over an event while it looks for the audience it tells of.

It looks whatever the mapping, after the payload was checked. What it finds reaches no destination
here; that it can throw does.
"""

from __future__ import annotations

from sandbox.segment.errors import Thrown
from sandbox.segment.javascript import MISSING, Json, to_string

_CLASSES = ("audience", "journey_step")
_MEMBERSHIP = {"identify": "traits", "track": "properties"}


def check_audience(event: Json) -> None:
    """Raise Thrown, with the text of Segment's TypeError, for an event it stumbles over.

    These are `context: null`, `context.personas: null`, and a computation key that has no string.
    """
    context = _member(event, "context")
    if context is None:
        raise _type_error("Cannot destructure property 'personas' of '{}' as it is null.")
    personas = _member(context, "personas")
    if personas is None:
        raise _type_error("Cannot read properties of null (reading 'computation_class')")

    if _member(personas, "computation_class") in _CLASSES:
        _look_up(event, _member(personas, "computation_key"))


def has_no_audience(event: dict[str, Json]) -> bool:
    """Return whether nothing can fail: there is no context, or one without personas."""
    context = event.get("context", MISSING)
    return context is MISSING or (type(context) is dict and "personas" not in context)


def _look_up(event: Json, key: Json) -> None:
    event_type = _member(event, "type")
    container = _MEMBERSHIP.get(event_type) if isinstance(event_type, str) else None
    if container is not None and _member(event, container) is not None:
        to_string(key)


def _member(value: Json, key: str) -> Json:
    return value.get(key, MISSING) if isinstance(value, dict) else MISSING


def _type_error(message: str) -> Thrown:
    return Thrown(message, name="TypeError")
