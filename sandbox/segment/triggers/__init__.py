"""Triggers: which events a mapping takes.

    parse_trigger('type = "track"').matches({"type": "track"})

The language is the small one of Segment's mappings, with all its surprises; destination filters use
another one. How Segment reads it was observed on its runtime. `lexer` and `parser` read a trigger,
`evaluation` and `operators` test events, `trace` explains a verdict, and `mistakes` has the
messages about what Segment cannot read.
"""

from sandbox.segment.errors import InvalidTrigger
from sandbox.segment.triggers.trace import Trace
from sandbox.segment.triggers.trigger import Trigger, parse_trigger, throwing_trigger

__all__ = ["InvalidTrigger", "Trace", "Trigger", "parse_trigger", "throwing_trigger"]
