"""Compiled mappings: straight-line Python that gives the outcomes of `segment.pipeline`.

After some events, a list of mappings gets its own function, generated from its triggers' trees, its
fields and its actions' definitions. The function handles what clients send every day (types as
declared, ISO times, plain JSON) and passes everything else to `segment.pipeline`. Laws in
`tests/properties` hold both equal.
"""

from sandbox.compiled.compiled_mappings import compile_mappings, map_event

__all__ = ["compile_mappings", "map_event"]
