"""Integrations: whether a message's `integrations` object lets it pass to a destination.

Segment's rule (docs, "Filtering with the Integrations object"): every destination is on by default.
A key that equals the destination's name, including case, decides for it, and `All` decides for
destinations without a key. An object contains options and means on.
"""

from typing import Final

from sandbox.segment.errors import did_you_mean
from sandbox.segment.javascript import is_falsy
from sandbox.values import Json

FILTERED_BY_INTEGRATIONS_OBJECT: Final = "FILTERED_BY_INTEGRATIONS_OBJECT"


def turned_off(message: dict[str, Json], destination: str) -> str:
    """Return why the message does not go to the destination of that name, or "".

    A null key, and an `integrations` that is not an object, count as absent (both assumed).
    """
    integrations = message.get("integrations")
    if not isinstance(integrations, dict):
        return ""

    for key in (destination, "All"):
        if integrations.get(key) is not None:
            return _off(key, integrations, destination) if is_falsy(integrations[key]) else ""
    return ""


def _off(key: str, integrations: dict[str, Json], destination: str) -> str:
    if key == destination:
        return f"integrations turns {destination!r} off."
    others = [key for key in integrations if key not in {"All", destination}]
    near = next((key for key in others if did_you_mean(destination, [key])), None)
    said = f" Its key {near!r} is not that name and is ignored." if near else ""
    return f"integrations turns All off and has no key {destination!r}.{said}"
