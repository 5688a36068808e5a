"""Integrations: whether a message's `integrations` object lets it pass to a destination.

Segment's rule (docs, "Filtering with the Integrations object"): every destination is on by
default; a key that equals the destination's name, upper and lower case included, decides for it,
and `All` decides for those without a key. An object stands for options and means on.
"""

from typing import Final

from sandbox.segment.errors import did_you_mean
from sandbox.segment.javascript import is_falsy
from sandbox.values import Json

FILTERED_BY_INTEGRATIONS_OBJECT: Final = "FILTERED_BY_INTEGRATIONS_OBJECT"


def turned_off(message: dict[str, Json], destination: str) -> str:
    """Return why the message does not go to the destination of that name, or an empty text.

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
    said = f" Its key {near!r} is not that name, and does not count." if near else ""
    return f"integrations turns All off and does not name {destination!r}.{said}"
