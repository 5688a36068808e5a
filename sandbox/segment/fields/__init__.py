"""Fields: resolve a mapping's fields for an event, and check them without an event."""

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
