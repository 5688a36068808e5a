"""Fields: what a mapping makes of an event, and what is wrong with a mapping before any event."""

from sandbox.segment.fields.compiling import Directive
from sandbox.segment.fields.directives import DIRECTIVES
from sandbox.segment.fields.limits import MAX_MAPPING_DEPTH
from sandbox.segment.fields.transforming import check_fields, compile_fields, resolve

__all__ = [
    "DIRECTIVES",
    "MAX_MAPPING_DEPTH",
    "Directive",
    "check_fields",
    "compile_fields",
    "resolve",
]
