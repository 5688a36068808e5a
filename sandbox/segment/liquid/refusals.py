"""Refusals: what the sandbox does not render, though Segment does, and why.

Each of them throws an error named `Refused` whose text says so.
"""

from __future__ import annotations

from typing import Final

DEEPEST: Final = 50
"""How deep tags, or the brackets of one value, may nest."""

REFUSED: Final[dict[str, str]] = {
    "sample": "the filter sample takes elements by chance",
    "old time zone": "a time zone of SystemV, or EST5EDT and its like before 1967",
    "rounding": "the filter round with digits that are no whole number from -22 to 22",
    "new letters": "the filter slugify meets characters newer than this Python's Unicode tables",
    "built-ins": "a member is asked for that JavaScript gives to nil, empty, blank and block",
    "options": "the filter default is given options that are no pairs of a name and a value",
    "nesting": f"tags or values nest deeper than {DEEPEST} levels",
    "size": "it works on more than the largest event holds, and Segment would stop it by the clock",
}
"""Everything the sandbox refuses to render, and why: Segment's answer to it cannot be foretold."""
