"""Filters: those that Segment supports, and those it disables, by name."""

from typing import Final

from sandbox.segment.liquid.filters.date_filters import DATES
from sandbox.segment.liquid.filters.sequence_filters import SEQUENCES
from sandbox.segment.liquid.filters.value_filters import VALUES
from sandbox.segment.liquid.filters.web_filters import WEB
from sandbox.segment.liquid.variables import LiquidFilter

FILTERS: Final[dict[str, LiquidFilter]] = {**DATES, **SEQUENCES, **VALUES, **WEB}
"""Each takes the variables, the value and the arguments of the call."""
