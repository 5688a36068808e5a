"""Filters: all that Segment leaves on, and those it turns off, by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from sandbox.segment.javascript import Json
from sandbox.segment.liquid.filters.dates import DATES
from sandbox.segment.liquid.filters.json import JSON
from sandbox.segment.liquid.filters.lists import LISTS
from sandbox.segment.liquid.filters.math import MATH
from sandbox.segment.liquid.filters.text import TEXT
from sandbox.segment.liquid.filters.values import VALUES
from sandbox.segment.liquid.filters.web import WEB

FILTERS: Final[dict[str, Callable[..., Json]]] = {
    **DATES,
    **JSON,
    **LISTS,
    **MATH,
    **TEXT,
    **VALUES,
    **WEB,
}
"""Each takes the variables, the value and its arguments; an unknown filter changes nothing."""
